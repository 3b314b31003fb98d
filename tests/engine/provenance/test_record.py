"""What may differ between machines is recorded next to the results, and names nobody."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from samebits.console.errors import UserError
from samebits.provenance import record as provenance
from samebits.provenance.record import machine, recorded

MADE, LATEST = Path("provenance/train.json"), Path("provenance/here/train.json")
WEIGHTS, LOSSES = Path("models/w"), Path("reports/losses.csv")
NAMES = ("flags", "processors", "memory", "system", "kernel", "libc", "python", "torch", "threads")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def run(text: str = "w", **details: Any) -> None:
    with recorded("train", outputs=(WEIGHTS, LOSSES), **details):
        for path in (WEIGHTS, LOSSES):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


def last_record(path: Path = LATEST) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_what_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("PASSWORD", "secret")
    run(overridden={"MKL_CBWR": "AVX512"}, identity={"data": "v"}, processes=2)
    record = last_record()
    assert record == last_record(MADE)
    assert (record["stage"], record["processes"]) == ("train", 2)
    assert record["started"].endswith("+00:00")
    assert 0 <= record["seconds"] < 60
    assert (record["overridden"], record["identity"]) == ({"MKL_CBWR": "AVX512"}, {"data": "v"})
    assert record["environment"]["MKL_CBWR"] == "COMPATIBLE"
    assert record["git"] == {"commit": None, "changed": None}
    # The hash of `w`, as md5sum and dvc.lock give it.
    digest = "f1290186a5d0b1ceab27f4e77c0c5d68"
    assert record["outputs"] == {"models/w": digest, "reports/losses.csv": digest}
    assert "secret" not in LATEST.read_text(encoding="utf-8")


@pytest.mark.skipif(platform.system() != "Linux", reason="other systems tell less")
def test_the_machine() -> None:
    described = machine()
    assert {name: bool(described[name]) for name in NAMES} == dict.fromkeys(NAMES, True)
    assert described["flags"].split() == sorted(described["flags"].split())
    assert described["python"] == f"CPython {platform.python_version()}"
    assert any("MKL-DNN" in part for part in described["torch_parts"])
    assert not any("Build settings" in part for part in described["torch_parts"])
    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert abs(described["memory"] * 2**30 - size) < 2**27


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def test_it_names_no_user_host_or_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"USER": "somebody", "HOME": "/home/somebody"}.items():
        monkeypatch.setenv(name, text)
    run()
    texts = list(strings(last_record()))
    assert len(texts) > 20
    assert not [text for text in texts if re.search(r"(^|[\s:=])(/\w|~/|[A-Za-z]:\\)", text)]
    words = {word for text in texts for word in re.split(r"[\s,;:/]+", text)}
    assert not words & {"somebody", platform.node(), tmp_path.name}


def test_the_run_that_made_the_bits_is_kept() -> None:
    run(processes=1)
    before = MADE.read_bytes()
    run(processes=2)
    assert MADE.read_bytes() == before
    assert last_record()["processes"] == 2
    run("other bits", processes=2)
    assert MADE.read_bytes() == LATEST.read_bytes() != before


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b"\xff", b'{"outputs": null}', b"null"])
def test_a_damaged_record_is_written_anew(damaged: bytes) -> None:
    MADE.parent.mkdir()
    MADE.write_bytes(damaged)
    run()
    assert MADE.read_bytes() == LATEST.read_bytes()


def test_a_failure_leaves_no_record() -> None:
    with pytest.raises(ZeroDivisionError), recorded("train", outputs=()):
        raise ZeroDivisionError
    assert not LATEST.exists()
    assert not MADE.exists()


NOBODY = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *NOBODY, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit() -> str:
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "One more")
    return git("rev-parse", "HEAD")


def test_the_commit() -> None:
    Path("params.yaml").write_text("a: 1", encoding="utf-8")
    made_of = commit()
    run()
    assert last_record()["git"] == {"commit": made_of, "changed": False}
    Path("params.yaml").write_text("a: 2", encoding="utf-8")
    run()
    assert last_record()["git"] == {"commit": made_of, "changed": True}


def test_the_commit_is_that_of_the_start() -> None:
    """The record of a long run is about its start, whatever is edited meanwhile."""
    before = commit()
    with recorded("train", outputs=()):
        assert commit() != before
    assert last_record()["git"] == {"commit": before, "changed": False}


def test_a_project_in_a_folder_of_a_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    made_of = commit()
    Path("another-project").write_text("not ours", encoding="utf-8")
    Path("parts/cats").mkdir(parents=True)
    monkeypatch.chdir("parts/cats")
    run()
    assert last_record()["git"] == {"commit": made_of, "changed": False}
    run()
    assert last_record()["git"] == {"commit": made_of, "changed": True}


def test_a_run_within_a_hook_of_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere/.git"))
    run()
    assert last_record()["git"]["commit"] == made_of


def test_a_repository_without_commits() -> None:
    git("init", "-q")
    run()
    assert last_record()["git"] == {"commit": None, "changed": None}


def test_what_git_refuses_is_not_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match="dubious ownership"):
        run()
    assert not LATEST.exists()


def test_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    run()
    assert last_record()["git"] == {"commit": None, "changed": None}


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("nvidia-smi"),
        subprocess.CalledProcessError(9, "nvidia-smi"),
        subprocess.TimeoutExpired("nvidia-smi", 60),
    ],
)
def test_without_a_driver(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: str) -> str:
        raise error

    monkeypatch.setattr(provenance, "_output", fail)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    run()
    assert (last_record()["machine"]["gpus"], last_record()["machine"]["driver"]) == ([], None)


LISTED = "NVIDIA H100, 9.0, 81559, 580.1\nNVIDIA A100, 8.0, 40960, 580.1\nNo devices were found"


def test_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_output", lambda *_: LISTED)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    described = machine()
    assert described["gpus"] == [
        {"name": "NVIDIA H100", "capability": "9.0", "memory": 80},
        {"name": "NVIDIA A100", "capability": "8.0", "memory": 40},
    ]
    assert described["driver"] == "580.1"
    assert not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]


def test_the_gpus_of_a_run_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA_VISIBLE_DEVICES may have hidden some of those that the driver lists."""
    properties = SimpleNamespace(name="NVIDIA A100", major=8, minor=0, total_memory=40 * 2**30)
    monkeypatch.setattr(provenance, "_output", lambda *_: LISTED)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    described = machine()
    assert described["gpus"] == [{"name": "NVIDIA A100", "capability": "8.0", "memory": 40}]
    assert described["driver"] == "580.1"


def test_a_torch_for_processors_alone_asks_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_nvidia_smi", lambda: pytest.fail("it was asked"))
    monkeypatch.setattr(torch.version, "cuda", None)
    assert machine()["gpus"] == []
