"""A commit of data and code is refused, in a real repository with the hook in place."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.audit import separate_commits as apart
from samebits.console.errors import UserError

Git = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository with its project in a folder, with the hook; the current folder."""
    root = tmp_path / "repository"
    project = root / "project"
    (project / "data").mkdir(parents=True)
    monkeypatch.chdir(project)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    def run(*arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false")
        command = ["git", *identity, *arguments]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done

    run("init", "-q", "-b", "main", str(root))
    hook = root / ".git/hooks/pre-commit"
    source = Path(str(apart.__file__)).parents[2]
    call = f"cd project && PYTHONPATH='{source}' '{sys.executable}' -m samebits apart"
    hook.write_text(f"#!/bin/sh\n{call}\n", encoding="utf-8")
    hook.chmod(0o755)
    for path in ("data/raw.dvc", "dvc.lock", "../beside"):
        Path(path).write_text("1", encoding="utf-8")
    Path("pyproject.toml").write_text('[project]\nname = "digits"\n', encoding="utf-8")
    run("add", "-A", str(root))
    run("commit", "-qm", "The first brings both")
    return run


def change(*paths: str) -> None:
    for path in paths:
        Path(path).write_text("2", encoding="utf-8")


def test_data_and_code_together(git: Git) -> None:
    change("data/raw.dvc", "dvc.lock")
    done = git("commit", "-qam", "Both", check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: this commit changes data (data/raw.dvc) and code (dvc.lock); commit them "
        "separately, for example the data with 'git commit data'. If they must go together: "
        "SKIP=data-apart git "
        "commit ...\n"
    )


def test_one_after_the_other(git: Git) -> None:
    """The hook looks at what is committed, not at what else is staged."""
    change("data/raw.dvc", "dvc.lock")
    git("add", "-A")
    git("commit", "-qm", "Data", "data")
    git("commit", "-qm", "Code")


def test_what_lies_beside_the_project_is_not_its_code(git: Git) -> None:
    change("data/raw.dvc", "../beside")
    git("commit", "-qam", "Both")


def test_removals_and_renames_count(git: Git) -> None:
    git("mv", "data/raw.dvc", "raw.dvc")
    assert git("commit", "-qm", "Moved out of data", check=False).returncode == 1


def test_a_merge_brings_both(git: Git) -> None:
    git("checkout", "-qb", "side")
    change("data/raw.dvc")
    git("commit", "-qam", "Data")
    git("checkout", "-q", "main")
    change("dvc.lock")
    git("commit", "-qam", "Code")
    git("merge", "-q", "--no-ff", "--no-commit", "side")
    Path("dvc.lock").write_text("3", encoding="utf-8")
    Path("data/new.csv").write_text("3", encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "Merge")


def test_what_is_named_is_short() -> None:
    paths = [f"data/{number}" for number in range(7)]
    with pytest.raises(UserError, match=r"data/4 and 2 more\) and code \(a\.py\)"):
        apart.refuse_mixed([*paths, "a.py"])
    apart.refuse_mixed(paths)
    apart.refuse_mixed(["src/data/code.py", "params.yaml"])
    apart.refuse_mixed([])


def test_data_alone(git: Git) -> None:
    assert not apart.data_alone()
    change("data/raw.dvc", "dvc.lock")
    git("add", "data")
    assert apart.data_alone()
    git("add", "dvc.lock")
    assert not apart.data_alone()


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="this folder is in no Git repository"):
        apart.staged()
