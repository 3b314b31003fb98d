"""`make demo`: what it may remove, what it says. python -m pytest tests/test_demo.py"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import PROJECT, ROOT, command, git

import demo
from ownership import MARKER, SCRATCH, Marker, strangers

LOCK = "stages: {train: {cmd: a, outs: [{path: models/m, md5: '1'}, {path: reports/r, md5: '2'}]}}"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A demo/ as `make demo` leaves it: tracked, untracked and ignored files, and the marker."""
    folder = tmp_path / "demo"
    project = folder / "digits"
    for path in ("data/raw/0/a.png", "models/m", ".venv/bin/python", "provenance/train.json"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(path, encoding="utf-8")
    ignored = "/data/raw\n/models\n/reports\n.venv\n/provenance\n.env\n"
    (project / ".gitignore").write_text(ignored, encoding="utf-8")
    (project / "params.yaml").write_text("a: 1\n", encoding="utf-8")
    (project / "dvc.lock").write_text(LOCK, encoding="utf-8")
    demo.commit(project)
    known = {p: hashlib.sha256(p.encode()).hexdigest() for p in ("data/raw/0/a.png", "models/m")}
    Marker("digits", git(project, "rev-parse", "HEAD"), known).save(folder)
    return folder


def test_its_own_project_is_replaced(made: Path) -> None:
    assert strangers(made) == []
    demo.clear(made)
    assert not list(made.iterdir())


def test_an_empty_or_missing_folder_will_do(tmp_path: Path) -> None:
    assert strangers(tmp_path / "demo") == []
    (tmp_path / "demo").mkdir()
    assert strangers(tmp_path / "demo") == []


@pytest.mark.parametrize(
    ("path", "reported"),
    [
        ("notes.txt", "notes.txt"),
        ("digits-remote/files/1", "digits-remote"),
        ("digits/notes.txt", "digits/notes.txt"),
        ("digits/.env", "digits/.env"),
        ("digits/params.yaml", "digits/params.yaml"),
        ("digits/data/raw/0/mine.png", "digits/data/raw/0/mine.png"),
        ("digits/data/raw/0/a.png", "digits/data/raw/0/a.png"),
        ("digits/models/mine", "digits/models/mine"),
        ("digits/.dvc/config.local", "digits/.dvc/config.local"),
    ],
)
def test_files_of_others_are_named_and_kept(made: Path, path: str, reported: str) -> None:
    (made / path).parent.mkdir(parents=True, exist_ok=True)
    (made / path).write_text("mine", encoding="utf-8")
    assert strangers(made) == [reported]
    with pytest.raises(demo.Refusal, match=rf"did not make: {reported}; move them elsewhere"):
        demo.clear(made)
    assert (made / path).read_text(encoding="utf-8") == "mine"


def commit_more(project: Path) -> None:
    (project / "params.yaml").write_text("a: 2\n", encoding="utf-8")
    git(project, "commit", "--quiet", "--all", "--message", "mine")


def branch(project: Path) -> None:
    git(project, "branch", "mine")


def stash(project: Path) -> None:
    (project / "params.yaml").write_text("a: 2\n", encoding="utf-8")
    git(project, "stash", "--quiet")


def experiment(project: Path) -> None:
    git(project, "update-ref", "refs/exps/12/34/mine", "HEAD")


def delete(project: Path) -> None:
    (project / "params.yaml").unlink()


def forget_git(project: Path) -> None:
    shutil.rmtree(project / ".git")


@pytest.mark.parametrize("work", [commit_more, branch, stash, experiment, delete, forget_git])
def test_work_in_the_project_is_kept(made: Path, work: Callable[[Path], None]) -> None:
    work(made / "digits")
    with pytest.raises(demo.Refusal):
        demo.clear(made)
    assert (made / "digits" / "dvc.lock").exists()


def test_a_project_without_the_marker_is_kept(made: Path) -> None:
    (made / MARKER).unlink()
    assert "digits" in strangers(made)


def test_what_a_machine_of_another_kind_writes_is_ours(made: Path) -> None:
    (made / "digits" / "dvc.lock").write_text(LOCK.replace("'1'", "'9'"), encoding="utf-8")
    (made / "digits" / "provenance" / "train.json").write_text("later", encoding="utf-8")
    assert strangers(made) == []


def test_a_demo_killed_in_a_step_can_start_again(made: Path) -> None:
    half = made / "digits" / "reports" / "half.json"
    half.parent.mkdir()
    half.write_text("{", encoding="utf-8")
    assert strangers(made) == ["digits/reports/half.json"]
    marker = Marker.load(made)
    assert marker is not None
    marker.writing = ["reports"]
    marker.save(made)
    assert strangers(made) == []


def test_a_demo_killed_while_generating_or_removing_can_start_again(made: Path) -> None:
    (made / SCRATCH).mkdir(exist_ok=True)
    (made / "digits").rename(made / SCRATCH / "old")
    Marker("", "").save(made)
    demo.clear(made)
    assert not list(made.iterdir())


def test_names_the_outputs_that_differ() -> None:
    assert demo.differing(LOCK, LOCK) == []
    assert demo.differing(LOCK, LOCK.replace("'2'", "'3'")) == ["reports/r"]
    assert demo.differing(LOCK, LOCK.replace("reports/r", "reports/s")) == [
        "reports/r",
        "reports/s",
    ]
    assert demo.differing(LOCK, LOCK.replace("cmd: a", "cmd: b")) == ["dvc.lock"]


@pytest.mark.parametrize(
    ("moved", "promised", "said"),
    [
        ([], True, "Proven:  all 3 outputs equal the shipped ones"),
        ([], False, "Proven:  all 3 outputs equal the shipped ones"),
        (["reports/r"], True, "FAILED:  1 of 3 outputs differ from the shipped ones: reports/r"),
        (["reports/r"], False, "Not:     that it gives the shipped bits"),
    ],
)
def test_says_what_was_proven(
    monkeypatch: pytest.MonkeyPatch, moved: list[str], promised: bool, said: str
) -> None:
    monkeypatch.setattr(demo, "promised", lambda: promised)
    assert said in demo.verdict(moved, 3, "here")


@pytest.mark.slow
def test_the_demo_reaches_the_shipped_bits_and_starts_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of `make demo`, outside a repository: the default, then another task in its place.

    Then a user's file stops it.
    """
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    for part in ("cookiecutter.json", "hooks", "scripts", PROJECT):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    for task, score in (("", "macro_f1 0.9"), ("table-number", "rmse 30186")):
        words = ("scripts/demo.py", *([task] if task else []))
        done = command(sys.executable, *words, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        last = done.stdout.splitlines()[-4:]
        assert last[0].startswith("Proven:" if demo.promised() else "Not:")
        assert last[1].startswith(f"Score:   {score}")
        assert (tmp_path / last[2].removeprefix("Report:  ")).exists()
    [project] = (path for path in (tmp_path / "demo").iterdir() if not path.name.startswith("."))
    if demo.promised():
        assert git(project, "status", "--porcelain") == ""
    done = command(sys.executable, "scripts/demo.py", "image", cwd=tmp_path)
    assert done.returncode == 1
    assert "there is no task 'image'; choose one of image-class, image-classes" in done.stderr
    (project / "data/raw/mine.txt").write_text("mine", encoding="utf-8")
    done = command(sys.executable, "scripts/demo.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "mine.txt" in done.stderr


CACHE = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))  # of the real home
