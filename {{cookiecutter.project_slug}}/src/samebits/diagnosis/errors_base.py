"""The errors of a target, for a diagnosis: their size, their words, and what a mistake is.

The other modules know nothing of targets. Each target has a subclass: class_errors.py,
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
    """Cells of reports/error-analysis.csv: the truth, the answer, and its confidence or error."""

    true: str
    answer: str
    detail: str


class Errors(ABC, Generic[P]):
    """Errors of one target; `allowed` is evaluation.target_error.

    `smooths` says whether regularization.label_smoothing has an effect, `metrics` are two sensible
    metrics to decide by.
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
            metrics: the content of reports/metrics.json.
            predictions: by data set.

        Raises:
            UserError: a data set is missing or malformed.
        """

    @abstractmethod
    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the loss of knowing nothing, and the loss of a perfect fit.

        Args:
            smoothing: regularization.label_smoothing.
        """

    @abstractmethod
    def mistakes(self, predictions: P) -> NDArray[np.bool_]:
        """Return which answers [n] are mistakes."""

    @abstractmethod
    def ordered(self, metric: Metric, predictions: P) -> list[int]:
        """Return the rows of mistakes, the costliest first."""

    @abstractmethod
    def order(self, metric: Metric) -> str:
        """Return in words which mistakes come first."""

    @abstractmethod
    def nearly(self, predictions: P) -> list[int]:
        """Return the rows that are not mistakes, near misses first."""

    @abstractmethod
    def curve(self, learned: Sequence[int], dev: Sequence[P]) -> Curve:
        """Return the errors on dev of models, by how many examples each `learned` from."""

    @abstractmethod
    def share(self, sample: Any, hit: NDArray[np.bool_]) -> Figure:
        """Return the share of a sample's errors that is on the examples `hit` [n]."""

    @abstractmethod
    def put_right(self, sample: Any, rows: NDArray[np.int64]) -> Sample:
        """Return the sample as if the model were right, and confident, in these rows."""

    @abstractmethod
    def said(self, predictions: P, row: int) -> Said:
        """Return the cells of reports/error-analysis.csv for an answer."""

    def misfit(self, true: str, answer: str) -> str:
        """Return what is wrong with these cells of reports/error-analysis.csv, or ""."""
        return ""


def smoothed_losses(classes: int, smoothing: float) -> tuple[float, float]:
    """Return the logarithm of the number of classes, and the entropy of smoothed labels."""
    other = smoothing / classes
    parts = (1 - smoothing + other, *[other] * (classes - 1))
    return math.log(classes), -math.fsum(part * math.log(part) for part in parts if part)
