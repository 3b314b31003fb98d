"""What a network learns of an answer, and how its outputs become answers."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from samebits.console.errors import UserError
from samebits.data.loader import Split
from samebits.training.class_target import ClassTarget
from samebits.training.number_target import NumberTarget
from samebits.training.predict import predict
from samebits.training.target_base import target_of

NUMBERS = NumberTarget(200.0, 50.0)


def split(labels: list[float], seed: int = 0) -> Split:
    """Features that tell the number but for some noise."""
    truth = np.array(labels, dtype=np.float64)
    noise = np.random.default_rng(seed).standard_normal((len(labels), 3))
    arrays = {"x": (truth[:, np.newaxis] / 100 + 0.1 * noise).astype(np.float32)}
    return Split(arrays, truth, [], "v", "number", (200.0, 50.0))


def inputs(arrays: Any) -> dict[str, Tensor]:
    return {"x": torch.from_numpy(arrays["x"])}


class Sum(nn.Module):
    """Gives the sum of the features, times a factor, in so many columns."""

    def __init__(self, columns: int = 1) -> None:
        super().__init__()
        self.columns, self.factor = columns, nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        total = x.sum(dim=1, keepdim=True) * self.factor
        return total.expand(-1, self.columns) if self.columns else total.squeeze(1)


def test_which_it_is_follows_from_the_examples() -> None:
    assert target_of(split([1, 2])) == NUMBERS
    classes = Split({}, np.zeros(2, np.int64), ["a", "b", "c"], "v")
    assert isinstance(target_of(classes), ClassTarget)
    assert [target.outputs for target in (NUMBERS, target_of(classes))] == [1, 3]


def test_outputs_come_back_in_the_unit_of_the_data() -> None:
    arrays = {"x": np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)}
    said = predict(Sum(), inputs, arrays, NUMBERS, 16)
    assert (said.dtype.name, said.shape) == ("float64", (40,))
    raw = torch.from_numpy(arrays["x"]).sum(dim=1).numpy()
    assert said == pytest.approx(200 + 50 * raw.astype(np.float64), rel=1e-6)


@pytest.mark.parametrize(("columns", "shape"), [(0, r"\[16\]"), (2, r"\[16, 2\]")])
def test_another_shape_is_never_taken(columns: int, shape: str) -> None:
    """An output [b] would be silently flattened or broadcast."""
    arrays = {"x": np.zeros((40, 3), np.float32)}
    with pytest.raises(UserError, match=f"gives {shape} for 16 examples, instead of .16, 1.;"):
        predict(Sum(columns), inputs, arrays, NUMBERS, 16)
    with pytest.raises(UserError, match=r"instead of \[16, 3\]; its last layer must have"):
        predict(Sum(1), inputs, arrays, ClassTarget(3), 16)


def test_what_numbers_are_judged_by() -> None:
    answers, labels = np.array([100.0, 250.0]), np.array([200.0, 200.0])
    assert NUMBERS.judged(answers, labels) == ((4 + 1) / 2, 75.0)
    assert NUMBERS.blind(np.array([150.0, 250.0])) == 1.0
    assert NUMBERS.cell(1.23456789012e-8) == "1.23456789e-08"
    loss, _ = NUMBERS.judged(np.array([math.inf, 1.0]), labels)
    assert loss == math.inf


def test_what_classes_are_judged_by() -> None:
    rows: NDArray[np.float32] = np.array([[0.5, 0.5], [0.25, 0.75]], dtype=np.float32)
    loss, accuracy = ClassTarget(2).judged(rows, np.array([0, 0]))
    assert loss == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert accuracy == 0.5
    assert ClassTarget(2).blind(np.array([0, 1, 1, 1])) == pytest.approx(0.5623351)


def test_simple_models_of_numbers() -> None:
    draw = np.random.default_rng(0)
    train, dev = (split((200 + 50 * draw.standard_normal(size)).tolist()) for size in (300, 90))
    scores = target_of(train).baselines(train, {"dev": dev})
    assert [*scores] == [
        "mean of training",
        "linear regression on the arrays",
        "gradient boosting on the arrays",
    ]
    mean, linear, _ = (score["dev"] for score in scores.values())
    assert mean.tolist() == [200.0] * 90
    assert np.abs(linear - dev.labels).mean() < 10 < np.abs(mean - dev.labels).mean()
