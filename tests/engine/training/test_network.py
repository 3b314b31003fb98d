"""A network is the same wherever it is built."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import configured, shipped
from handwritten_digits import model as network_file
from torch import Tensor, nn

from samebits.console.errors import UserError
from samebits.core.key_kinds import number
from samebits.core.sections import Reproducibility
from samebits.data.loader import Split
from samebits.training import network as network_module
from samebits.training.network import built, growth


class Network(nn.Module):
    """Draws numbers that no weights file holds."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.randn(3)


IMAGES = {"image": np.zeros((3, 1, 8, 8), np.uint8)}
SPLIT = Split(IMAGES, np.arange(3), ["a", "b", "c"], "version")


@dataclass(frozen=True, kw_only=True)
class Attentive:
    """The section of a network with heads."""

    embedding: int = number(4, 4096, bigger="*2")
    heads: int = number(1, 64, bigger="+1")
    scale: float = number(0, 8, bigger="*2")


def attentive(model: Attentive, *_: Any) -> nn.Module:
    rates = torch.linspace(0, model.scale, 2)
    assert not model.scale > 4 or rates[1].item()  # which a tensor without values lacks
    return nn.MultiheadAttention(model.embedding, model.heads)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Build it, whatever was drawn before: network(seed=1)."""
    configured(tmp_path)
    monkeypatch.chdir(tmp_path)
    model = SimpleNamespace(Model=network_file.Model, build=lambda *_: Network())

    def build(seed: int = 0) -> Tensor:
        torch.rand(7)
        network = built(model, SPLIT, 0.0, replace(shipped(Reproducibility), seed=seed))
        assert isinstance(network, Network)
        return network.features

    return build


def test_what_it_draws_depends_on_the_seed_alone(network: Any) -> None:
    assert torch.equal(network(), network())
    assert not torch.equal(network(), network(seed=1))


def test_a_network_that_refuses_its_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch's own layers do; what cannot be built is not suggested, whatever the error."""
    own = SimpleNamespace(Model=Attentive, build=attentive)
    section: dict[str, Any] = {"embedding": 16, "heads": 16, "scale": 3.0}
    monkeypatch.setattr(network_module, "read", lambda _: Attentive(**section))
    assert growth(own, SPLIT) == {
        "bigger": {"embedding": 32},
        "smaller": {"scale": 1.5},
        "other": {},
    }
    section["heads"] = 5
    with pytest.raises(
        UserError, match=r"model\.py: embed_dim must be .*; change the section `mod"
    ):
        built(own, SPLIT, 0.0, shipped(Reproducibility))
