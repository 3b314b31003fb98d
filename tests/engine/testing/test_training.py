"""Each check of training.py finds its own fault."""

import random
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from faults import Fault, Run, assert_all, assert_red, named
from handwritten_digits import training
from handwritten_digits.model import Network
from handwritten_digits.training import augment, loss, schedule
from torch import Tensor

from samebits.data.loader import Batch
from samebits.testing import TrainingChecks

forward, calls = Network.forward, count(1)


class Augmentation:
    """No dataclass."""


def with_image(batch: Batch, image: Tensor) -> Batch:
    return batch._replace(inputs={"image": image})


def upwards(*given: Any) -> Tensor:
    return -loss(*given)


def blind(self: Network, image: Tensor) -> Tensor:
    return forward(self, image * 0)


def of_each(network: Any, batch: Batch, given: Any) -> Tensor:
    return loss(network, batch, given) * torch.ones(len(batch.target))


def logarithm(network: Any, batch: Batch, given: Any) -> Tensor:
    return loss(network, batch, given) + (batch.inputs["image"] + 1).mean().log()


def steep(network: Any, batch: Batch, given: Any) -> Tensor:
    """Its gradient is not finite, the value is."""
    zero: Tensor = network(**batch.inputs).sum() * 0
    return loss(network, batch, given) + zero.abs() ** 0.75


def summed(network: Any, batch: Batch, given: Any) -> Tensor:
    return loss(network, batch, given) * len(batch.target)


def among_neighbours(batch: Batch, draws: Tensor, settings: Any) -> Batch:
    image = augment(batch, draws, settings).inputs["image"]
    return with_image(batch, image - image.mean(dim=0))


def counted(network: Any, batch: Batch, given: Any) -> Tensor:
    return loss(network, batch, given) * (1 + 1 / next(calls))


def remembering(self: Network, image: Tensor) -> Tensor:
    seen: Any = getattr(self, "seen", 0) + 1
    self.seen = seen
    logits: Tensor = forward(self, image) / seen
    return logits


def halving(step: int, steps: int, given: Any) -> float:
    return schedule(step, steps, given) / next(calls)


def downwards(step: int, steps: int, given: Any) -> float:
    return -schedule(step, steps, given)


def torch_noise(batch: Batch, draws: Tensor, settings: Any) -> Batch:
    image = augment(batch, draws, settings).inputs["image"]
    return with_image(batch, image + torch.rand(image.shape))


def numpy_noise(batch: Batch, draws: Tensor, settings: Any) -> Batch:
    return with_image(batch, batch.inputs["image"] * float(np.random.random()))


def relabelled(batch: Batch, draws: Tensor, settings: Any) -> Batch:
    return batch._replace(target=(batch.target + next(calls)) % 3)


def by_chance(network: Any, batch: Batch, given: Any) -> Tensor:
    return loss(network, batch, given) * (1 + random.random())


def numpy_dropout(self: Network, image: Tensor) -> Tensor:
    return forward(self, image) * float(np.random.random())


LEARNS, FINITE = "test_it_learns_one_batch", "test_the_loss_is_finite"
PROCESSES = "test_any_number_of_processes_gives_the_same_bits"
RESUMED = "test_a_killed_run_resumes_to_the_same_bits"
DRAWS, STEP = (
    "test_augment_draws_nothing_but_what_it_is_given",
    "test_a_step_draws_from_torch_alone",
)
SCHEDULE = "test_the_schedule_depends_on_the_step_alone"
SECTION = "test_the_section_augmentation_parses"
FAULTS = [
    Fault(SECTION, "must be a dataclass", training, "Augmentation", Augmentation),
    Fault(LEARNS, "and 1.082 for a guess", training, "loss", upwards),
    Fault(LEARNS, "and 1.082 for a guess", Network, "forward", blind),
    Fault(FINITE, r"the shape \[8\], not one number", training, "loss", of_each),
    Fault(FINITE, "of black examples, or its gradient", training, "loss", logarithm),
    Fault(FINITE, "of usual examples, or its gradient", training, "loss", steep),
    Fault("test_the_loss_is_a_mean_over_examples", "in 2 shards", training, "loss", summed),
    Fault(PROCESSES, "2 processes give a different", training, "augment", among_neighbours),
    Fault(PROCESSES, "2 processes give a different", training, "loss", counted),
    Fault(PROCESSES, "2 processes give a different", Network, "forward", remembering),
    Fault(RESUMED, "killed in step 0 ends", training, "loss", counted),
    Fault(RESUMED, "killed in step 2 ends", Network, "forward", remembering),
    Fault(RESUMED, "killed in step 0 ends", training, "schedule", halving),
    Fault("test_workers_change_no_bit", "give different bits", training, "augment", torch_noise),
    Fault(DRAWS, "different `image` for the same", training, "augment", torch_noise),
    Fault(DRAWS, "different `image` for the same", training, "augment", numpy_noise),
    Fault(DRAWS, "different `target` for the same", training, "augment", relabelled),
    Fault(STEP, "differs for the same seed", training, "loss", by_chance),
    Fault(STEP, "differs for the same seed", Network, "forward", numpy_dropout),
    Fault(SCHEDULE, "different rates for the same step", training, "schedule", halving),
    Fault(SCHEDULE, "`schedule` must return", training, "schedule", downwards),
]


@named(FAULTS)
def test_a_fault_is_seen(fault: Fault, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_red(run, TrainingChecks, fault, monkeypatch)


def test_every_check_has_a_fault() -> None:
    assert_all(TrainingChecks, FAULTS)
