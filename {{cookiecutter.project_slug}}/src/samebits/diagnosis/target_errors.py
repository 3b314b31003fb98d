"""What an answer is, for a diagnosis: what its errors are called, and what a mistake is.

All else here speaks of errors alone. Each target has its form: class_errors.py,
class_set_errors.py, number_errors.py, mask_errors.py.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data.targets import Answers
from ..metrics.intervals import Figure
from ..metrics.predictions import Predictions
from ..metrics.proportions import Measured
from ..metrics.registry import Metric
from ..metrics.sample import Sample
from .learning_curve import Curve
from .words import Words

P = TypeVar("P", bound=Predictions)


class Said(NamedTuple):
    """Cells of reports/error-analysis.csv: what is true, what was said, and how far or sure."""

    true: str
    answer: str
    detail: str


class Errors(ABC, Generic[P]):
    """Errors of one target; `allowed` is what evaluation.target_error allows.

    `smooths` says whether regularization.label_smoothing does something, `metrics` are two by which
    one may decide.
    """

    words: ClassVar[Words]
    smooths: ClassVar[bool]
    metrics: ClassVar[tuple[str, str]]

    def __init__(self, answers: Answers, allowed: float) -> None:
        self.answers, self.allowed = answers, allowed

    @abstractmethod
    def of_splits(self, metrics: Mapping[str, Any], predictions: Mapping[str, P]) -> list[Measured]:
        """Return the mean error on each data set of the chain.

        Args:
            metrics: what reports/metrics.json says.
            predictions: by data set.

        Raises:
            UserError: one is missing or of another form.
        """

    @abstractmethod
    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the loss of knowing nothing, and that of a perfect fit.

        Args:
            smoothing: regularization.label_smoothing.
        """

    @abstractmethod
    def mistakes(self, predictions: P) -> NDArray[np.bool_]:
        """Return which answers [n] are mistakes."""

    @abstractmethod
    def ordered(self, metric: Metric, predictions: P) -> list[int]:
        """Return the rows of mistakes, what costs most first."""

    @abstractmethod
    def order(self, metric: Metric) -> str:
        """Return in words which mistakes come first."""

    @abstractmethod
    def nearly(self, predictions: P) -> list[int]:
        """Return the rows of what is no mistake, what was nearly one first."""

    @abstractmethod
    def curve(self, learned: Sequence[int], dev: Sequence[P]) -> Curve:
        """Return the errors on dev of models that learned from so many examples."""

    @abstractmethod
    def share(self, sample: Any, hit: NDArray[np.bool_]) -> Figure:
        """Return what part of the errors of a sample is on the examples that are `hit` [n]."""

    @abstractmethod
    def put_right(self, sample: Any, rows: NDArray[np.int64]) -> Sample:
        """Return the sample as if the model had been right, and sure, in these rows."""

    @abstractmethod
    def said(self, predictions: P, row: int) -> Said:
        """Return what reports/error-analysis.csv says of an answer."""

    def misfit(self, true: str, answer: str) -> str:
        """Return what is wrong with these cells of reports/error-analysis.csv, or ""."""
        return ""


def smoothed_losses(classes: int, smoothing: float) -> tuple[float, float]:
    """Return the logarithm of the number of classes, and the entropy of smoothed labels."""
    other = smoothing / classes
    parts = (1 - smoothing + other, *[other] * (classes - 1))
    return math.log(classes), -math.fsum(one * math.log(one) for one in parts if one)
