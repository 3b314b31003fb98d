"""Each check of model.py finds its own fault."""

from typing import Any

import numpy as np
import pytest
import torch
from faults import Fault, Run, assert_all, assert_red, named
from handwritten_digits import model
from handwritten_digits.model import Network, build, inputs
from torch import Tensor, nn

from samebits.testing import ModelChecks

forward = Network.forward


class Model:
    """No dataclass."""


def seeded(*given: Any) -> nn.Module:
    torch.manual_seed(7)
    return build(*given)


def drawn(*given: Any) -> nn.Module:
    network = build(*given)
    for parameter in network.parameters():
        parameter.data += float(np.random.random())
    return network


def normalised(*given: Any) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(1, track_running_stats=False), build(*given))


def in_place(arrays: Any) -> dict[str, Tensor]:
    arrays["image"] //= 2
    return inputs(arrays)


def noisy(arrays: Any) -> dict[str, Tensor]:
    image = inputs(arrays)["image"]
    return {"image": image + torch.rand(image.shape)}


def centred(arrays: Any) -> dict[str, Tensor]:
    image = inputs(arrays)["image"]
    return {"image": image - image.mean(dim=0)}


def compared(self: Network, image: Tensor) -> Tensor:
    logits = forward(self, image)
    return logits - logits.mean(dim=0)


def numbered(self: Network, image: Tensor) -> Tensor:
    logits = forward(self, image)
    return logits * torch.arange(1, len(logits) + 1)[:, None]


def logarithm(self: Network, image: Tensor) -> Tensor:
    return forward(self, image) + (image + 1).mean(dim=(1, 2, 3)).log()[:, None]


SEED = "test_the_seed_decides_the_initial_weights"
INPUTS = "test_inputs_depends_on_the_arrays_alone"
ANSWER = "test_an_answer_depends_on_its_example_alone"
STATISTICS = "test_no_layer_keeps_statistics_of_the_batch"
FAULTS = [
    Fault("test_the_section_model_parses", "must be a dataclass", model, "Model", Model),
    Fault(SEED, "does `build` set a seed", model, "build", seeded),
    Fault(SEED, "differs for the same seed", model, "build", drawn),
    Fault(INPUTS, "changes the stored arrays", model, "inputs", in_place),
    Fault(INPUTS, "returns different `image` for the same", model, "inputs", noisy),
    Fault(ANSWER, "the number of examples", model, "inputs", centred),
    Fault(ANSWER, "the number of examples", Network, "forward", compared),
    Fault(ANSWER, "its position", Network, "forward", numbered),
    Fault("test_answers_are_finite", "gives NaN or infinity", Network, "forward", logarithm),
    Fault(STATISTICS, "a BatchNorm2d, whose result depends", model, "build", normalised),
]


@named(FAULTS)
def test_a_fault_is_seen(fault: Fault, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_red(run, ModelChecks, fault, monkeypatch)


def test_every_check_has_a_fault() -> None:
    assert_all(ModelChecks, FAULTS)
