"""The hook that audits the new project, puts it under Git and, if asked to, trains it.

Run with `python -m pytest tests/test_post_gen.py`.
"""

import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from helpers import PROJECT, ROOT, Bake, Plant, command, git, load_hook, tree

OUTCOMES = """
from typing import NamedTuple

class Check(NamedTuple):
    passed: bool

def table(checks):
    return "THE TABLE"
"""
AUDIT = """
from .outcomes import Check

def audit(root):
    return {checks}
"""
FILES = [f"src/samebits/audit/{name}.py" for name in ("outcomes", "fresh", "run")]
ANSWERS = {"__package_name": "cats", "project_slug": "cats", "verify": "static"}
DIRECT = {**ANSWERS, "_output_dir": "/out"}


@pytest.fixture
def hook() -> ModuleType:
    """The hook, imported after the environment was isolated, since it reads that at import."""
    return load_hook("post_gen_project")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project named cats, whose audit passes, as the working directory."""
    folder = tmp_path / "cats"
    room = folder / "src" / "samebits" / "audit"
    room.mkdir(parents=True)
    write_audit(folder, passed=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in [name for name in sys.modules if name.partition(".")[0] == "samebits"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def write_audit(folder: Path, passed: bool, shipped: bool = True) -> None:
    """If the engine is not as shipped, the whole audit decides."""
    checks = [f"[Check({passed})]", f"[Check({not passed})]"]
    texts = [OUTCOMES, *(AUDIT.replace("{checks}", check) for check in checks)]
    if not shipped:
        texts[1:] = [AUDIT.replace("{checks}", replacement) for replacement in ("None", checks[0])]
    for name, text in zip(FILES, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")


# The audit


def test_prints_the_table_commits_and_says_what_comes_next(
    hook: ModuleType, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.main(DIRECT) == 0
    printed = capsys.readouterr().out
    assert "THE TABLE" in printed and "first commit" in printed
    assert "make setup" in printed and "python3 scripts/setup.py" in printed
    assert "samebits verify" in printed
    assert git(project, "status", "--porcelain") == ""


def test_a_new_project_that_fails_its_audit_is_an_error(
    hook: ModuleType, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_audit(project, passed=False)
    assert hook.main(DIRECT) == 1
    assert "must pass its audit" in capsys.readouterr().out
    assert not (project / ".git").exists()


@pytest.mark.parametrize("passed", [True, False])
def test_an_engine_that_is_not_as_shipped_is_audited_whole(
    hook: ModuleType, project: Path, passed: bool
) -> None:
    write_audit(project, passed=passed, shipped=False)
    assert hook.main(DIRECT) == (0 if passed else 1)


def test_a_project_that_was_there_may_fail_its_audit(hook: ModuleType, project: Path) -> None:
    write_audit(project, passed=False)
    git(project, "init", "-q")
    assert hook.main(DIRECT) == 0


def test_an_audit_that_git_does_not_let_look_is_no_error(
    hook: ModuleType, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = project / FILES[1]
    error = "class UserError(Exception): pass\n\ndef audit(root):\n    raise UserError('dubious')\n"
    run.write_text(error, encoding="utf-8")
    assert hook.main(DIRECT) == 0
    assert "The audit was not run: dubious" in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["tomllib", "yaml"])
def test_says_so_where_the_audit_cannot_run(
    hook: ModuleType,
    project: Path,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert hook.main(DIRECT) == 0
    printed = capsys.readouterr().out
    assert "audit was not run" in printed and "make audit" in printed


# Git


def test_the_first_commit_is_on_main_and_whole(hook: ModuleType, project: Path) -> None:
    assert "first commit" in hook.put_under_git()
    assert git(project, "branch", "--show-current") == "main"
    assert git(project, "ls-files").split() == sorted(FILES)
    assert git(project, "log", "--format=%an %s") == "Tester Start from the template"


def test_the_users_settings_do_not_hinder_the_commit(
    hook: ModuleType, project: Path, isolated: Path
) -> None:
    hooks = isolated / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "prepare-commit-msg", "post-commit"):
        (hooks / name).write_text("#!/bin/sh\necho hindered >&2; exit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (isolated / "ignored").write_text("*.py\n", encoding="utf-8")
    settings = f"""[core]
    hooksPath = {hooks.as_posix()}
    excludesFile = {(isolated / "ignored").as_posix()}
    autocrlf = true
