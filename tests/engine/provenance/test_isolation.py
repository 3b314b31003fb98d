"""Stages and commands run what is locked, whatever lies in the folder or on PYTHONPATH."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from samebits.console import errors
from samebits.remote.dvc_errors import remote_dvc
from samebits.remote.revisions import dvc

PACKAGE = errors.__name__.partition(".")[0]
ROOT = Path(__file__).parents[2]
COMMANDS = {
    name: stage["cmd"].split()
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))[
        "stages"
    ].items()
}
# Of Python's own, of the locks, of those that Python imports by itself, and the package.
NAMES = ("random", "json", "numpy", "PIL", "torch", "yaml", "sitecustomize", "usercustomize")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start in, with modules there and on PYTHONPATH that say if they are imported."""
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
        for name in (*NAMES, PACKAGE):
            text = f"raise SystemExit('planted {name} of {folder.name}')\n"
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
    shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    return root


def said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_stage_imports_nothing_that_lies_around(planted: Path, name: str) -> None:
    program, *arguments = COMMANDS[name]
    assert program == "python"
    words = said([sys.executable, *arguments])
    assert "planted" not in words
    # They miss what the stage before makes, and so got as far as that.
    assert words.startswith("error: ")


def test_nor_does_dvc(planted: Path) -> None:
    for command in (dvc("version"), remote_dvc("version")):
        assert said(command).startswith("DVC version")


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (("python", "-m", f"{PACKAGE}.data.remote", "--help"), "usage:"),
        (("python", "-m", f"{PACKAGE}.reproducibility.audit", "--help"), "usage:"),
        (("dvc", "version"), "DVC version"),
        (("pytest", "--version"), "pytest"),
    ],
)
def test_nor_does_what_make_runs(planted: Path, command: tuple[str, ...], begins: str) -> None:
    (planted / ".venv").symlink_to(sys.prefix)
    (planted / "src").symlink_to(ROOT / "src")
    assert said(["sh", str(ROOT / "scripts/venv"), *command]).startswith(begins)


def test_a_copy_runs_its_own_code(project: Path) -> None:
    """DVC runs queued experiments in copies of the project."""
    text = "raise SystemExit('of the copy')\n"
    (project / "src" / PACKAGE / "config.py").write_text(text, encoding="utf-8")
    assert said([sys.executable, *COMMANDS["validate"][1:]]) == "of the copy\n"
