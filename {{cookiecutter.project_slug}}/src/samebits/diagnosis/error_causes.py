"""How much error fixing each cause could remove at most, by the tags that people gave."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.intervals import Figure
from ..metrics.predictions import Predictions
from ..metrics.registry import Metric
from ..metrics.scores import value
from .errors_base import Errors


@dataclass(frozen=True)
class Cause:
    """A tag, the mistakes that have it, and their share of the error of all tagged mistakes.

    `score` is the metric's value if only these mistakes were right.
    """

    name: str
    mistakes: int
    share: Figure
    score: float


@dataclass(frozen=True)
class Causes:
    """The causes in `looked` of `mistakes` mistakes among `examples`, the costliest first.

    `error` is the mean error, and `at_stake` the mistakes' part of it.
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
        predictions: for one data set.
        tags: the causes by the content (MD5) of an example; only mistakes count.
        errors: what a mistake is.
    """
    sample = predictions.sample
    wrong = np.flatnonzero(errors.mistakes(predictions))
    tagged = [tags.get(predictions.examples[row].md5, ()) for row in wrong.tolist()]
    looked = np.array([bool(row_tags) for row_tags in tagged], dtype=bool)
    names = sorted({name for row_tags in tagged for name in row_tags})
    by_tag = []
    for name in names:
        hit = np.array([name in row_tags for row_tags in tagged], dtype=bool)
        share = errors.share(sample.rows(wrong[looked]), hit[looked])
        fixed = value(metric, errors.put_right(sample, wrong[hit]))
        by_tag.append(Cause(name, int(hit.sum()), share, fixed))
    by_tag.sort(key=lambda cause: (-cause.share.value, cause.name))
    error, at_stake = (
        math.fsum(sample.errors[rows].tolist()) / len(sample) for rows in (slice(None), wrong)
    )
    score = value(metric, sample)
    return Causes(len(sample), len(wrong), int(looked.sum()), error, at_stake, score, by_tag)
