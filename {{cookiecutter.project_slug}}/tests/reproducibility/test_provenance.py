"""What may differ between machines stands beside the results."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.__package_name }}.reproducibility import provenance
from {{ cookiecutter.__package_name }}.reproducibility.provenance import recorded

RECORD = Path("provenance/train.json")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def test_what_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("PASSWORD", "secret")
    with recorded("train", overridden={"MKL_CBWR": "AVX512"}) as more:
        more["steps"] = 3
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    assert found["stage"] == "train"
    assert found["started"].endswith("+00:00")
    assert 0 <= found["seconds"] < 60
    assert found["overridden"] == {"MKL_CBWR": "AVX512"}
    assert found["steps"] == 3
    assert found["environment"]["MKL_CBWR"] == "COMPATIBLE"
    assert all(found["machine"][name] for name in ("system", "architecture", "python", "torch"))
    assert found["git"] == {"commit": None, "changed": None}
    assert "secret" not in RECORD.read_text(encoding="utf-8")


def test_a_failure_leaves_no_record() -> None:
    with pytest.raises(ZeroDivisionError), recorded("train"):
        raise ZeroDivisionError
    assert not RECORD.exists()


def test_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"rev-parse": "abc", "status": " M params.yaml"}
    monkeypatch.setattr(provenance, "_output", lambda *command: answers[command[1]])
    with recorded("train"):
        pass
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    assert found["git"] == {"commit": "abc", "changed": True}


@pytest.mark.parametrize(
    "error", [FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")]
)
def test_without_git(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: str) -> str:
        raise error

    monkeypatch.setattr(provenance, "_output", fail)
    with recorded("train"):
        pass
    assert json.loads(RECORD.read_text(encoding="utf-8"))["git"]["commit"] is None
