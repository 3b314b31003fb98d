"""An experiment is kept, and no work is lost by it."""

import shutil
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from samebits.cli.exp_keep import said
from samebits.console.errors import UserError
from samebits.experiments.keep import keep
from samebits.programs import dvc
from samebits.versions.working_data import POINTER, RAW

module: Any = import_module("samebits.experiments.keep")
TAGS, PARAMS = Path("reports/error-analysis.csv"), Path("params.yaml")
Experiment = Callable[..., str]


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


@pytest.fixture
def experiment(unreleased: Path) -> Experiment:
    """Make an experiment as DVC leaves it: experiment("name", {"path": "text"}) -> its commit."""
    TAGS.parent.mkdir()
    TAGS.write_text("md5,tags\n", encoding="utf-8")
    git("add", "--force", TAGS.as_posix())
    git("commit", "-qm", "Tags")

    def make(name: str, files: dict[str, str] | None = None) -> str:
        base = git("rev-parse", "HEAD")
        for path, text in (files or {"params.yaml": "model: {width: 7}\n"}).items():
            Path(path).write_text(text, encoding="utf-8")
            git("add", "--force", path)
        git("commit", "-qm", "dvc: an experiment")
        commit = git("rev-parse", "HEAD")
        git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", commit)
        git("reset", "-q", "--hard", base)
        return commit

    return make


def here() -> dict[str, bytes]:
    files = [path for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.as_posix(): path.read_bytes() for path in files if ".dvc" not in path.parts}


def refused(words: str, name: str = "thin") -> None:
    """It is refused with these words, and everything is as it was."""
    before = here(), git("status", "--porcelain"), git("rev-parse", "HEAD")
    with pytest.raises(UserError, match=words):
        keep(name)
    assert (here(), git("status", "--porcelain"), git("rev-parse", "HEAD")) == before


def test_what_it_changed_comes_and_nothing_else(experiment: Experiment) -> None:
    experiment("thin")
    Path("mine.txt").write_text("mine", encoding="utf-8")
    before = here()
    assert keep("thin") == ["params.yaml"]
    assert here() == before | {"params.yaml": b"model: {width: 7}\n"}
    assert git("diff", "--name-only") == "params.yaml"
    assert git("stash", "list") == ""


def test_what_is_here_already(experiment: Experiment) -> None:
    """As `dvc exp run` leaves it, before and after it is committed."""
    git("restore", f"--source={experiment('thin')}", "--worktree", ".")
    before = here()
    assert keep("thin") == ["params.yaml"]
    git("commit", "-qam", "Thin")
    assert keep("thin") == ["params.yaml"]
    assert here() == before
    shutil.rmtree(RAW)
    keep("thin")
    assert here() == before
    TAGS.write_text("md5,tags\n1,blurry\n", encoding="utf-8")
    refused("has uncommitted changes")


