"""The comparison can fail, and says what it has not proven."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from documented import keys, printed
from dvc_locks import BOTH, lock

from samebits import programs
from samebits.arguments import parse
from samebits.audit import dvc_lock
from samebits.audit.outcomes import Check, Finding
from samebits.console.errors import CheckFailed, UserError
from samebits.core.sections import Reproducibility
from samebits.provenance import verify
from samebits.provenance.differences import compare
from samebits.provenance.verify import Ran, Verdict


def ran(content: Any, losses: str | None = None, record: Any = None) -> Ran:
    return Ran("here", content, losses, record)


def settings(level: str = "portable", device: str = "cpu") -> Reproducibility:
    return Reproducibility(seed=0, level=level, device=device, threads=1, shards=1, chunk=8)


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Linux on x86-64 with AVX2; the file that lists the processor's features."""
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
    """A project with a made-up run, whose results `ran` returns."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    monkeypatch.setattr(verify, "portable_here", lambda _: None)
    monkeypatch.setattr(verify, "fresh_run", lambda *_: ran(BOTH))
    monkeypatch.setattr(
        programs, "dvc_command", lambda *_, **__: [sys.executable, "-c", "raise SystemExit(1)"]
    )
    setup("print('Every file is as it was locked.')")
    return project


def setup(text: str) -> None:
    """Replaces the comparison of the environment with its hashes, of gigabytes."""
    Path("scripts").mkdir(exist_ok=True)
    Path("scripts/setup.py").write_text(text, encoding="utf-8")


def commit(content: Any) -> None:
    Path("dvc.lock").write_text(yaml.safe_dump(content), encoding="utf-8")
    git("init", "-q")
    git("add", "dvc.lock")
    git("commit", "-q", "-m", "bits")


def test_proven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(BOTH)
    verify.main(parse(["verify"]))
    shown = capsys.readouterr().out
    assert "proven: a fresh clone gives the committed bits; 3 of 3 outputs have the same" in shown
    assert "not part of it: the changes here that are not committed" in shown
    assert "Every file is as it was locked." in shown


def test_an_edited_environment_proves_nothing(here: Path) -> None:
    commit(BOTH)
    setup("import sys; sys.exit('error: files of numpy are not as installed: run setup again')")
    with pytest.raises(UserError, match="nothing is proven: files of numpy are not as inst"):
        verify.main(parse(["verify"]))


def test_not_proven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(lock(train={"models/a": "1", "reports/b": "x"}, report={"reports/c": "3"}))
    with pytest.raises(CheckFailed, match="1 of 3 outputs differ, first reports/b of stage train"):
        verify.main(parse(["verify"]))
    assert "reports/b  DIFFERENT" in capsys.readouterr().out


@pytest.mark.parametrize("proven", [True, False])
def test_the_verdict_for_programs(
    here: Path, capsys: pytest.CaptureFixture[str], proven: bool
) -> None:
    """Nothing else is printed to standard output, which a program reads."""
    commit(BOTH if proven else lock(train={"models/a": "1"}))
    given = parse(["verify", "--json"])
    if proven:
        verify.main(given)
    else:
        with pytest.raises(CheckFailed):
            verify.main(given)
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert "Every file is as it was locked." in err
    assert said["proven"] is proven
    assert said["claim"] == "a fresh clone gives the committed bits"
    assert said["reason"] is None
    assert said["uncommitted"] is True
    outputs = {row["path"]: row["same"] for row in said["outputs"]}
    assert outputs == {"models/a": True, "reports/b": proven, "reports/c": proven}
    if proven:
        assert said["first"] is None
    else:
        assert (
            said["first"].items() >= {"stage": "train", "path": "reports/b", "causes": None}.items()
        )


def test_causes_for_programs(history: Any) -> None:
    history.commit()
    machine = {"machine": history.machine | {"processor": "Two"}}
    other = ran(lock(train={"models/w": "9"}), None, machine)
    last = verify.committed()
    rows = compare(last.lock, other.lock)
    said = verify.record(Verdict("claim", None, rows, None, other, uncommitted=False))
    first = said["first"]
    known = {"key": "machine.processor", "name": "processor", "old": "One", "new": "Two"}
    assert known in first["causes"]
    assert first["loss"].startswith("not known")
    assert printed(said) == keys("verify")


@pytest.mark.parametrize("same", [True, False])
def test_two_runs_where_the_bits_need_not_be_met(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], same: bool
) -> None:
    commit(lock(train={"models/a": "other"}))
    other = BOTH if same else lock(train={"models/a": "7"})
    runs = iter([ran(BOTH, "step,loss\n0,1\n"), ran(other, "step,loss\n0,2\n")])
    monkeypatch.setattr(verify, "fresh_run", lambda *_: next(runs))
    monkeypatch.setattr(verify, "portable_here", lambda _: "this is a Mac")
    if same:
        verify.main(parse(["verify"]))
    else:
        with pytest.raises(CheckFailed, match="not shown: that two runs on this machine"):
            verify.main(parse(["verify"]))
    shown = capsys.readouterr().out
    assert "this machine need not give the committed bits: this is a Mac; running again" in shown
    assert ("proven: two runs on this machine give the same bits" in shown) is same
    assert ("  loss    step 0: 1 -> 2" in shown) is not same


def test_level_off_proves_nothing(here: Path, settle: Callable[..., None]) -> None:
    settle(here / "params.yaml", reproducibility={"level": "off"})
    with pytest.raises(UserError, match="level is off, so nothing can be proven"):
        verify.main(parse(["verify"]))


def test_no_commit(here: Path) -> None:
    with pytest.raises(UserError, match="in no Git repository"):
        verify.main(parse(["verify"]))
    git("init", "-q")
    with pytest.raises(UserError, match=r"no dvc\.lock in the last commit"):
        verify.main(parse(["verify"]))


def test_no_git(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here / "nothing"))
    with pytest.raises(UserError, match="git is not on the PATH"):
        verify.main(parse(["verify"]))


@pytest.mark.parametrize("content", [None, [], {}, {"stages": None}])
def test_a_lock_without_stages(here: Path, content: Any) -> None:
    commit(content)
    with pytest.raises(UserError, match=r"dvc\.lock has no stages"):
        verify.main(parse(["verify"]))


def test_nothing_to_compare_is_no_proof(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(lock())
    monkeypatch.setattr(verify, "fresh_run", lambda *_: ran(lock()))
    with pytest.raises(UserError, match="names no output"):
        verify.main(parse(["verify"]))


def test_here_compares_what_lies_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(BOTH)
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: [sys.executable, "-c", ""])
    monkeypatch.setattr(dvc_lock, "lock", lambda _: Check("dvc.lock", "", ()))
    verify.main(parse(["verify", "--here"]))
    text = yaml.safe_dump(lock(train={"models/a": "1"}))
    Path("dvc.lock").write_text(text, encoding="utf-8")
    with pytest.raises(
        CheckFailed, match="not shown: that the results here have the committed bits"
    ):
        verify.main(parse(["verify", "--here"]))


def test_here_is_no_proof_of_lines_of_two_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(BOTH)
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: [sys.executable, "-c", ""])
    fault = Finding("dvc.lock", 7, "stage train: these inputs did not make these outputs")
    monkeypatch.setattr(dvc_lock, "lock", lambda _: Check("dvc.lock", "", (fault,)))
    with pytest.raises(UserError, match=r"dvc\.lock:7: stage train: these inputs did not make"):
        verify.main(parse(["verify", "--here"]))


def test_here_is_no_proof_where_nothing_ran(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(BOTH)
    monkeypatch.setattr(
        programs, "dvc_command", lambda *_, **__: [sys.executable, "-c", "raise SystemExit(1)"]
    )
    with pytest.raises(UserError, match=r"are missing or changed; run 'dvc repro'"):
        verify.main(parse(["verify", "--here"]))


LOSSES = "step,loss\n0,0.5\n1,0.25\n"


def left(folder: Path, content: Any, losses: str, record: Any) -> None:
    """Leave in `folder` what a run leaves."""
    for path, text in (
        ("dvc.lock", yaml.safe_dump(content)),
        ("reports/losses.csv", losses),
        ("provenance/here/train.json", json.dumps(record)),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def record(outputs: dict[str, str], **machine: str) -> dict[str, Any]:
    return {"outputs": outputs, "machine": machine, "identity": {"params": {"seed": 0}}}


def test_what_a_run_leaves(tmp_path: Path) -> None:
    of_it, other = record({"models/a": "1"}), record({"models/a": "7"})
    left(tmp_path, BOTH, LOSSES, of_it)
    assert verify.left_in(tmp_path, "here") == Ran("here", BOTH, LOSSES, of_it)
    left(tmp_path, BOTH, LOSSES, other)
    assert verify.left_in(tmp_path, "here").record is None
    (tmp_path / "reports/losses.csv").unlink()
    assert verify.left_in(tmp_path, "here").losses is None


def explained(history: Any, fresh: Ran) -> list[str]:
    """The comparison of a fresh run with the last commit of the history, line by line."""
    last = verify.committed()
    return verify.explanation(compare(last.lock, fresh.lock), last, fresh).splitlines()


def test_why_it_is_not_proven(history: Any) -> None:
    history.commit()
    content = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))
    content["stages"]["train"]["outs"][0]["md5"] = "9"
    machine = history.machine | {"processor": "Two", "torch": "2.1"}
    losses = "step,loss\n0,0.5\n1,0.25000003\n"
    assert explained(history, ran(content, losses, {"machine": machine, "processes": 1})) == [
        "where they differ first, committed -> here",
        "  stage   train",
        "  output  models/w",
        "  loss    step 1: 0.25 -> 0.25000003",
        "what else differs between the two runs, likeliest cause first",
        "  torch      2.0 -> 2.1",
        "  processor  One -> Two",
        "  processes  none -> 1",
    ]


def test_why_when_nothing_else_differs(history: Any) -> None:
    history.commit()
    same = verify.committed()
    other = ran(lock(train={"models/w": "9"}), same.losses, same.record)
    lines = explained(history, other)
    assert "  loss    no step: all 2 losses have the same bits" in lines
    assert lines[-1].startswith("  nothing: look in the code for a clock, randomness or an order")


def test_why_without_records(history: Any) -> None:
    history.commit(files={"provenance/train.json": "{}"})
    lines = explained(history, ran(lock(train={"models/w": "9"})))
    about = "no record in provenance/ describes these outputs (committed and here)"
    assert lines[-1] == f"  not known: {about}"
    assert "  loss    not known: one of the two reports/losses.csv is" in "\n".join(lines)


def test_the_explanation_is_printed(
    history: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history.commit()
    monkeypatch.setattr(verify, "read", lambda _: settings())
    monkeypatch.setattr(verify, "_compare_environment", lambda: None)
    monkeypatch.setattr(verify, "portable_here", lambda _: None)
    monkeypatch.setattr(verify, "fresh_run", lambda *_: ran(lock(train={"models/w": "9"})))
    with pytest.raises(
        CheckFailed, match="outputs differ, first data/prepared/train of stage prep"
    ):
        verify.main(parse(["verify"]))
    shown = capsys.readouterr().out
    assert "  output  data/prepared/train\n" in shown
    assert "likeliest cause first" in shown
