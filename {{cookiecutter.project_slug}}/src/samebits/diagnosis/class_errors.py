"""Errors of classes: 1 for a wrong class, 0 for the right one; their mean is a share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..data.findings import shown
from ..data.splits import SPLITS
from ..metrics.class_predictions import ClassPredictions
from ..metrics.class_sample import ClassSample
from ..metrics.intervals import Figure, measure
from ..metrics.proportions import Measured
from ..metrics.registry import METRICS, Metric
from ..metrics.scores import rounded
from .error_cost import ordered
from .errors_base import Errors, Said, smoothed_losses
from .learning_curve import Shares
from .words import WORDS


class ClassErrors(Errors[ClassPredictions]):
    """Errors of examples of one class each."""

    words = WORDS["class"]
    smooths = True
    metrics = ("balanced_accuracy", "macro_f1")

    def of_splits(
        self, metrics: Mapping[str, Any], predictions: Mapping[str, ClassPredictions]
    ) -> list[Measured]:
        """Return 1 less accuracy on each data set."""
        try:
            return [_left(name, metrics[name]) for name in SPLITS]
        except (KeyError, TypeError, ValueError) as problem:
            raise UserError(
                f"reports/metrics.json is not what the evaluate stage writes ({problem}); run "
                "`dvc repro --force evaluate`."
            ) from None

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the logarithm of the number of classes, and the entropy of smoothed labels."""
        return smoothed_losses(len(self.answers.classes), smoothing)

    def mistakes(self, predictions: ClassPredictions) -> NDArray[np.bool_]:
        """Return which answers are wrong."""
        return predictions.sample.errors

    def ordered(self, metric: Metric, predictions: ClassPredictions) -> list[int]:
        """Return the mistakes, the costliest first, then the most confident, then by path."""
        return ordered(metric, predictions)

    def order(self, metric: Metric) -> str:
        """Return which costs decide the order."""
        costs = metric.title if metric.form == "share" else METRICS["log_loss"].title
        return f"first what costs most {costs}, then where the model was surest"

    def nearly(self, predictions: ClassPredictions) -> list[int]:
        """Return right answers, the least confident first, ties by path."""
        right = np.flatnonzero(~predictions.sample.errors).tolist()
        sure, examples = predictions.confidences, predictions.examples
        return sorted(right, key=lambda row: (sure[row], examples[row].path))

    def curve(self, learned: Sequence[int], dev: Sequence[ClassPredictions]) -> Shares:
        """Return how many answers on dev are wrong."""
        wrong = [int(predictions.sample.errors.sum()) for predictions in dev]
        return Shares([*learned], [len(predictions.examples) for predictions in dev], wrong)

    def share(self, sample: ClassSample, hit: NDArray[np.bool_]) -> Figure:
        """Return the share of the mistakes that are `hit`."""
        right = np.zeros(len(hit), dtype=np.int64)
        sides = ClassSample(right, np.where(hit, 0, 1), np.full((len(hit), 2), 0.5), sample.groups)
        return measure(METRICS["accuracy"], sides, seed=0)

    def put_right(self, sample: ClassSample, rows: NDArray[np.int64]) -> ClassSample:
        """Return the sample with the true classes in these rows, at probability 1."""
        answers, probabilities = sample.answers.copy(), sample.probabilities.copy()
        answers[rows] = sample.labels[rows]
        probabilities[rows] = np.eye(sample.classes)[sample.labels[rows]]
        return replace(sample, answers=answers, probabilities=probabilities)

    def said(self, predictions: ClassPredictions, row: int) -> Said:
        """Return the classes, and the probability of the answer."""
        return Said(*predictions.words(row), f"{predictions.confidences[row]:.6f}")

    def misfit(self, true: str, answer: str) -> str:
        """Return which of the two is not a class."""
        unknown = [name for name in (true, answer) if name not in self.answers.classes]
        return f"there is no class {shown(unknown[0])}; correct its name" if unknown else ""


def _left(name: str, figures: Mapping[str, Any]) -> Measured:
    ends = {key: pair for key, *pair in figures["intervals"]}["accuracy"]
    error, low, high = (rounded(1 - right) for right in (figures["accuracy"], *ends[::-1]))
    return Measured(name, error, low, high, int(figures["examples"]))
