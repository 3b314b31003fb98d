"""A time is measured, kept apart from the results, and judged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from samebits.cli import latency
from samebits.console.errors import UserError
from samebits.metrics.latency import FILE, remembered

Settle = Callable[..., None]


@pytest.fixture
def trained(project: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle) -> Path:
    """The project with prepared pictures and a network that was built and not trained."""
    from handwritten_digits.model import build
    from safetensors.torch import save_file

    from samebits.core.config import Model, read
    from samebits.provenance import determinism
    from samebits.stages import prepare, validate

    monkeypatch.setattr(determinism, "apply", lambda *_: {})
    validate.main()
    prepare.main()
    (project / "models").mkdir()
    torch.manual_seed(0)
    save_file(build(read(Model), 1, 3, 0.0).state_dict(), project / "models/model.safetensors")
    return project


def test_it_is_measured_and_kept(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latency.main()
    ((name, (middle, low, high)),) = json.loads(FILE.read_text(encoding="utf-8")).items()
    assert len(name) == 32
    assert 0 < low <= middle <= high
    assert f"{middle:.3f} ms a picture" in capsys.readouterr().out


def test_a_constraint(trained: Path, settle: Settle) -> None:
    settle(trained / "params.yaml", evaluation={"constraints": ["latency_ms <= 1e5"]})
    latency.main()
    settle(trained / "params.yaml", evaluation={"constraints": ["latency_ms <= 0"]})
    with pytest.raises(UserError, match=r"`latency_ms <= 0` is missed by [0-9.]+ ms"):
        latency.main()
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
    found: Any = latency.summary([float(number) for number in range(200)])
    assert found == (99.5, 86.0, 114.0)
