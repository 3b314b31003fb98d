"""Rare classes count more in the loss, and all answers together as much as before."""

from typing import Any

import numpy as np
import pytest
import torch
from handwritten_digits import training as training_file
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from samebits.console.errors import UserError
from samebits.core.sections import Regularization
from samebits.data.loader import Batch, Batches, Split
from samebits.training import cross_entropy, loop
from samebits.training.class_weights import refuse_ignored, weighing
from samebits.training.distributed import ALONE
from samebits.training.microbatch import Gradient
from samebits.training.recipe import Recipe

from .conftest import recipe, settings

PLAIN = Regularization(dropout=0.0, weight_decay=0.0, label_smoothing=0.1, early_stopping=0)


def split(labels: NDArray[Any], target: str, classes: int = 3) -> Split:
    return Split(
        {"x": np.zeros((len(labels), 1), np.uint8)}, labels, [*"abc"[:classes]], "", target
    )


def weights(labels: NDArray[Any], target: str, power: float) -> NDArray[np.float32]:
    """The weight of each of the labels."""
    examples = split(labels, target)
    weigh = weighing(examples, power)
    assert weigh is not None
    weighed = weigh(examples.targets(np.arange(len(labels))))
    assert weighed.dtype == torch.float32
    assert weighed.shape == labels.shape
    return weighed.numpy()


LABELS = np.repeat([0, 1, 2], [60, 30, 10])
MASKS = LABELS.astype(np.uint8).reshape(5, 4, 5)


@pytest.mark.parametrize("labels", [LABELS, MASKS], ids=["class", "mask"])
@pytest.mark.parametrize("power", [0.25, 1.0])
def test_classes_count_as_asked(labels: NDArray[Any], power: float) -> None:
    given = weights(labels, "class" if labels.ndim == 1 else "mask", power)
    assert given.mean(dtype=np.float64) == pytest.approx(1)
    common, other, rare = (given[labels == kind] for kind in range(3))
    assert all(len(np.unique(each)) == 1 for each in (common, other, rare))
    assert other[0] / common[0] == pytest.approx(2**power)
    assert rare[0] / common[0] == pytest.approx(6**power)
    if power == 1:
        assert common.sum() == pytest.approx(other.sum()) == pytest.approx(rare.sum())


def test_each_class_of_a_set_counts_by_itself() -> None:
    labels = np.zeros((100, 3), np.uint8)
    labels[:10, 0] = labels[:50, 1] = labels[:90, 2] = 1
    given = weights(labels, "classes", 1.0)
    for kind, (there, absent) in enumerate([(5, 5 / 9), (1, 1), (5 / 9, 5)]):
        assert given[labels[:, kind] == 1, kind] == pytest.approx(there)
        assert given[labels[:, kind] == 0, kind] == pytest.approx(absent)


def test_a_class_without_an_example_weighs_nothing_that_there_is() -> None:
    labels = np.repeat([0, 1], [60, 40])
    assert weights(labels, "class", 1.0).mean() == pytest.approx(1)


def test_nothing_is_weighed_unless_asked_for() -> None:
    assert weighing(split(LABELS, "class"), 0.0) is None


def test_the_loss_is_a_mean_over_answers_and_so_of_shards() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(64, 3), torch.from_numpy(np.tile([0, 0, 0, 1, 1, 2, 0, 0], 8))
    given = torch.rand(64) + 0.5
    whole = cross_entropy(logits, target, given, 0.1)
    shards = zip(logits.chunk(8), target.chunk(8), given.chunk(8), strict=True)
    parts = [cross_entropy(outputs, true, weight, 0.1) for outputs, true, weight in shards]
    assert torch.stack(parts).mean() == pytest.approx(float(whole))
    assert torch.equal(
        cross_entropy(logits, target, None, 0.1),
        functional.cross_entropy(logits, target, label_smoothing=0.1),
    )
    by_pixel = cross_entropy(
        logits.view(8, 2, 4, 3).permute(0, 3, 1, 2), target.view(8, 2, 4), given.view(8, 2, 4), 0.1
    )
    assert torch.equal(by_pixel, whole)


def trained(loss: Any, power: float, shards: int = 2) -> bytes:
    """The weights of a few steps on uneven classes."""
    labels = np.repeat([0, 1, 2], [20, 6, 4])
    images = np.random.default_rng(0).integers(0, 255, (30, 1, 6, 6), dtype=np.uint8)
    examples = Split({"image": images}, labels, ["a", "b", "c"], "version")
    chosen = settings(class_weights=power, epochs=1, shards=shards, level="off")
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
    network.forward = lambda image: network[1](image.flatten(1))  # type: ignore[method-assign]
    usual = recipe()
    given = Recipe(usual.preparation, loss, usual.schedule)
    step = loop._Step(network, chosen, given, ALONE, weighing(examples, power))
    batches = Batches(examples, 8, 0, given.preparation)
    step(0, batches[0])
    return b"".join(
        parameter.grad.numpy().tobytes()
        for parameter in network.parameters()
        if parameter.grad is not None
    )


def test_weights_reach_the_loss_and_move_the_gradient() -> None:
    loss = training_file.loss
    assert trained(loss, 0.0) != trained(loss, 0.5) != trained(loss, 1.0)
    assert trained(loss, 1.0) == trained(loss, 1.0)


def test_a_loss_that_does_not_look_at_them_is_refused() -> None:
    def ignoring(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
        return functional.cross_entropy(network(**batch.inputs), batch.target)

    assert trained(ignoring, 0.0)
    with pytest.raises(UserError, match=r"training\.py: `loss` ignores batch\.weights, so "):
        trained(ignoring, 1.0)


def test_looking_whether_they_are_heeded_draws_nothing() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))
    gradient = Gradient(network)

    def loss(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
        return cross_entropy(network(batch.inputs["x"]), batch.target, batch.weights)

    batch = Batch({"x": torch.rand(8, 4)}, torch.arange(8) % 3, torch.ones(8))
    before = torch.get_rng_state()
    refuse_ignored(loss, network, batch, PLAIN)
    assert torch.equal(torch.get_rng_state(), before)
    assert network.training
    assert not gradient.parameters[0].grad.any()  # type: ignore[union-attr]


def test_a_loss_that_divides_by_the_weights_looks_at_them() -> None:
    def divided(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
        losses = functional.cross_entropy(network(**batch.inputs), batch.target, reduction="none")
        return (
            losses.mean() if batch.weights is None else losses @ batch.weights / batch.weights.sum()
        )

    assert trained(divided, 1.0) != trained(divided, 0.0)


def test_targets_that_are_no_classes_cannot_be_weighed() -> None:
    weigh = weighing(split(LABELS, "class"), 1.0)
    assert weigh is not None
    with pytest.raises(UserError, match="`augment` makes targets that are not class numbers"):
        weigh(torch.rand(4, 3))
