"""Whether the engine is as shipped: a warning, not a fault."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from samebits.audit.manifest import manifest
from samebits.audit.outcomes import Check, table
from samebits.audit.project import Project
from samebits.audit.rooms import HANDED
from samebits.audit.run import audit

MANIFEST, SCALE = "src/samebits/MANIFEST", "src/samebits/core/resize.py"
SHIPPED = (
    "src/samebits/core/resize.py",
    "src/samebits/console/errors.py",
    "scripts/venv",
    "scripts/lock.py",
)


@pytest.fixture(autouse=True)
def _written(copy: Any) -> None:
    """As `make manifest` of the template writes it."""
    spec = importlib.util.spec_from_file_location("manifest", ROOT.parent / "scripts/manifest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    copy.write(MANIFEST, module.text(copy.root))


def said(copy: Any) -> Check:
    check = manifest(Project(copy.root))
    assert check.passed
    return check


def warned(copy: Any) -> list[tuple[str, str]]:
    return [(warning.path, warning.message) for warning in said(copy).warnings]


def test_the_engine_as_shipped(copy: Any) -> None:
    count = copy.text(MANIFEST).count("\n") - 1
    assert said(copy) == Check("manifest", f"engine 2.0 as shipped, {count} files", ())
    lines = table(audit(copy.root), "utf-8").splitlines()
    assert f"✓ manifest     engine 2.0 as shipped, {count} files" in lines
    assert not [line for line in lines if line.startswith("!")]


@pytest.mark.parametrize("path", SHIPPED)
def test_an_edited_file(copy: Any, path: str) -> None:
    copy.append(path, "# mine\n")
    assert warned(copy) == [(path, "differs from the file shipped with engine 2.0")]


@pytest.mark.parametrize("path", HANDED)
def test_what_is_handed_to_stages_is_as_shipped_or_a_dependency(copy: Any, path: str) -> None:
    copy.append(path, "# mine\n")
    [finding] = manifest(Project(copy.root)).findings
    assert (finding.path, finding.line) == (path, 1)
    assert "stages use it without depending on it" in finding.message
    text = copy.text("dvc.yaml")
    copy.write("dvc.yaml", text.replace("src/samebits/core,", f"src/samebits/core, {path},", 5))
    assert manifest(Project(copy.root)).findings
    copy.write("dvc.yaml", text.replace("src/samebits/core,", f"src/samebits/core, {path},"))
    assert warned(copy) == [(path, "differs from the file shipped with engine 2.0")]


@pytest.mark.parametrize("path", SHIPPED)
def test_a_file_that_is_gone(copy: Any, path: str) -> None:
    copy.remove(path)
    assert warned(copy) == [(path, "is missing but was shipped with engine 2.0")]


@pytest.mark.parametrize(
    "path", ["src/samebits/core/new.py", "src/samebits/mine/a.txt", "scripts/b"]
)
def test_a_file_more(copy: Any, path: str) -> None:
    copy.write(path, "mine\n")
    assert warned(copy) == [(path, "was not shipped with engine 2.0")]


def test_each_is_named_and_fails_nothing(copy: Any) -> None:
    copy.append(SCALE, "# mine\n")
    copy.remove("scripts/lock.py")
    copy.write("src/samebits/cli/new.py", "")
    count = copy.text(MANIFEST).count("\n") - 1
    lines = table([said(copy)], "utf-8").splitlines()
    assert lines == [
        f"! manifest  engine 2.0, 3 of {count} files not as shipped",
        "",
        "manifest:",
        "scripts/lock.py:1: is missing but was shipped with engine 2.0",
        "src/samebits/cli/new.py:1: was not shipped with engine 2.0",
        f"{SCALE}:1: differs from the file shipped with engine 2.0",
    ]
    assert table([said(copy)], "ascii").startswith("warn manifest")


def test_the_command_does_not_fail(copy: Any) -> None:
    copy.write("src/samebits/cli/new.py", "")
    command = [sys.executable, "-m", "samebits", "audit", "--root", str(copy.root)]
    done = subprocess.run(
        command, cwd=ROOT / "src", capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "src/samebits/cli/new.py:1: was not shipped with engine 2.0" in done.stdout


@pytest.mark.parametrize("path", SHIPPED)
def test_line_ends_do_not_matter(copy: Any, path: str) -> None:
    for file in (path, MANIFEST):
        copy.write(file, copy.text(file).replace("\n", "\r\n"))
    assert warned(copy) == []


def test_nor_does_what_python_and_tools_leave(copy: Any) -> None:
    for path in (
        "core/__pycache__/a.pyc",
        "a.pyc",
        "core/.ruff_cache/x/y",
        ".ipynb_checkpoints/a.py",
    ):
        copy.write(f"src/samebits/{path}", b"x")
    assert warned(copy) == []


def test_files_of_yours_are_not_looked_at(copy: Any) -> None:
    copy.append(f"{copy.package}/model.py", "# mine\n")
    copy.write(f"{copy.package}/layers.py", "")
    copy.append("params.yaml", "\n")
    assert warned(copy) == []


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"\xff\xfe",
        b"samebits 2.0\n",
        b"other 2.0\n",
        b"samebits 2.0\n<<<<<<< HEAD\n",
        b"samebits 2.0\n0123  scripts/venv\n",
        b"[1]",
    ],
)
def test_a_manifest_that_says_nothing(copy: Any, text: bytes | None) -> None:
    copy.remove(MANIFEST) if text is None else copy.write(MANIFEST, text)
    [(path, message)] = warned(copy)
    assert path == MANIFEST
    assert "restore it with `git checkout src/samebits/MANIFEST`" in message
    assert "unknown version" in said(copy).summary


def test_no_stage_depends_on_it(copy: Any) -> None:
    assert not any(MANIFEST.startswith(f"{dep}/") for stage in copy.stages for dep in stage.deps)
    copy.append(MANIFEST, "\n")
    assert copy.new() == {}


def test_an_empty_folder(tmp_path: Path) -> None:
    assert manifest(Project(tmp_path)).passed


def test_a_folder_that_is_gone(copy: Any, tmp_path: Path) -> None:
    root = tmp_path / "p"
    (root / "src/samebits").mkdir(parents=True)
    shutil.copyfile(copy.root / MANIFEST, root / MANIFEST)
    check = manifest(Project(root))
    assert check.passed
    assert len(check.warnings) == copy.text(MANIFEST).count("\n") - 1
