"""What the loss of each step reveals."""

import math
from dataclasses import replace

import pytest
from conftest import shipped

from samebits.core.sections import Optimization, Regularization
from samebits.data.targets import Answers
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.evidence import cause, training

OPTIMIZATION = replace(shipped(Optimization), learning_rate=0.01, epochs=10)
REGULARIZATION = shipped(Regularization)
NOTHING = math.log(10)


def curve(start: float, end: float, steps: int, fast: float) -> list[float]:
    """Losses that fall from `start` to `end`, fastest at the beginning."""
    return [end + (start - end) * math.exp(-fast * step / steps) for step in range(steps)]


def said(losses: list[float], epochs: int = 10, **changed: float | str) -> str:
    optimization = replace(OPTIMIZATION, **changed)  # type: ignore[arg-type]
    evidence = training(losses, NOTHING, 0.0, optimization)
    return cause(evidence, epochs, optimization, REGULARIZATION)


def test_steps_that_are_too_large() -> None:
    spike = [*[NOTHING] * 40, *[4.0] * 40, *curve(1.5, 1.0, 320, 20)]
    assert said(spike) == "high rate"
    assert said([*[NOTHING] * 80, *curve(1.5, 1.0, 320, 20)]) == "small"
    stuck = [*[NOTHING] * 40, *[NOTHING * 1.05] * 360]
    assert said(stuck) == "high rate"


def test_a_first_loss_above_chance_is_no_such_thing() -> None:
    assert said(curve(NOTHING * 1.2, 1.5, 400, 20)) == "small"


def test_a_loss_that_begins_far_above_chance_need_not_have_risen() -> None:
    """With uneven classes a network may begin like this; at a low rate it hardly moves."""
    slow = curve(NOTHING * 1.5, NOTHING * 1.35, 400, 1)
    assert said(slow, learning_rate=0.00001) == "low rate"
    assert said(slow[:30], learning_rate=0.00001) == "short"
    assert said(slow) == "high rate"  # it had time to fall
    assert said(curve(NOTHING * 1.5, 1.5, 400, 20)) == "small"
    assert said([NOTHING * 1.5, *[NOTHING * 2.5] * 19, *curve(2.5, 1.0, 380, 20)]) == "high rate"


def test_a_loss_that_rose_did_so_however_little_weights_should_have_moved() -> None:
    """For gradient descent that is a guess: a steep loss takes it anywhere."""
    rise = [*[NOTHING] * 40, *[4.0] * 40, *curve(2.2, 2.2, 320, 20)]
    assert said(rise, learning_rate=0.001, optimizer="sgd") == "high rate"


@pytest.mark.parametrize(
    ("steps", "rate", "optimizer", "cause"),
    [
        (400, 0.00001, "adamw", "low rate"),
        (400, 0.01, "adamw", "small"),
        (400, 0.01, "sgd", "low rate"),
        (400, 0.1, "sgd", "small"),
        (30, 0.01, "adamw", "short"),
    ],
)
def test_how_far_weights_can_have_come(steps: int, rate: float, optimizer: str, cause: str) -> None:
    losses = curve(NOTHING, 2.0, steps, 20)
    assert said(losses, learning_rate=rate, optimizer=optimizer) == cause


def test_a_loss_that_still_falls() -> None:
    assert said(curve(NOTHING, 0.0, 400, 1.5)) == "short"
    assert said(curve(NOTHING, 1.0, 400, 20)) == "small"


@pytest.mark.parametrize(
    ("key", "value"), [("dropout", 0.9), ("weight_decay", 10.0), ("label_smoothing", 0.5)]
)
def test_too_much_regularization(key: str, value: float) -> None:
    evidence = training(curve(NOTHING, 1.0, 400, 20), NOTHING, 0.0, OPTIMIZATION)
    strong = replace(REGULARIZATION, **{key: value})  # type: ignore[arg-type]
    assert cause(evidence, 10, OPTIMIZATION, strong) == "regularized"


def test_a_training_that_was_stopped_early() -> None:
    assert said(curve(NOTHING, 1.0, 400, 20), epochs=3) == "regularized"


def test_a_perfect_fit_to_smoothed_labels_leaves_nothing() -> None:
    least = -(0.91 * math.log(0.91) + 9 * 0.01 * math.log(0.01))
    ends = errors_of(Answers("class", [*"0123456789"]), 0.1).losses(0.1)
    evidence = training([NOTHING, least, least], *ends, OPTIMIZATION)
    assert evidence.end == pytest.approx(0.0, abs=1e-12)
    assert evidence.peak == pytest.approx(1.0)


def test_one_step_is_enough_to_say_something() -> None:
    assert said([NOTHING]) == "short"
