"""Stages and commands run locked code, whatever is in the folder or on PYTHONPATH."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from conftest import PACKAGE, ROOT, configured, rendered

from samebits.core.yours import READ_BY
from samebits.programs import dvc_command
from samebits.remote.dvc_errors import MODULE

# Modules of Python, of the locks, those that Python imports at startup, and the project's.
NAMES = (
    *("random", "json", "numpy", "PIL", "torch", "yaml", "sitecustomize", "usercustomize"),
    *("samebits", PACKAGE),
)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start in, with modules there and on PYTHONPATH that say if they are imported."""
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
        for name in NAMES:
            text = f"raise SystemExit('planted {name} of {folder.name}')\n"
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
    configured(root)
    rendered(root, "dvc.yaml")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    return root


def command(stage: str) -> list[str]:
    """The command of a stage in the current folder, with this environment's Python."""
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert stages.keys() == READ_BY.keys()
    program, *arguments = stages[stage]["cmd"].split()
    assert program == "python"
    return [sys.executable, *arguments]


def said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("name", READ_BY)
def test_a_stage_imports_nothing_that_lies_around(name: str) -> None:
    words = said(command(name))
    assert "planted" not in words
    # They lack the output of the stage before, so they got as far as that.
    assert words.startswith("error: ")


def test_nor_does_dvc(planted: Path) -> None:
    for command in (dvc_command("version"), dvc_command("version", module=MODULE)):
        assert said(command).startswith("DVC version")


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (("samebits", "data", "pull", "--help"), "usage:"),
        (("samebits", "audit", "--help"), "usage:"),
        (("dvc", "version"), "DVC version"),
        (("pytest", "--version"), "pytest"),
    ],
)
def test_nor_does_what_make_runs(planted: Path, command: tuple[str, ...], begins: str) -> None:
    (planted / ".venv").symlink_to(sys.prefix)
    assert said(["sh", str(ROOT / "scripts/venv"), *command]).startswith(begins)


def test_a_copy_runs_its_own_code(project: Path) -> None:
    """DVC runs queued experiments in copies of the project."""
    text = "raise SystemExit('of the copy')\n"
    for path in (f"src/{PACKAGE}/data.py", "src/samebits/core/config.py"):
        (project / path).write_text(text, encoding="utf-8")
        assert said(command("validate")) == "of the copy\n"
