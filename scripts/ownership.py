"""Tells the files that `make demo` made from others in demo/.

demo/ has the project, a marker that lists what was made, and a scratch folder that may always be
removed. The project may be removed while it has only its first commit, no change, and no file that
the marker does not list.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

MARKER = ".made-by-make-demo.json"
SCRATCH = ".scratch"
# Files of tools, which are nobody's work: environments, caches, records of runs.
BY_TOOLS = {
    ".git",
    ".venv",
    ".dvc/cache",
    ".dvc/tmp",
    "checkpoints",
    "provenance",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}


@dataclass
class Marker:
    """What was made: the project's folder, its commit, its untracked files with their SHA-256.

    `writing` names the folders that a step is filling; all files in them belong to that step.
    """

    project: str
    commit: str
    files: dict[str, str] = field(default_factory=dict)
    writing: list[str] = field(default_factory=list)

    def save(self, demo: Path) -> None:
        """Writes the marker whole or not at all."""
        draft = demo / SCRATCH / MARKER
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8", newline="\n")
        draft.replace(demo / MARKER)

    @classmethod
    def load(cls, demo: Path) -> "Marker | None":
        """The marker in `demo`, or None if it is missing or unreadable."""
        try:
            return cls(**json.loads((demo / MARKER).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def strangers(demo: Path) -> list[str]:
    """Sorted paths in `demo` that `make demo` did not make, or that have changed since."""
    entries = {entry.name for entry in demo.iterdir()} if demo.exists() else set()
    marker = Marker.load(demo)
    if marker is None:
        return sorted(entries)
    paths = entries - {MARKER, SCRATCH, marker.project}
    if marker.project in entries:
        paths |= {f"{marker.project}/{path}" for path in changes(demo / marker.project, marker)}
    return sorted(paths)


def changes(project: Path, marker: Marker) -> Iterator[str]:
    """Paths in the project, relative to it, that differ from the marker."""
    if not (project / ".git").is_dir():
        yield ".git"  # removed: our files can no longer be told from others
        return
    for line in git(project, "for-each-ref", "--format=%(refname) %(objectname)").splitlines():
        if line != f"refs/heads/main {marker.commit}":
            yield f".git/{line.split()[0]}"
    status = git(project, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no")
    # The pipeline writes dvc.lock on machines where the bits differ.
    yield from (entry[3:] for entry in status.split("\0") if entry and entry[3:] != "dvc.lock")
    for path, digest in untracked(project).items():
        if marker.files.get(path) != digest and not inside(path, marker.writing):
            yield path


def untracked(project: Path) -> dict[str, str]:
    """SHA-256 of each file that Git does not track and no tool made."""
    tracked = set(git(project, "ls-files", "-z").split("\0"))
    digests = {}
    for folder, folders, names in os.walk(project):
        here = Path(folder).relative_to(project)
        folders[:] = [name for name in folders if not by_tools((here / name).as_posix())]
        for name in names:
            path = (here / name).as_posix()
            if path not in tracked:
                digests[path] = hashlib.sha256((project / path).read_bytes()).hexdigest()
    return digests


def by_tools(path: str) -> bool:
    return path in BY_TOOLS or path.endswith("__pycache__")


def inside(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def git(project: Path, *arguments: str) -> str:
    """The output of git in the project, but in no repository around it."""
    reply = subprocess.run(
        ["git", *arguments],
        cwd=project,
        env=clean_environment() | {"GIT_CEILING_DIRECTORIES": str(project.parent)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return reply.stdout


def clean_environment() -> dict[str, str]:
    """The environment without GIT_*, which would lead git to another repository."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
