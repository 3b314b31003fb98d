"""Refreshes every lock: the project's for both accelerators, and the template's own.

    python scripts/lock.py              takes up what is new in the .in files, keeps other versions
    python scripts/lock.py --upgrade    takes the newest of everything

The work is done by the project's own scripts/lock.py, on a copy, once for each accelerator; nothing
is replaced before everything has been made.
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
ACCELERATORS = ("cuda", "cpu")
# What projects with some answer alone have: its condition, and the name in a project.
OTHER = re.compile(r"\{% if (.+) %\}(remote|example)\.in\{% endif %\}")

sys.path.insert(0, str(TEMPLATE / PROJECT / "scripts"))
locks = importlib.import_module("lock")  # the project's, not this file
setup = importlib.import_module("setup")


def main() -> int:
    parser = argparse.ArgumentParser(description="Refresh every lock of the template.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    try:
        changes = refresh(parser.parse_args().upgrade)
    except (setup.Problem, OSError) as error:
        print(f"error: {error}; no lock was changed", file=sys.stderr)
        return 1
    print("\n".join(changes) or "Nothing to do: every lock is as its .in file asks.")
    return 0


def refresh(upgrade: bool) -> list[str]:
    """Replaces the locks; returns one line for each pin that changed."""
    with tempfile.TemporaryDirectory(prefix="locks-") as scratch:
        ours = Path(shutil.copytree(TEMPLATE / "requirements", Path(scratch, "requirements")))
        place = Path(PROJECT, "requirements")
        project = Path(shutil.copytree(TEMPLATE / place, Path(scratch, place)))
        for accelerator in ACCELERATORS:
            refresh_variant(project, accelerator, Path(scratch, accelerator), upgrade)
        others = filter(None, map(OTHER.fullmatch, sorted(file.name for file in project.iterdir())))
        for number, (condition, stem) in enumerate(found.groups() for found in others):
            refresh_other(project, stem, condition, Path(scratch, f"{number}"), upgrade)
        for name in ("dev", "servers"):
            locks.compile_lock(ours, name, upgrade)
        changes: list[str] = locks.adopt(project, TEMPLATE / place)
        return changes + [f"template's {line}" for line in locks.adopt(ours, TEMPLATE / ours.name)]


def refresh_variant(project: Path, accelerator: str, scratch: Path, upgrade: bool) -> None:
    """Makes the locks of a project with this accelerator; they share all but runtime.lock."""
    folder = Path(shutil.copytree(project, scratch / "requirements"))
    choose(folder, "runtime", of_accelerator(accelerator))
    before = locks.read(folder / "dev.lock") if accelerator != ACCELERATORS[0] else None
    locks.refresh(folder, upgrade)
    if before is not None and before != locks.read(folder / "dev.lock"):
        raise setup.Problem(
            "the accelerators need different dev.lock files: pin what they disagree on"
        )
    name = conditional("runtime.lock", of_accelerator(accelerator))
    shutil.copy(folder / "runtime.lock", project / name)
    for name in ("dev.lock", "setup.lock"):
        shutil.copy(folder / name, project / name)


def refresh_other(project: Path, stem: str, condition: str, scratch: Path, upgrade: bool) -> None:
    """Makes a lock that projects with one answer have; its other pins are those made before."""
    folder = Path(shutil.copytree(project, scratch / "requirements"))
    choose(folder, "runtime", of_accelerator(ACCELERATORS[0]))
    choose(folder, stem, condition)
    locks.compile_lock(folder, stem, upgrade)
    shutil.copy(folder / f"{stem}.lock", project / conditional(f"{stem}.lock", condition))


def choose(folder: Path, stem: str, condition: str) -> None:
    """Gives the files for this answer the names that they have in a project."""
    for name in (f"{stem}.in", f"{stem}.lock"):
        if (folder / conditional(name, condition)).exists():
            (folder / conditional(name, condition)).replace(folder / name)


def conditional(name: str, condition: str) -> str:
    """A file name that renders to nothing, so that the file is left out, for other answers."""
    return f"{{% if {condition} %}}{name}{{% endif %}}"


def of_accelerator(name: str) -> str:
    return f"cookiecutter.accelerator == '{name}'"


if __name__ == "__main__":
    sys.exit(main())
