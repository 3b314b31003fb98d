"""The rooms of the engine: which may import which, and which cannot change a result."""

ENGINE = "src/samebits"
# From the ground up: a room may import only those on lower floors.
FLOORS = (
    ("console",),
    ("core",),
    ("params.py", "programs.py"),
    ("audit", "remote", "tracking"),
    ("data", "provenance"),
    ("checks", "metrics", "training"),
    ("diagnosis", "versions", "serving"),
    ("report", "ingest", "experiments"),
    ("stages",),
    ("cli", "testing"),
    ("argument_kinds.py",),
    ("verbs.py",),
    ("arguments.py",),
    ("completion.py",),
    ("__main__.py",),
)
# The only files that import the user's files.
LAUNCHER = ("__main__.py", "core/yours.py", "serving/__init__.py")
# These rooms change no output: they print messages, hand values to a tracker in a process of its
# own, or fetch files that are checked against a hash.
# No stage depends on them, so a reworded message retrains nothing.
TRANSPARENT = (
    *("__main__.py", "argument_kinds.py", "arguments.py", "completion.py", "params.py"),
    *("programs.py", "verbs.py"),
    *("console", "audit", "remote", "provenance", "versions", "ingest", "experiments", "serving"),
    *("tracking", "cli"),
)
# All that the code of a stage may import from them, by module.
TAKEN = {
    "params": {"choice", "names", "number"},  # declare the keys of a section
    "console.errors": {"COULD_NOT", "CheckFailed", "UserError", "refused", "run"},
    "console.progress": {"TrainingLine", "progress"},  # the same rows in the same order
    "console.spelling": {"did_you_mean"},  # words of an error
    "provenance.record": {"recorded"},
    "tracking.tracker": {"Tracker"},  # it takes values and returns none
    # Every byte from these is compared with a hash or a checksum.
    "remote.dir_lists": {"listed_files"},
    "remote.filesystem": {"Objects", "Run", "location"},
    "remote.revisions": {"LOCK", "entries", "parsed"},
}
# Files of them that choose how a stage runs, or hand it values or rows that no hash checks. They
# must be as shipped, or dependencies like any other file.
HANDED = tuple(
    f"{ENGINE}/{name}"
    for name in (
        *("__main__.py", "argument_kinds.py", "arguments.py", "params.py", "verbs.py"),
        "console/progress.py",
    )
)
# Importing one of these can change what it computes, also for others.
COMPUTING = ("numpy", "torch")


def is_transparent(path: str) -> bool:
    """Whether a file of the project cannot change a result."""
    room = room_of(path)
    return room in TRANSPARENT or path == f"{ENGINE}/__init__.py"


def room_of(path: str) -> str:
    """The room of a file of the engine, or its name if it is in none; "" for any other file."""
    inside = path.startswith(f"{ENGINE}/")
    return path.removeprefix(f"{ENGINE}/").partition("/")[0] if inside else ""


def floor(path: str) -> int | None:
    """The floor of a file of the engine; None if its room is not listed here."""
    room = room_of(path)
    return next((n for n, rooms in enumerate(FLOORS) if room in rooms), None)