def test_what_is_here_stays_where_its_outputs_cannot_come(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("restore", f"--source={experiment('thin')}", "--worktree", ".")
    monkeypatch.setattr(module, "_check_out", MagicMock(side_effect=UserError("lost")))
    refused("lost")
    assert PARAMS.read_text("utf-8") == "model: {width: 7}\n"


@pytest.mark.parametrize("name", ["-x", "--force", "ä"])
def test_odd_names(experiment: Experiment, name: str) -> None:
    experiment(name)
    assert keep(name) == ["params.yaml"]


@pytest.mark.parametrize("name", ["nothing", "-x", "", "$(touch x)", "refs/exps/exec/EXEC_BASE"])
def test_names_of_nothing(experiment: Experiment, name: str) -> None:
    refused("there is no commit, tag, branch or experiment '", name)


def test_what_is_no_experiment(experiment: Experiment) -> None:
    experiment("thin")
    refused("'main' is a commit, not an experiment", "main")


def test_tags_that_are_not_committed(experiment: Experiment) -> None:
    experiment("thin")
    TAGS.write_text("md5,tags\n1,blurry\n", encoding="utf-8")
    refused(rf"'thin' would lose work: {TAGS.as_posix()} has uncommitted changes")
    git("add", "--update")
    refused("has uncommitted changes")


def test_images_that_nothing_records(experiment: Experiment) -> None:
    experiment("thin")
    (RAW / "tree/new.png").write_bytes(b"new")
    refused(rf"{RAW.as_posix()} holds files that are not saved \('dvc add data/raw'")
    (RAW / "tree/new.png").unlink()
    (RAW / "tree/0.png").unlink()
    (RAW / "tree/0.png").write_bytes(b"edited")
    refused("holds files that are not saved")


def test_data_that_lie_here_alone(experiment: Experiment) -> None:
    experiment("thin")
    shutil.rmtree(".dvc/cache")
    refused("holds files that are not saved")


def test_data_that_are_recorded_and_not_committed(experiment: Experiment) -> None:
    experiment("thin")
    (RAW / "tree/new.png").write_bytes(b"new")
    assert dvc("add", "--quiet", RAW.as_posix()).returncode == 0
    refused(rf"{POINTER.as_posix()} has uncommitted changes")


def test_data_that_are_not_here_are_no_loss(experiment: Experiment) -> None:
    experiment("thin")
    shutil.rmtree(RAW)
    keep("thin")
    assert (RAW / "tree/0.png").exists()


def test_a_file_that_is_in_the_way(experiment: Experiment) -> None:
    experiment("thin", {"notes.txt": "theirs", "same.txt": "same"})
    Path("same.txt").write_text("same", encoding="utf-8")
    Path("notes.txt").write_text("mine", encoding="utf-8")
    refused(r"notes\.txt would be overwritten")


def test_what_was_committed_since(experiment: Experiment) -> None:
    experiment("thin")
    Path("other.txt").write_text("other", encoding="utf-8")
    git("add", "other.txt")
    git("commit", "-qm", "Other")
    assert keep("thin") == ["params.yaml"]
    assert Path("other.txt").exists()
    git("commit", "-qam", "Kept")
    PARAMS.write_text("model: {width: 8}\n", encoding="utf-8")
    git("commit", "-qam", "Newer")
    refused(r"params\.yaml was committed since 'thin' began; keep it on a branch")


def test_results_that_are_gone(experiment: Experiment) -> None:
    text = POINTER.read_text(encoding="utf-8")
    version = text.partition("md5: ")[2].split()[0]
    experiment("thin", {POINTER.as_posix(): text.replace(version, f"{'0' * 32}.dir")})
    refused("not all of its results are in DVC's cache")


def test_files_that_came_before_results_were_found_to_be_gone(experiment: Experiment) -> None:
    text = POINTER.read_text(encoding="utf-8")
    version = text.partition("md5: ")[2].split()[0]
    gone = text.replace(version, f"{'0' * 32}.dir")
    experiment("thin", {POINTER.as_posix(): gone, "new.txt": "new", "params.yaml": "model: {}\n"})
    refused("not all of its results are in DVC's cache")


def test_data_of_the_experiment_come_with_it(experiment: Experiment) -> None:
    (RAW / "tree/new.png").write_bytes(b"new")
    assert dvc("add", "--quiet", RAW.as_posix()).returncode == 0
    text = POINTER.read_text(encoding="utf-8")
    git("checkout", "-q", "--", POINTER.as_posix())
    assert dvc("checkout", "--quiet").returncode == 0
    assert not (RAW / "tree/new.png").exists()
    experiment("more", {POINTER.as_posix(): text})
    assert keep("more") == [POINTER.as_posix()]
    assert (RAW / "tree/new.png").read_bytes() == b"new"


def test_what_it_says() -> None:
    assert "thin changes nothing" in said("thin", [])
    words = said("thin", ["a"])
    assert words.endswith("or undo it with 'git restore .' and 'dvc checkout'.")
