"""An error of a class is 1 for a wrong one and 0 for the right one; their mean is a share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..data.findings import shown
from ..data.splits import SPLITS
from ..metrics.class_predictions import ClassPredictions
from ..metrics.classification import Classified
from ..metrics.intervals import Figure, measure
from ..metrics.proportions import Measured
from ..metrics.registry import METRICS, Metric
from ..metrics.scores import rounded
from .error_cost import ordered
from .learning_curve import Shares
from .target_errors import Errors, Said, smoothed_losses
from .words import WORDS


class ClassErrors(Errors[ClassPredictions]):
    """Errors of examples of one class each."""

    words = WORDS["class"]
    smooths = True
    metrics = ("balanced_accuracy", "macro_f1")

    def of_splits(
        self, metrics: Mapping[str, Any], predictions: Mapping[str, ClassPredictions]
    ) -> list[Measured]:
        """Return what accuracy leaves."""
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
        """Return what costs the metric most first, of equals the surest, then by path."""
        return ordered(metric, predictions)

    def order(self, metric: Metric) -> str:
        """Return by what the costs are counted."""
        costs = metric.title if metric.form == "share" else METRICS["log_loss"].title
        return f"first what costs most {costs}, then where the model was surest"

    def nearly(self, predictions: ClassPredictions) -> list[int]:
        """Return right answers, the least sure first, of equals by path."""
        right = np.flatnonzero(~predictions.sample.errors).tolist()
        sure, examples = predictions.confidences, predictions.examples
        return sorted(right, key=lambda row: (sure[row], examples[row].path))

    def curve(self, learned: Sequence[int], dev: Sequence[ClassPredictions]) -> Shares:
        """Return how many answers on dev are wrong."""
        wrong = [int(one.sample.errors.sum()) for one in dev]
        return Shares([*learned], [len(one.examples) for one in dev], wrong)

    def share(self, sample: Classified, hit: NDArray[np.bool_]) -> Figure:
        """Return the share of mistakes that are hit."""
        right = np.zeros(len(hit), dtype=np.int64)
        sides = Classified(right, np.where(hit, 0, 1), np.full((len(hit), 2), 0.5), sample.groups)
        return measure(METRICS["accuracy"], sides, seed=0)

    def put_right(self, sample: Classified, rows: NDArray[np.int64]) -> Classified:
        """Return it with the true classes there, which have all of the probability."""
        answers, probabilities = sample.answers.copy(), sample.probabilities.copy()
        answers[rows] = sample.labels[rows]
        probabilities[rows] = np.eye(sample.classes)[sample.labels[rows]]
        return replace(sample, answers=answers, probabilities=probabilities)

    def said(self, predictions: ClassPredictions, row: int) -> Said:
        """Return the classes, and the probability of the answer."""
        return Said(*predictions.words(row), f"{predictions.confidences[row]:.6f}")

    def misfit(self, true: str, answer: str) -> str:
        """Return which of both is no class."""
        unknown = [one for one in (true, answer) if one not in self.answers.classes]
        return f"there is no class {shown(unknown[0])}; put its name right" if unknown else ""


def _left(name: str, found: Mapping[str, Any]) -> Measured:
    ends = {key: pair for key, *pair in found["intervals"]}["accuracy"]
    error, low, high = (rounded(1 - one) for one in (found["accuracy"], *ends[::-1]))
    return Measured(name, error, low, high, int(found["examples"]))