[commit]
    gpgSign = true
[gpg]
    program = false
[init]
    defaultBranch = trunk
"""
    with (isolated / ".gitconfig").open("a", encoding="utf-8") as config:
        config.write(settings)
    assert "first commit" in hook.put_under_git()
    assert git(project, "branch", "--show-current") == "main"
    assert git(project, "ls-files").split() == sorted(FILES)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["name"], "your name is not set"),
        (["email"], "your email is not set"),
        (["name", "email"], "your name and email are not set"),
    ],
)
def test_without_an_identity_it_prints_the_commands(
    hook: ModuleType, project: Path, isolated: Path, missing: list[str], words: str
) -> None:
    """All that are missing: else whoever typed the first would be told the second."""
    config = isolated / ".gitconfig"
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = (line for line in lines if not any(part in line for part in missing))
    config.write_text("".join(kept), encoding="utf-8")
    told = hook.put_under_git()
    assert told.startswith(f"Git has no commit yet: {words}. Run:\n")
    for part in ("name", "email"):
        assert (f"git config --global user.{part}" in told) == (part in missing)
    assert told.endswith(f"\n  {hook.COMMIT}")
    assert git(project, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert command("git", "rev-parse", "HEAD", cwd=project).returncode != 0


def test_inside_a_repository_it_leaves_git_alone(hook: ModuleType, project: Path) -> None:
    git(project.parent, "init", "-q")
    told = hook.put_under_git("../../elsewhere")
    assert f"left alone: this folder is cats of the repository {project.parent}" in told
    assert "have no effect here" in told and ".pre-commit-config.yaml" in told
    assert "remote" not in told
    told = hook.put_under_git("../cats-remote")
    assert "The data's remote, ../cats-remote, is inside that" in told
    assert not (project / ".git").exists()


def test_who_you_are_and_your_settings_are_heard(
    project: Path, isolated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (isolated / ".gitconfig").unlink()
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Author")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2020-02-02T00:00:00Z")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.email")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "counted@example.org")
    settings = tmp_path / "settings"
    settings.write_text("[user]\n\tname = Global\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert "first commit" in load_hook("post_gen_project").put_under_git()
    said = git(project, "log", "--format=%an %ae %as %cn")
    assert said == "Author counted@example.org 2020-02-02 Global"


def test_variables_alone_say_who_you_are(
    project: Path, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (isolated / ".gitconfig").unlink()
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", name)
        monkeypatch.setenv(f"GIT_{name}_EMAIL", f"{name}@example.org")
    assert "first commit" in load_hook("post_gen_project").put_under_git()
    assert git(project, "log", "--format=%an %ce") == "AUTHOR COMMITTER@example.org"


def test_what_redirects_git_is_what_git_says(hook: ModuleType) -> None:
    known = command("git", "rev-parse", "--local-env-vars", cwd=Path()).stdout.split()
    assert {*known} - hook.REDIRECTING == {"GIT_CONFIG_COUNT"}
    path = ROOT / PROJECT / "src" / "samebits"
    text = (path / "programs.py").read_text(encoding="utf-8")
    assert {*re.findall(r"\bGIT_[A-Z_]+", text.partition('"""\n')[2].partition(".split")[0])} == (
        {*hook.REDIRECTING, "GIT_CONFIG_COUNT"}
    )


def test_a_second_time_it_commits_nothing(hook: ModuleType, project: Path) -> None:
    hook.put_under_git()
    (project / "mine.txt").write_text("mine", encoding="utf-8")
    assert "left alone" in hook.put_under_git()
    assert git(project, "status", "--porcelain") == "?? mine.txt"
    assert git(project, "rev-list", "--count", "HEAD") == "1"


