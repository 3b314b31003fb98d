"""The template under cruft, which renders it again for every update.

Run with `python -m pytest tests/test_cruft.py`.
"""

import shutil
from pathlib import Path

import pytest
from helpers import Bake, command, git, tree


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """The template as a Git repository, which is where cruft takes templates from."""
    folder = tmp_path / "repository"
    shutil.copytree(template, folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "One")
    return folder


def cruft(cwd: Path, *arguments: str | Path) -> None:
    done = command("python", "-m", "cruft", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cruft_makes_and_updates_the_same_project(
    bake: Bake, repository: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    cruft(tmp_path, "create", repository, "--no-input", "--output-dir", made)
    project = made / "handwritten-digits"
    assert not (project / ".git").exists()
    files = tree(project)
    assert files.pop(".cruft.json")
    assert files == tree(bake(source=repository))
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "Mine")

    with (repository / "{{cookiecutter.project_slug}}" / "LICENSE").open("a") as licence:
        licence.write("More.\n")
    git(repository, "commit", "-q", "-a", "-m", "Two")
    cruft(project, "update", "--skip-apply-ask")
    files = tree(project)
    assert files.pop(".cruft.json")
    assert files == tree(bake("again", source=repository))
    assert git(project, "rev-list", "--count", "HEAD") == "1"
