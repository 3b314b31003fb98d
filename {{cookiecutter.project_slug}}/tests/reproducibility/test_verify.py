"""The comparison can fail, and says what it has not shown."""

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from {{ cookiecutter.__package_name }}.config import Reproducibility
from {{ cookiecutter.__package_name }}.errors import UserError
from {{ cookiecutter.__package_name }}.reproducibility import verify
from {{ cookiecutter.__package_name }}.reproducibility.verify import (
    Comparison,
    compare,
    table,
)


def lock(**stages: dict[str, str]) -> dict[str, Any]:
    """The content of a dvc.lock: lock(train={"models/a": "hash"})."""
    return {
        "stages": {
            name: {"outs": [{"path": path, "md5": md5} for path, md5 in outs.items()]}
            for name, outs in stages.items()
        }
    }


BOTH_TRAIN = {"train": {"models/a": "1", "reports/b": "2"}}
BOTH = lock(**BOTH_TRAIN, report={"reports/c": "3"})


def settings(level: str = "portable", device: str = "cpu") -> Reproducibility:
    return Reproducibility(seed=0, level=level, device=device, threads=1, shards=1)


def different(expected: Any, actual: Any) -> list[str]:
    return [row.path for row in compare(expected, actual) if not row.same]


def test_the_same() -> None:
    rows = compare(BOTH, BOTH)
    assert [row.path for row in rows] == ["models/a", "reports/b", "reports/c"]
    assert different(BOTH, BOTH) == []


@pytest.mark.parametrize(
    ("actual", "paths"),
    [
        (lock(train={"models/a": "1", "reports/b": "9"}, report={"reports/c": "3"}), ["reports/b"]),
        (lock(train={"models/a": "1"}, report={"reports/c": "3"}), ["reports/b"]),
        (lock(**BOTH_TRAIN), ["reports/c"]),
        (lock(), ["models/a", "reports/b", "reports/c"]),
        (lock(**BOTH_TRAIN, x={"y": "1"}), ["reports/c", "y"]),
        ({"stages": {"train": {"cmd": "x"}}}, ["models/a", "reports/b", "reports/c"]),
    ],
)
def test_each_difference_is_seen(actual: Any, paths: list[str]) -> None:
    assert different(BOTH, actual) == paths


def test_an_output_without_expectation_is_different() -> None:
    assert different(lock(), BOTH) == ["models/a", "reports/b", "reports/c"]


def test_table() -> None:
    rows = [Comparison("train", "models/a", True), Comparison("report", "reports/page", False)]
    assert table(rows).splitlines() == [
        "  train      models/a      same",
        "  report     reports/page  DIFFERENT",
    ]


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Linux on x86-64 with AVX2; the file that lists the processor's abilities."""
    flags = tmp_path / "cpuinfo"
    flags.write_text("flags : fpu avx avx2 fma\n", encoding="utf-8")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(verify, "Path", lambda _: flags)
    return flags


def test_where_the_committed_bits_must_be_met(linux: Path) -> None:
    assert verify.portable_here(settings()) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"level": "machine"}, "reproducibility.level is machine"),
        ({"device": "cuda"}, "reproducibility.device is cuda"),
    ],
)
def test_settings_that_promise_less(linux: Path, changed: dict[str, str], reason: str) -> None:
    assert verify.portable_here(settings(**changed)) == reason


@pytest.mark.parametrize(("name", "value"), [("system", "Darwin"), ("machine", "aarch64")])
def test_another_kind_of_machine(
    linux: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(platform, name, lambda: value)
    reason = verify.portable_here(settings())
    assert reason is not None
    assert value in reason


def test_a_processor_without_avx2(linux: Path) -> None:
    linux.write_text("flags : fpu avx fma\n", encoding="utf-8")
    assert verify.portable_here(settings()) == "this processor has no AVX2"


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose run is made up: what `ran` returns is what a run gives."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    monkeypatch.setattr(sys, "argv", ["verify"])
    monkeypatch.setattr(verify, "portable_here", lambda _: None)
    monkeypatch.setattr(verify, "fresh_run", lambda _: BOTH)
    return project


def commit(content: Any) -> None:
    Path("dvc.lock").write_text(yaml.safe_dump(content), encoding="utf-8")
    git("init", "-q")
    git("add", "dvc.lock")
    git("commit", "-q", "-m", "bits")


def test_proven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(BOTH)
    verify.main()
    shown = capsys.readouterr().out
    assert "proven: a fresh clone gives the committed bits; 3 of 3 outputs have the same" in shown
    assert "not part of it: the changes here that are not committed" in shown


def test_not_proven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(lock(train={"models/a": "1", "reports/b": "x"}, report={"reports/c": "3"}))
    with pytest.raises(UserError, match="1 of 3 outputs differ, first reports/b of stage train"):
        verify.main()
    assert "reports/b  DIFFERENT" in capsys.readouterr().out


@pytest.mark.parametrize("same", [True, False])
def test_two_runs_where_the_bits_need_not_be_met(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], same: bool
) -> None:
    commit(lock(train={"models/a": "other"}))
    runs = iter([BOTH, BOTH if same else lock(train={"models/a": "7"})])
    monkeypatch.setattr(verify, "fresh_run", lambda _: next(runs))
    monkeypatch.setattr(verify, "portable_here", lambda _: "this is a Mac")
    if same:
        verify.main()
    else:
        with pytest.raises(UserError, match="not shown: that two runs on this machine"):
            verify.main()
    shown = capsys.readouterr().out
    assert "the committed bits need not be met here: this is a Mac; running again" in shown
    assert ("proven: two runs on this machine give the same bits" in shown) is same


def test_level_off_proves_nothing(here: Path, settle: Callable[..., None]) -> None:
    settle(here / "params.yaml", reproducibility={"level": "off"})
    with pytest.raises(UserError, match="level is off, so nothing can be proven"):
        verify.main()


def test_no_commit(here: Path) -> None:
    with pytest.raises(UserError, match=r"no committed dvc\.lock to compare with"):
        verify.main()
    git("init", "-q")
    with pytest.raises(UserError, match=r"no committed dvc\.lock to compare with"):
        verify.main()


def test_no_git(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here / "nothing"))
    with pytest.raises(UserError, match="git is not on the PATH"):
        verify.main()


@pytest.mark.parametrize("content", [None, [], {}, {"stages": None}])
def test_a_lock_without_stages(here: Path, content: Any) -> None:
    commit(content)
    with pytest.raises(UserError, match=r"dvc\.lock has no stages"):
        verify.main()


def test_nothing_to_compare_is_no_proof(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(lock())
    monkeypatch.setattr(verify, "fresh_run", lambda _: lock())
    with pytest.raises(UserError, match="names no output"):
        verify.main()


def test_here_compares_what_lies_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(BOTH)
    monkeypatch.setattr(sys, "argv", ["verify", "--here"])
    monkeypatch.setattr(verify, "_dvc", lambda *_: [sys.executable, "-c", ""])
    verify.main()
    text = yaml.safe_dump(lock(train={"models/a": "1"}))
    Path("dvc.lock").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not shown: that what ran here gave the committed bits"):
        verify.main()


def test_here_is_no_proof_where_nothing_ran(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(BOTH)
    monkeypatch.setattr(sys, "argv", ["verify", "--here"])
    monkeypatch.setattr(verify, "_dvc", lambda *_: [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(UserError, match=r"do not all lie here; run 'dvc repro'"):
        verify.main()
