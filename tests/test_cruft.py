"""The template under cruft, which renders it again for every update.

Run with `python -m pytest tests/test_cruft.py`.
"""

import json
import shutil
from pathlib import Path

import pytest
from helpers import PACKAGE, PROJECT, Bake, Run, command, environment, git, set_param, tree


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
def test_an_update_moves_code_and_no_result(
    built: Path, run: Run, project: Path, repository: Path, tmp_path: Path
) -> None:
    """Shipped bits of new code beside results of the old would be a forged proof."""
    # The audit refuses an address that is a path here, as it should: Git takes this one from there.
    address = "https://example.org/template"
    git(tmp_path, "config", "--global", f"url.{repository}.insteadOf", address)
    wheel = "cpu" if "+cpu" in (built / "requirements/runtime.lock").read_text("utf-8") else "cuda"
    answers = ("--no-input", "--extra-context", json.dumps({"accelerator": wheel}))
    cruft(tmp_path, "create", address, *answers, "--output-dir", tmp_path / "made")
    mine = tmp_path / "made" / "handwritten-digits"

    def here(*words: str, fails: bool = False) -> str:
        done = command(*words, cwd=mine, env=environment(built))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def audit(**options: bool) -> str:
        return here("python3", "-m", "samebits", "audit", **options)

    git(mine, "init", "-q")
    set_param(mine, "epochs: 40", "epochs: 2")
    here("python3", "-m", "samebits", "data", "add")
    here("dvc", "repro")
    git(mine, "add", "-A")
    git(mine, "commit", "-q", "-m", "Mine")
    audit()

    # The template's next version, with the bits of its own code: else no project could be made.
    shipped = repository / PROJECT
    for code in (project / f"src/{PACKAGE}", shipped / "src/{{cookiecutter.__package_name}}"):
        with (code / "metrics/scores.py").open("a") as scores:
            scores.write("# Better.\n")
    run("dvc", "repro")
    lock = (project / "dvc.lock").read_text("utf-8")
    lock = lock.replace(PACKAGE, "{{ cookiecutter.__package_name }}")
    (shipped / "dvc.lock").write_text(lock, "utf-8")
    for name in ("provenance/train.json", "data/raw.dvc"):
        with (shipped / name).open("a") as file:
            file.write("\n")
    git(repository, "commit", "-q", "-a", "-m", "Two")
    cruft(mine, "update", "--skip-apply-ask")
    moved = git(mine, "diff", "--name-only", "HEAD").split()
    assert moved == [".cruft.json", f"src/{PACKAGE}/metrics/scores.py"]
    assert "scores.py has changed since it ran; run `dvc repro`" in audit(fails=True)
    here("dvc", "repro")
    audit()
