"""What your own metrics must guarantee to be compared, resampled and reported."""

from typing import Any
from unittest import mock

import numpy as np

from ..core.config import read
from ..core.sections import Task
from ..data.targets import SAID
from ..metrics import registry
from ..metrics.class_sample import ClassSample
from ..metrics.class_set_sample import ClassSetSample
from ..metrics.mask_sample import MaskSample
from ..metrics.number_sample import NumberSample
from ..metrics.registry import Metric
from ..metrics.sample import Sample
from ..metrics.scores import value
from .base import disturb, yours

EXAMPLES, CLASSES = 40, 3


class MetricsChecks:
    """Checks of metrics.py."""

    def predictions(self) -> Sample:
        """Return examples with a network's predictions; override this to use your own."""
        draw, rows = np.random.default_rng(0), np.arange(EXAMPLES, dtype=np.int64)
        if read(Task).target == "number":
            truth = 1000 + 100 * draw.random(EXAMPLES)
            return NumberSample(truth, truth + 10 * draw.random(EXAMPLES) - 5, rows)
        if read(Task).target == "mask":
            true, said = draw.integers(1, 9, (2, EXAMPLES, CLASSES)).astype(np.float64)
            said[:, 0] += true.sum(axis=1) - said.sum(axis=1) + 9 * CLASSES
            true[:, 0] += 9 * CLASSES
            return MaskSample(true, said, np.minimum(true, said), draw.random(EXAMPLES), rows)
        probabilities = draw.random((EXAMPLES, CLASSES)) + 0.01
        if read(Task).target == "classes":
            labels = (draw.random((EXAMPLES, CLASSES)) < SAID).astype(np.uint8)
            probabilities = (labels + probabilities) / 2.02
            return ClassSetSample(
                labels, (probabilities >= SAID).astype(np.uint8), probabilities, rows
            )
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return ClassSample(rows % CLASSES, probabilities.argmax(axis=1), probabilities, rows)

    def test_each_has_a_name_of_its_own(self) -> None:
        with mock.patch.dict(registry.METRICS):
            registry.enter(yours().metrics.METRICS)

    def test_each_is_a_finite_number(self) -> None:
        whole = self.predictions()
        some, best = np.arange(len(whole)) % CLASSES > 0, whole.errors <= whole.errors.mean()
        samples = (whole, whole.part(some), whole.part(best))
        for metric in _metrics():
            for sample in samples:  # resampling may leave out a class, or all mistakes
                number = value(metric, sample)
                least = float("-inf") if metric.form == "any" else 0
                most = 1 if metric.form in ("share", "area") else float("inf")
                assert least <= number <= most, (
                    f"`{metric.name}` is {number}, outside {least} to {most} of form {metric.form}"
                )

    def test_each_depends_on_the_predictions_alone(self) -> None:
        sample = self.predictions()
        before = [np.array(array) for array in sample.scored]
        for metric in _metrics():
            first = value(metric, sample)
            disturb()
            assert value(metric, sample) == first, f"`{metric.name}` differs for the same examples"
            after: tuple[Any, ...] = sample.scored
            same = all(map(np.array_equal, before, after))
            assert same, f"`{metric.name}` changes the arrays that it is given; it must copy them"

    def test_the_order_of_examples_does_not_matter(self) -> None:
        sample = self.predictions()
        rows = np.arange(len(sample))[::-1]
        turned = sample.rows(rows)
        for metric in _metrics():
            first, second = value(metric, sample), value(metric, turned)
            assert np.isclose(first, second, rtol=1e-9, atol=1e-12), (
                f"`{metric.name}` is {first}, but {second} for the same examples in another order"
            )


def _metrics() -> list[Metric]:
    return list(yours().metrics.METRICS)
