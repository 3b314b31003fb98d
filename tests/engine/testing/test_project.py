"""A new project's own tests: few, passing, and failing if a user's file breaks a promise."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACKAGE, ROOT, yours

from samebits import testing

TESTS = ROOT / "tests"


@pytest.fixture
def tests() -> Path:
    """The tests in the current project."""
    return yours(Path("tests"), TESTS)


def said(*arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


def test_they_run_every_check_and_pass(tests: Path) -> None:
    checks = [getattr(testing, name) for name in testing.__all__]
    count = sum(name.startswith("test_") for check in checks for name in dir(check))
    assert f"\n{count} passed in " in said()


def test_a_faulty_file_is_seen_and_named(tests: Path) -> None:
    path = Path("src", PACKAGE, "training.py")
    text = path.read_text(encoding="utf-8").replace("draws[:, 0]", "torch.rand(len(draws))")
    path.write_text(f"{text}\nimport torch\n", encoding="utf-8")
    shown = said("tests/test_training.py", "-k", "augment_draws")
    assert "`augment` returns different `image` for the same draws" in shown
    assert "1 failed" in shown


def test_what_is_yours_is_small(tests: Path) -> None:
    files = [*tests.rglob("*.py"), *Path("src", PACKAGE).rglob("*.py")]
    assert len(files) <= 12
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 400
