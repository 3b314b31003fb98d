"""Git answers, or gives its own reason why not; so does DVC."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from samebits import programs
from samebits.audit import separate_commits as apart
from samebits.audit.ignore import tracked
from samebits.console.errors import UserError
from samebits.core.files import refuse_conflicts
from samebits.experiments import beginning
from samebits.experiments.beginning import NOTE, noted, undo
from samebits.experiments.runner import run_missing
from samebits.experiments.sweep import Plan, sweep
from samebits.ingest.missing import missing
from samebits.programs import REDIRECTING, git, git_says, outside_git
from samebits.provenance.verify import _cloned
from samebits.remote.revisions import Revision, experiments
from samebits.versions.tags import head, releases


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit; the current folder."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "T")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.org")
    (root / "dvc.lock").write_text("stages: {}\n", encoding="utf-8")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "Start")):
        subprocess.run(["git", *words], check=True)
    return root


ASKED: list[Callable[[], object]] = [
    releases,
    head,
    experiments,
    apart.staged,
    apart.settles_history,
    lambda: Revision.find("HEAD"),
    lambda: Revision("HEAD", "HEAD").lock,
    lambda: Revision("HEAD", "HEAD").files(),
    lambda: git_says("status"),
    lambda: tracked(Path.cwd()),
]


@pytest.mark.parametrize("ask", ASKED)
def test_a_repository_of_another_owner(
    repository: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match="dubious ownership"):
        ask()


@pytest.mark.parametrize("ask", [releases, head, experiments, lambda: git_says("status")])
def test_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="in no Git repository; run 'git init' and commit first"):
        ask()


def test_a_damaged_repository_is_none_without_commits(repository: Path) -> None:
    (repository / ".git/config").write_text("[broken\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"bad config line 1 in file \.git/config"):
        head()


@pytest.mark.parametrize(
    "ask",
    [lambda: run_missing({}), lambda: sweep(Plan("s", (), "accuracy", 1, 1, 0)), undo, missing],
)
def test_a_damaged_index_is_none_without_changes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    with noted({}):
        note = NOTE.read_bytes()
    NOTE.write_bytes(note)
    monkeypatch.setattr(beginning, "_lives", lambda _: False)
    (repository / ".git/index").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"Git failed in 'git .*index"):
        ask()


def test_what_is_not_there_is_no_failure(repository: Path) -> None:
    assert git("rev-parse", "--verify", "--quiet", "nothing").returncode == 1
    assert Revision("HEAD", "HEAD").content("nothing") is None
    with pytest.raises(UserError, match=r"Git failed in 'git show': .*nothing"):
        git_says("show", "nothing")


def test_who_you_are_and_your_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_DATE", "GIT_CONFIG_GLOBAL", "GIT_SSH_COMMAND")
    counted = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0")
    for name in (*kept, *counted, *REDIRECTING):
        monkeypatch.setenv(name, "0")
    assert {*kept, *counted} <= outside_git().keys()
    assert not REDIRECTING & outside_git().keys()


def test_all_that_redirects_is_known() -> None:
    shown = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, encoding="utf-8", check=True
    )
    assert {*shown.stdout.split()} - REDIRECTING == {"GIT_CONFIG_COUNT"}


def test_conflict_markers() -> None:
    refuse_conflicts("data/raw.dvc", "a: <<<<<<< \n# ======= \n")
    for text in ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\n", ">>>>>>> other\n"):
        with pytest.raises(UserError, match=r"data/raw\.dvc has conflict markers; take one side"):
            refuse_conflicts("data/raw.dvc", text)


def test_a_project_in_a_folder_of_a_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = repository / "parts/cats"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(UserError, match=r"the last commit has no parts/cats/dvc\.lock"):
        _cloned(tmp_path / "first")
    (inside / "dvc.lock").write_text("stages: {}\n", encoding="utf-8")
    for words in (("add", "-A"), ("commit", "-qm", "Cats")):
        subprocess.run(["git", *words], check=True)
    assert _cloned(tmp_path / "second") == tmp_path / "second/parts/cats"
    assert [*Revision("HEAD", "HEAD").files()] == ["dvc.lock"]
    monkeypatch.chdir(repository)
    assert _cloned(tmp_path / "third") == tmp_path / "third"


def test_what_dvc_shows_goes_where_what_is_printed_goes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a program that reads the output of --json would read that too."""
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: ["echo", "ran"])
    programs.dvc("repro", shown=True)
    assert capfd.readouterr() == ("ran\n", "")
    with redirect_stdout(sys.stderr):
        programs.dvc("repro", shown=True)
    assert capfd.readouterr() == ("", "ran\n")