def test_no_git_on_the_path_is_no_error(
    hook: ModuleType,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert hook.main(DIRECT) == 0
    assert "Git was not found" in capsys.readouterr().out
    assert not (project / ".git").exists()


def test_a_git_that_fails_is_no_error(
    hook: ModuleType, project: Path, isolated: Path, tmp_path: Path
) -> None:
    with (isolated / ".gitconfig").open("a", encoding="utf-8") as config:
        config.write("[broken\n")
    assert "left alone: " in hook.put_under_git()
    assert not (project / ".git").exists()


def test_a_leaked_git_dir_is_not_written_to(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    before = tree(outer / ".git")
    monkeypatch.setenv("GIT_DIR", str(outer / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(outer / ".git" / "index"))
    told = load_hook("post_gen_project").put_under_git()
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert "first commit" in told
    assert tree(outer / ".git") == before
    assert git(project, "rev-list", "--count", "HEAD") == "1"


# Training


def scripted(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, works: int) -> list[str]:
    """Make the first `works` commands succeed and the next fail; note what was run."""
    ran: list[str] = []

    def succeeds(command: list[str], tools: Path) -> bool:
        ran.append(command[-1])
        return len(ran) <= works

    monkeypatch.setattr(hook, "succeeds", succeeds)
    return ran


@pytest.mark.parametrize("works", [0, 1, 2, 3])
def test_says_exactly_what_was_proven(
    hook: ModuleType,
    project: Path,
    works: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran = scripted(hook, monkeypatch, works)
    assert hook.main({**DIRECT, "verify": "training"}) == 0
    printed = capsys.readouterr().out
    open_part, _, proven = printed.partition("\nProven: ") if works < 3 else ("", "", printed)
    claims = ["the environment installs", "the example data", "the results reproduce"]
    assert [claim in proven for claim in claims] == [number < works for number in range(3)]
    assert ("NOT proven" in printed) == (works < 3)
    assert [claim in open_part for claim in claims] == [works <= n < 3 for n in range(3)]
    expected = ["scripts/setup.py", "add", "verify"]
    assert ran == expected[: works + 1]


def test_commands_run_live_with_the_tools_of_the_environment_first(
    hook: ModuleType, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    show = "import os; print(os.environ['PATH'].split(os.pathsep)[0])"
    assert hook.succeeds([sys.executable, "-c", show], project)
    assert str(project) in capfd.readouterr().out
    assert not hook.succeeds([sys.executable, "-c", "raise SystemExit(1)"], project)
    assert not hook.succeeds([str(project / "absent")], project)


def test_static_trains_nothing(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = scripted(hook, monkeypatch, 3)
    hook.main(DIRECT)
    assert ran == []


def test_under_cruft_it_neither_trains_nor_touches_git(
    hook: ModuleType,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran = scripted(hook, monkeypatch, 3)
    assert hook.main({**ANSWERS, "verify": "training"}) == 0
    assert ran == [] and not (project / ".git").exists()
    assert "NOT proven" in capsys.readouterr().out


# End to end


def test_cookiecutter_makes_a_clean_repository(bake: Bake) -> None:
    project = bake(hooks=True)
    assert git(project, "status", "--porcelain", "--ignored") == ""
    assert set(git(project, "ls-files").splitlines()) == set(tree(project))


def test_a_console_that_cannot_show_a_sign_does_not_stop_it(template: Path, tmp_path: Path) -> None:
    home = tmp_path / "José"
    home.mkdir()
    (home / ".gitconfig").write_text("[broken", encoding="utf-8")  # Git's error names the folder
    done = command(
        *("python", "-m", "cookiecutter", template, "--no-input", "-o", tmp_path / "out"),
        cwd=tmp_path,
        env={**os.environ, "HOME": str(home), "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert "Jos??/.gitconfig" in done.stdout or "Jos?/.gitconfig" in done.stdout


def test_a_defective_template_is_an_error_and_leaves_nothing(
    bake: Bake, plant: Plant, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    defective = plant("{{cookiecutter.project_slug}}/params.yaml", "data:", "data: [")
    with pytest.raises(Exception, match="Hook script failed"):
        bake(hooks=True, source=defective)
    assert "params.yaml:" in capfd.readouterr().out
    assert list((tmp_path / "out").iterdir()) == []
