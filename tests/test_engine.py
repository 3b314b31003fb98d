"""The tests of the engine, a room at a time, in the environment of a built project."""

import os
from pathlib import Path

import pytest
from helpers import ROOT, command, environment

ENGINE = ROOT / "tests" / "engine"
ROOMS = sorted(path.name for path in ENGINE.iterdir() if any(path.glob("test_*.py")))
FILES = sorted(path.name for path in ENGINE.glob("test_*.py"))
PYTEST = ("python3", "-m", "pytest", "-c", ENGINE / "pytest.ini", "-q", "-p", "no:cacheprovider")


@pytest.mark.slow
@pytest.mark.parametrize("room", [*ROOMS, *FILES])
def test_the_engine(room: str, built: Path) -> None:
    variables = environment(built) | {"COLUMNS": "200", "TMPDIR": os.environ["TMPDIR"]}
    done = command(*PYTEST, ENGINE / room, cwd=ROOT, env=variables)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr


@pytest.mark.slow
def test_the_types_in_its_tests(built: Path) -> None:
    folders = (ENGINE, built / "src", built / "scripts")
    variables = environment(built) | {"MYPYPATH": os.pathsep.join(map(str, folders))}
    given = ("--config-file", ENGINE / "mypy.ini", "--cache-dir", built.parent / "types")
    done = command("python3", "-m", "mypy", *given, ENGINE, cwd=ROOT, env=variables)
    assert done.returncode == 0, done.stdout + done.stderr
