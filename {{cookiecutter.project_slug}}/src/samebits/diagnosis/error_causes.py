"""How much error each cause could remove at most, from what people have tagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..metrics.class_predictions import ClassPredictions
from ..metrics.classification import Classified
from ..metrics.intervals import Figure, measure
from ..metrics.registry import METRICS, Metric
from ..metrics.scores import value


@dataclass(frozen=True)
class Cause:
    """A tag, the mistakes that have it, and their share of all that were looked at.

    `score` is what the metric would be, were these mistakes alone put right.
    """

    name: str
    mistakes: int
    share: Figure
    score: float


@dataclass(frozen=True)
class Causes:
    """What was found in `looked` of `mistakes` mistakes among `examples`, most frequent first."""

    examples: int
    mistakes: int
    looked: int
    score: float
    causes: list[Cause]

    @property
    def error(self) -> float:
        """The share of the examples that went wrong."""
        return self.mistakes / self.examples


def causes(
    metric: Metric, predictions: ClassPredictions, tags: Mapping[str, Sequence[str]]
) -> Causes:
    """Return what the causes of mistakes cost.

    Args:
        metric: the one to decide by.
        predictions: those of one data set.
        tags: the causes by the content (MD5) of a picture; what is no mistake is left out.
    """
    sample = predictions.sample
    wrong = np.flatnonzero(sample.errors)
    said = [tags.get(predictions.examples[row].md5, ()) for row in wrong.tolist()]
    looked = np.array([bool(one) for one in said], dtype=bool)
    names = sorted({name for one in said for name in one})
    found = []
    for name in names:
        hit = np.array([name in one for one in said], dtype=bool)
        share = _share(hit[looked], sample.groups[wrong][looked])
        mended = value(metric, _put_right(sample, wrong[hit]))
        found.append(Cause(name, int(hit.sum()), share, mended))
    found.sort(key=lambda one: (-one.mistakes, one.name))
    score = value(metric, sample)
    return Causes(len(sample), len(wrong), int(looked.sum()), score, found)


def _share(hit: NDArray[np.bool_], groups: NDArray[np.int64]) -> Figure:
    """The share of hits with its interval, in whole groups."""
    right = np.zeros(len(hit), dtype=np.int64)
    sample = Classified(right, np.where(hit, 0, 1), np.full((len(hit), 2), 0.5), groups)
    return measure(METRICS["accuracy"], sample, seed=0)


def _put_right(sample: Classified, rows: NDArray[np.int64]) -> Classified:
    """The sample as if the model had been right and sure there."""
    answers, probabilities = sample.answers.copy(), sample.probabilities.copy()
    answers[rows] = sample.labels[rows]
    probabilities[rows] = np.eye(sample.classes)[sample.labels[rows]]
    return replace(sample, answers=answers, probabilities=probabilities)
