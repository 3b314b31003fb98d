"""The rooms of the engine: which may import which, and which can change no bit of a result."""

ENGINE = "src/samebits"
# From the ground: a room imports those before it alone.
FLOORS = (
    ("console",),
    ("core",),
    ("params.py", "programs.py"),
    ("audit", "remote"),
    ("data", "provenance"),
    ("checks", "metrics", "training"),
    ("diagnosis", "versions"),
    ("report", "ingest", "experiments"),
    ("stages",),
    ("cli", "testing"),
    ("verbs.py",),
    ("arguments.py",),
    ("completion.py",),
    ("__main__.py",),
)
# The only files that import the user's, for they are told the names.
LAUNCHER = ("__main__.py", "core/yours.py")
# What stands here moves no output: it says something, or brings what is compared with a hash. No
# stage depends on it, so that another word trains nothing anew.
TRANSPARENT = (
    *("__main__.py", "arguments.py", "completion.py", "params.py", "programs.py", "verbs.py"),
    *("console", "audit", "remote", "provenance", "versions", "ingest", "experiments", "cli"),
)
# All that the code of a stage may take from there, by module.
TAKEN = {
    "params": {"choice", "names", "number"},  # what the keys of a section take
    "console.errors": {"COULD_NOT", "CheckFailed", "UserError", "refused", "run"},
    "console.progress": {"progress"},  # the same rows in the same order
    "provenance.record": {"recorded"},
    # Each byte that comes by these is compared with a hash or a checksum.
    "remote.dir_lists": {"listed_files"},
    "remote.filesystem": {"Objects", "Run", "location"},
    "remote.revisions": {"LOCK", "entries", "parsed"},
}
# What of it chooses how a stage runs, or hands it values or rows that no hash is compared with: it
# is as it was shipped, or a dependency like any other.
HANDED = tuple(
    f"{ENGINE}/{name}"
    for name in ("__main__.py", "arguments.py", "params.py", "verbs.py", "console/progress.py")
)
# Who imports one of these can change what they compute, also for others.
COMPUTING = ("numpy", "torch")


def is_transparent(path: str) -> bool:
    """Whether a file of the project can change no bit of a result."""
    room = room_of(path)
    return room in TRANSPARENT or path == f"{ENGINE}/__init__.py"


def room_of(path: str) -> str:
    """The room of a file of the engine, or its name where it is in none; "" of any other file."""
    inside = path.startswith(f"{ENGINE}/")
    return path.removeprefix(f"{ENGINE}/").partition("/")[0] if inside else ""


def floor(path: str) -> int | None:
    """The floor on which a file of the engine stands; None where it is in no room known here."""
    room = room_of(path)
    return next((n for n, rooms in enumerate(FLOORS) if room in rooms), None)
