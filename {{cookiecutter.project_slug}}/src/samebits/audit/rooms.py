"""The rooms of the engine: which may import which, and which can change no bit of a result."""

ENGINE = "src/samebits"
# From the ground: a room imports those before it alone.
FLOORS = (
    ("console",),
    ("core",),
    ("audit", "remote"),
    ("data", "provenance"),
    ("checks", "metrics", "training"),
    ("diagnosis", "versions"),
    ("report", "ingest", "experiments"),
    ("stages",),
    ("cli",),
)
# What stands here moves no output: it says something, or brings what is compared with a hash. No
# stage depends on it, so that another word trains nothing anew. `make verify` would see a mistake.
TRANSPARENT = (
    *(
        "__main__.py",
        "params.py",
        "verbs.py",
        "console",
        "audit",
        "remote",
        "provenance",
        "versions",
    ),
    *("ingest", "experiments", "cli"),
)


def is_transparent(path: str) -> bool:
    """Whether a file of the project can change no bit of a result."""
    room, _, rest = path.removeprefix(f"{ENGINE}/").partition("/")
    return path.startswith(f"{ENGINE}/") and (
        room in TRANSPARENT or (rest == "" and room == "__init__.py")
    )
