"""Errors of several classes: the share of an example's answers, one a class, that are wrong."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data.findings import shown
from ..data.targets import classes_of, unfit_classes
from ..metrics.class_set_predictions import ClassSetPredictions
from ..metrics.class_set_sample import ClassSetSample
from .error_cost import DECIMALS
from .errors_base import Said
from .learning_curve import MeanShares
from .mean_errors import MeanErrors
from .words import WORDS


class ClassSetErrors(MeanErrors[ClassSetPredictions]):
    """Errors of examples of several classes each."""

    words = WORDS["classes"]
    smooths = True
    metrics = ("macro_f1", "hamming_loss")
    furthest = "first those with the most wrong answers, then where the model was surest"
    curves = MeanShares

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the loss at probability 0.5 for each class, and smoothed answers' entropy."""
        parts = (1 - smoothing / 2, smoothing / 2)
        return math.log(2), -math.fsum(part * math.log(part) for part in parts if part)

    def mistakes(self, predictions: ClassSetPredictions) -> NDArray[np.bool_]:
        """Return which examples have a wrong answer."""
        return np.asarray(predictions.sample.errors > 0)

    def _worst(self, predictions: ClassSetPredictions, chosen: NDArray[np.bool_]) -> list[int]:
        """Return the chosen rows, most wrong answers first, then by log loss, then by path."""
        examples, rows = predictions.examples, np.flatnonzero(chosen).tolist()
        errors, losses = predictions.sample.errors, predictions.sample.losses.round(DECIMALS)
        return sorted(rows, key=lambda row: (-errors[row], -losses[row], examples[row].path))

    def put_right(self, sample: ClassSetSample, rows: NDArray[np.int64]) -> ClassSetSample:
        """Return the sample with the true classes in these rows, at probability 1."""
        answers, probabilities = sample.answers.copy(), sample.probabilities.copy()
        answers[rows] = probabilities[rows] = sample.labels[rows]
        return replace(sample, answers=answers, probabilities=probabilities)

    def said(self, predictions: ClassSetPredictions, row: int) -> Said:
        """Return the classes, and the share of wrong answers."""
        return Said(*predictions.words(row), f"{predictions.sample.errors[row]:.6f}")

    def misfit(self, true: str, answer: str) -> str:
        """Return which of the two is not a set of classes, and why."""
        for text in (true, answer):
            if problem := unfit_classes(text):
                return f"{shown(text)} {problem}"
            for name in classes_of(text):
                if name not in self.answers.classes:
                    return f"there is no class {shown(name)}; correct its name"
        return ""
