"""The template under cruft, which renders it again for every update.

Run with `python -m pytest tests/test_cruft.py`.
"""

import json
import shutil
from pathlib import Path

import pytest
from helpers import (
    PACKAGE,
    PROJECT,
    Bake,
    Run,
    command,
    environment,
    git,
    set_param,
    sources,
    tree,
)

import manifest


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
    """Over twenty commits of the engine: no conflict, and results that are clearly from old code.

    Shipped bits of new code next to old results would be a forged proof.
    """
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
    for name in YOURS:
        append(mine / name, "# Mine.\n")
    append(mine / "README.md", "Mine.\n")
    here("python3", "-m", "samebits", "data", "add")
    here("dvc", "repro")
    git(mine, "add", "-A")
    git(mine, "commit", "-q", "-m", "Mine")
    audit()

    # The template's next versions, the last with the bits of its code; otherwise none could be
    # made.
    shipped, known, planted = repository / PROJECT, sources(repository), []
    for number, name in enumerate(engine_files(shipped)):
        for code in (project, shipped):
            append(code / name, f"# Better, {number}.\n")
            (code / manifest.NAME).write_text(manifest.text(code), "utf-8", newline="\n")
        git(repository, "commit", "-q", "-a", "-m", f"Better, {number}")
        planted.append(name)
    run("dvc", "repro")
    for name in ("dvc.lock", "provenance/train.json"):
        text = (project / name).read_text("utf-8")
        text = text.replace(PACKAGE, "{{ cookiecutter.__package_name }}")
        known[name].write_text(text, "utf-8")
    append(known["data/raw.dvc"], "\n")
    git(repository, "commit", "-q", "-a", "-m", "Their bits")
    cruft(mine, "update", "--skip-apply-ask")
    moved = git(mine, "diff", "--name-only", "HEAD").split()
    assert moved == sorted([".cruft.json", manifest.NAME, *planted])
    assert not [path for path in mine.rglob("*.rej") if ".venv" not in path.parts]
    stale = audit(fails=True)
    assert all(f"{folder} has changed since it ran" in stale for folder in STALE)
    here("dvc", "repro")
    audit()


# Files that users edit; and folders of the engine that stages depend on.
YOURS = [f"src/{PACKAGE}/{name}.py" for name in ("data", "model", "training", "metrics")]
STALE = ["src/samebits/core", "src/samebits/data", "src/samebits/training", "src/samebits/metrics"]


def append(path: Path, text: str) -> None:
    """Append to a file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def engine_files(project: Path) -> list[str]:
    """Some twenty files of the engine: one of every room, and a few others."""
    files = sorted((project / "src/samebits").rglob("*.py"))
    rooms = {path.parent: path for path in files}
    others = [path for path in files if path not in rooms.values()]
    chosen = [*rooms.values(), *others[:: len(others) // 4]]
    return sorted(path.relative_to(project).as_posix() for path in chosen)
