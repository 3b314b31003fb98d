"""How much error each cause could remove at most, from what people have tagged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.intervals import Figure
from ..metrics.predictions import Predictions
from ..metrics.registry import Metric
from ..metrics.scores import value
from .target_errors import Errors


@dataclass(frozen=True)
class Cause:
    """A tag, the mistakes that have it, and their share of the error of all that were looked at.

    `score` is what the metric would be, were these mistakes alone put right.
    """

    name: str
    mistakes: int
    share: Figure
    score: float


@dataclass(frozen=True)
class Causes:
    """What was found in `looked` of `mistakes` mistakes among `examples`, the costliest first.

    `error` is the mean error, and `at_stake` what of it is that of the mistakes.
    """

    examples: int
    mistakes: int
    looked: int
    error: float
    at_stake: float
    score: float
    causes: list[Cause]


def causes(
    metric: Metric,
    predictions: Predictions,
    tags: Mapping[str, Sequence[str]],
    errors: Errors[Any],
) -> Causes:
    """Return what the causes of mistakes cost.

    Args:
        metric: the one to decide by.
        predictions: those of one data set.
        tags: the causes by the content (MD5) of an example; what is no mistake is left out.
        errors: what a mistake is.
    """
    sample = predictions.sample
    wrong = np.flatnonzero(errors.mistakes(predictions))
    said = [tags.get(predictions.examples[row].md5, ()) for row in wrong.tolist()]
    looked = np.array([bool(one) for one in said], dtype=bool)
    names = sorted({name for one in said for name in one})
    found = []
    for name in names:
        hit = np.array([name in one for one in said], dtype=bool)
        share = errors.share(sample.rows(wrong[looked]), hit[looked])
        mended = value(metric, errors.put_right(sample, wrong[hit]))
        found.append(Cause(name, int(hit.sum()), share, mended))
    found.sort(key=lambda one: (-one.share.value, one.name))
    error, at_stake = (
        math.fsum(sample.errors[rows].tolist()) / len(sample) for rows in (slice(None), wrong)
    )
    score = value(metric, sample)
    return Causes(len(sample), len(wrong), int(looked.sum()), error, at_stake, score, found)
