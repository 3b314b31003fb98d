"""The template under cruft, which renders it again for every update.

Run with `python -m pytest tests/test_cruft.py`.
"""

import re
import shutil
from pathlib import Path

import pytest
from helpers import PACKAGE, PROJECT, Bake, command, environment, git, set_param, tree


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


@pytest.mark.slow
def test_an_update_moves_code_and_no_result(built: Path, repository: Path, tmp_path: Path) -> None:
    """Shipped bits of new code beside results of the old would be a forged proof."""
    # The audit refuses an address that is a path here, as it should: Git takes this one from there.
    address = "https://example.org/template"
    git(tmp_path, "config", "--global", f"url.{repository}.insteadOf", address)
    cruft(tmp_path, "create", address, "--no-input", "--output-dir", tmp_path / "made")
    project = tmp_path / "made" / "handwritten-digits"

    def run(*words: str, fails: bool = False) -> str:
        done = command(*words, cwd=project, env=environment(built))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def audit(**options: bool) -> str:
        return run("python3", "-m", f"{PACKAGE}.reproducibility.audit", **options)

    git(project, "init", "-q")
    set_param(project, "epochs: 40", "epochs: 2")
    run("python3", "-m", f"{PACKAGE}.data.collect")
    run("dvc", "repro")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "Mine")
    audit()

    shipped = repository / PROJECT
    with (shipped / "src/{{cookiecutter.__package_name}}/metrics/scores.py").open("a") as scores:
        scores.write("# Better.\n")
    for name in ("dvc.lock", "provenance/train.json", "data/raw.dvc"):
        text = (shipped / name).read_text("utf-8")
        (shipped / name).write_text(re.sub(r"\b[0-9a-f]{8}", "0" * 8, text), "utf-8")
    git(repository, "commit", "-q", "-a", "-m", "Two")
    cruft(project, "update", "--skip-apply-ask")
    moved = git(project, "diff", "--name-only", "HEAD").split()
    assert moved == [".cruft.json", f"src/{PACKAGE}/metrics/scores.py"]
    assert "scores.py has changed since it ran; run `dvc repro`" in audit(fails=True)
    run("dvc", "repro")
    audit()
