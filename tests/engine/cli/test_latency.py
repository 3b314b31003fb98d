"""A latency is measured, kept apart from the results, and checked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from handwritten_digits import model
from safetensors.torch import save_file

from samebits.cli import latency
from samebits.console.errors import CheckFailed, UserError
from samebits.core.config import read
from samebits.metrics.latency import FILE, remembered

Settle = Callable[..., None]


@pytest.fixture
def trained(project: Path, repro: Callable[..., None]) -> Path:
    """The project with prepared examples and a network that was built and not trained."""
    repro("validate", "prepare")
    (project / "models").mkdir()
    torch.manual_seed(0)
    network = model.build(read(model.Model), {"image": (1, 8, 8)}, 3, 0.0)
    save_file(network.state_dict(), project / "models/model.safetensors")
    return project


def test_it_is_measured_and_kept(trained: Path, verb: Callable[..., str]) -> None:
    said = verb("latency")
    ((name, (middle, low, high)),) = json.loads(FILE.read_text(encoding="utf-8")).items()
    assert len(name) == 32
    assert 0 < low <= middle <= high
    assert f"{middle:.3f} ms per example" in said


def test_a_constraint(trained: Path, settle: Settle, verb: Callable[..., str]) -> None:
    settle(trained / "params.yaml", evaluation={"constraints": ["latency_ms <= 1e5"]})
    verb("latency")
    settle(trained / "params.yaml", evaluation={"constraints": ["latency_ms <= 0"]})
    with pytest.raises(CheckFailed, match=r"`latency_ms <= 0` is missed by [0-9.]+ ms"):
        verb("latency")
    assert len(remembered()) == 1


@pytest.mark.parametrize("content", ["", "[]", '{"a": 3}', '{"a": ["x"]}'])
def test_a_damaged_file(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert remembered() == {}
    FILE.parent.mkdir()
    FILE.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="damaged; remove it"):
        remembered()


def test_the_median_and_its_interval() -> None:
    measured: Any = latency.summary([float(number) for number in range(200)])
    assert measured == (99.5, 86.0, 114.0)
