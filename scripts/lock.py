"""Refreshes every lock: the project's for both accelerators, and the template's own.

    python scripts/lock.py              adds what is new in the .in files, keeps other versions
    python scripts/lock.py --upgrade    takes the newest version of everything

The project's own scripts/lock.py does the work, on a copy, once for each accelerator; nothing is
replaced before everything has been made.
"""

import argparse
import importlib
import re
import shutil
import sys
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent
PROJECT = "{{cookiecutter.project_slug}}"
TRACKERS = Path(PROJECT, "src/samebits/tracking")
ACCELERATORS = ("cuda", "cpu")
# A file that only projects with some answer have: the condition, and the name in a project.
OTHER = re.compile(r"\{% if (.+) %\}(remote|example)\.in\{% endif %\}")

sys.path.insert(0, str(TEMPLATE / PROJECT / "scripts"))
locks = importlib.import_module("lock")  # the project's, not this file
setup = importlib.import_module("setup")


def main() -> int:
    parser = argparse.ArgumentParser(description="Refresh every lock of the template.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    try:
        changes = refresh(parser.parse_args().upgrade)
    except (setup.Problem, OSError) as error:
        print(f"error: {error}; no lock was changed", file=sys.stderr)
        return 1
    print("\n".join(changes) or "Nothing to do: every lock is as its .in file asks.")
    return 0


def refresh(upgrade: bool) -> list[str]:
    """Replaces the locks; returns a line for each pin that changed."""
    with tempfile.TemporaryDirectory(prefix="locks-") as scratch:
        ours = Path(shutil.copytree(TEMPLATE / "requirements", Path(scratch, "requirements")))
        place = Path(PROJECT, "requirements")
        project = Path(shutil.copytree(TEMPLATE / place, Path(scratch, place)))
        for accelerator in ACCELERATORS:
            refresh_variant(project, accelerator, Path(scratch, accelerator), upgrade)
        matches = map(OTHER.fullmatch, sorted(file.name for file in project.iterdir()))
        others = [match.groups() for match in matches if match]
        for number, (condition, stem) in enumerate(others):
            refresh_other(project, stem, condition, Path(scratch, f"{number}"), upgrade)
        trackers = Path(shutil.copytree(TEMPLATE / TRACKERS, Path(scratch, TRACKERS)))
        refresh_trackers(project, trackers, Path(scratch, "trackers"), upgrade)
        for name in ("dev", "servers"):
            locks.compile_lock(ours, name, upgrade)
        changes: list[str] = locks.adopt(project, TEMPLATE / place)
        changes += locks.adopt(trackers, TEMPLATE / TRACKERS)
        return changes + [f"template's {line}" for line in locks.adopt(ours, TEMPLATE / ours.name)]


def refresh_variant(project: Path, accelerator: str, scratch: Path, upgrade: bool) -> None:
    """Makes the locks for an accelerator; only runtime.lock differs between accelerators."""
    folder = Path(shutil.copytree(project, scratch / "requirements"))
    choose(folder, "runtime", of_accelerator(accelerator))
    before = locks.read(folder / "dev.lock") if accelerator != ACCELERATORS[0] else None
    locks.refresh(folder, upgrade)
    if before is not None and before != locks.read(folder / "dev.lock"):
        raise setup.Problem(
            "the accelerators need different dev.lock files: pin the packages that differ"
        )
    name = conditional("runtime.lock", of_accelerator(accelerator))
    shutil.copy(folder / "runtime.lock", project / name)
    for name in ("dev.lock", "serve.lock", "setup.lock"):
        shutil.copy(folder / name, project / name)


def refresh_other(project: Path, stem: str, condition: str, scratch: Path, upgrade: bool) -> None:
    """Makes a lock that only projects with some answer have; it agrees with the other locks."""
    folder = Path(shutil.copytree(project, scratch / "requirements"))
    choose(folder, "runtime", of_accelerator(ACCELERATORS[0]))
    choose(folder, stem, condition)
    locks.compile_lock(folder, stem, upgrade)
    shutil.copy(folder / f"{stem}.lock", project / conditional(f"{stem}.lock", condition))


def refresh_trackers(project: Path, trackers: Path, scratch: Path, upgrade: bool) -> None:
    """Makes the lock of each tracker's own environment; they agree with the project's locks."""
    folder = Path(shutil.copytree(project, scratch / "requirements"))
    choose(folder, "runtime", of_accelerator(ACCELERATORS[0]))
    for file in sorted(trackers.glob("*.in")):
        for name in (file.name, f"{file.stem}.lock"):
            shutil.copy(trackers / name, folder / name)
        locks.compile_lock(folder, file.stem, upgrade)
        shutil.copy(folder / f"{file.stem}.lock", trackers / f"{file.stem}.lock")


def choose(folder: Path, stem: str, condition: str) -> None:
    """Gives the files for an answer their names in a project."""
    for name in (f"{stem}.in", f"{stem}.lock"):
        if (folder / conditional(name, condition)).exists():
            (folder / conditional(name, condition)).replace(folder / name)


def conditional(name: str, condition: str) -> str:
    """A file name that is empty for other answers, so that they leave out the file."""
    return f"{{% if {condition} %}}{name}{{% endif %}}"


def of_accelerator(name: str) -> str:
    return f"cookiecutter.accelerator == '{name}'"


if __name__ == "__main__":
    sys.exit(main())
