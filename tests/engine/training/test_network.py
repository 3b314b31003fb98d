"""A network is the same wherever it is built."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import configured, shipped
from handwritten_digits import model as network_file
from torch import Tensor, nn

from samebits.core.sections import Reproducibility
from samebits.data.loader import Split
from samebits.training.network import built


class Network(nn.Module):
    """Draws what no file of weights holds."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.randn(3)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Build it, whatever was drawn before: network(seed=1)."""
    configured(tmp_path)
    monkeypatch.chdir(tmp_path)
    images, labels = np.zeros((3, 1, 8, 8), np.uint8), np.arange(3)
    split = Split(images, labels, ["a", "b", "c"], "version")
    model = SimpleNamespace(Model=network_file.Model, build=lambda *_: Network())

    def build(seed: int = 0) -> Tensor:
        torch.rand(7)
        network = built(model, split, 0.0, replace(shipped(Reproducibility), seed=seed))
        assert isinstance(network, Network)
        return network.features

    return build


def test_what_it_draws_depends_on_the_seed_alone(network: Any) -> None:
    assert torch.equal(network(), network())
    assert not torch.equal(network(), network(seed=1))
