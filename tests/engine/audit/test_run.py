"""The whole audit: `pytest tests/engine/audit/test_run.py`."""

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from samebits import audit as package
from samebits.audit import parsing
from samebits.audit.outcomes import Check, Finding, table
from samebits.audit.run import CHECKS, audit

FAILED = Check("tidy", "3 files, 1 to fix", (Finding("a/☃.py", 7, "is not tidy; tidy it"),))
PASSED = Check("whole", "3 files, all whole", ())
WARNED = Check("known", "3 files", (), (Finding("b.py", 1, "is new"),))


def run(root: Path, **options: Any) -> "subprocess.CompletedProcess[str]":
    source = str(Path(str(package.__file__)).parents[2])
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "samebits", "audit", "--root", str(root)]
    return subprocess.run(
        command, env=environment | options, capture_output=True, encoding="utf-8", check=False
    )


def test_this_project_passes(copy: Any) -> None:
    failed = [check for check in audit(copy.root) if not check.passed]
    assert not failed, table(failed, "utf-8")


def test_every_check_says_what_it_found(copy: Any) -> None:
    checks = audit(copy.root)
    assert len({check.name for check in checks}) == len(CHECKS)
    assert all(check.summary for check in checks)


def test_it_takes_a_second_or_little_more_than_parsing_does(copy: Any) -> None:
    for parse in vars(parsing).values():  # each text once more
        getattr(parse, "cache_clear", lambda: None)()
    sources = [path.read_bytes() for path in copy.root.rglob("*.py")]
    start = time.process_time()  # because tests may run at the same time
    for source in sources:
        ast.parse(source)
    parsed = time.process_time()
    audit(copy.root)
    # A busy machine is slow at both.
    assert time.process_time() - parsed < max(1, 2.5 * (parsed - start))


def test_it_writes_nothing(copy: Any) -> None:
    before = sorted(copy.root.rglob("*"))
    audit(copy.root)
    assert sorted(copy.root.rglob("*")) == before


def test_the_command_says_what_is_wrong_and_where(copy: Any) -> None:
    copy.write("extra.json", "{")
    result = run(copy.root, PYTHONIOENCODING="utf-8")
    assert result.returncode == 1
    assert "✗ syntax" in result.stdout
    assert "\nextra.json:1: does not parse" in result.stdout


def test_the_command_exits_as_the_checks_do(copy: Any) -> None:
    result = run(copy.root, PYTHONIOENCODING="ascii")
    assert (result.returncode == 0) is all(check.passed for check in audit(copy.root))
    assert result.stdout.startswith("ok ")
    assert not result.stderr


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere").returncode == 2


def test_marks_where_the_terminal_has_them() -> None:
    text = table([PASSED, WARNED, FAILED], "utf-8")
    assert text.splitlines() == [
        "✓ whole  3 files, all whole",
        "! known  3 files",
        "✗ tidy   3 files, 1 to fix",
        "",
        "known:",
        "b.py:1: is new",
        "",
        "tidy:",
        "a/☃.py:7: is not tidy; tidy it",
    ]
    assert WARNED.passed


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_marks_where_it_has_not(encoding: str) -> None:
    text = table([PASSED, WARNED, FAILED], encoding)
    assert text.startswith("ok   whole")
    assert "\nwarn known" in text
    assert "\nFAIL tidy" in text
    assert text.encode(encoding)


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"word\n", b"\xff\xfe", b"a: [", b"{}\n"])
@pytest.mark.parametrize(
    "path",
    [
        "dvc.yaml",
        "dvc.lock",
        "params.yaml",
        "pyproject.toml",
        ".python-version",
        ".gitignore",
        ".dvc/config",
        "data/raw.dvc",
        "requirements/runtime.in",
        "requirements/runtime.lock",
    ],
)
def test_a_file_that_is_missing_or_senseless_is_no_traceback(
    copy: Any, path: str, content: bytes | None
) -> None:
    if content is not None:
        copy.write(path, content)
    elif (copy.root / path).exists():
        copy.remove(path)
    checks = audit(copy.root)
    if path not in ("pyproject.toml", "requirements/runtime.in"):
        assert any(finding.path == path for check in checks for finding in check.findings)


def test_an_empty_folder_fails_without_a_traceback(tmp_path: Path) -> None:
    failed = {check.name for check in audit(tmp_path) if not check.passed}
    assert {"environment", "data", "pipeline", "dvc.lock", "config", "metric"} <= failed


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_in_a_repository_what_git_tracks_counts(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "kept.json").write_text("{", encoding="utf-8")
    (tmp_path / "mine.json").write_text("{", encoding="utf-8")
    git("add", "kept.json")
    syntax = next(check for check in audit(tmp_path) if check.name == "syntax")
    assert [finding.path for finding in syntax.findings] == ["kept.json"]


def test_without_git_what_gitignore_leaves_counts(tmp_path: Path) -> None:
    rules = "*.log.json\n/top.json\nbuild/\n!kept.log.json\nsub/*/deep.json\n# note.json\n"
    (tmp_path / ".gitignore").write_text(rules, encoding="utf-8")
    files = "a.log.json top.json sub/top.json build/b.json kept.log.json sub/x/deep.json note.json"
    for name in files.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{", encoding="utf-8")
    syntax = next(check for check in audit(tmp_path) if check.name == "syntax")
    paths = [finding.path for finding in syntax.findings]
    assert paths == ["kept.log.json", "note.json", "sub/top.json"]
