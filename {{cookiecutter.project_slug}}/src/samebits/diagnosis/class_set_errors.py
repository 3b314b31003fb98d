"""An error of several classes is the share of answers, one for each class, that are wrong."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data.findings import shown
from ..data.targets import classes_of, unfit_classes
from ..metrics.class_set_predictions import ClassSetPredictions
from ..metrics.class_sets import ClassSets
from .error_cost import DECIMALS
from .learning_curve import MeanShares
from .mean_errors import MeanErrors
from .target_errors import Said
from .words import WORDS


class ClassSetErrors(MeanErrors[ClassSetPredictions]):
    """Errors of examples of several classes each."""

    words = WORDS["classes"]
    smooths = True
    metrics = ("macro_f1", "hamming_loss")
    furthest = "first those with the most wrong answers, then where the model was surest"
    curves = MeanShares

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the loss of a half for every class, and the entropy of smoothed answers."""
        parts = (1 - smoothing / 2, smoothing / 2)
        return math.log(2), -math.fsum(one * math.log(one) for one in parts if one)

    def mistakes(self, predictions: ClassSetPredictions) -> NDArray[np.bool_]:
        """Return which examples have a wrong answer."""
        return np.asarray(predictions.sample.errors > 0)

    def _worst(self, predictions: ClassSetPredictions, chosen: NDArray[np.bool_]) -> list[int]:
        """Return the rows that are chosen, of equally many wrong answers by log loss, then path."""
        examples, rows = predictions.examples, np.flatnonzero(chosen).tolist()
        errors, losses = predictions.sample.errors, predictions.sample.losses.round(DECIMALS)
        return sorted(rows, key=lambda row: (-errors[row], -losses[row], examples[row].path))

    def put_right(self, sample: ClassSets, rows: NDArray[np.int64]) -> ClassSets:
        """Return it with the true classes there, and sure of them."""
        answers, probabilities = sample.answers.copy(), sample.probabilities.copy()
        answers[rows] = probabilities[rows] = sample.labels[rows]
        return replace(sample, answers=answers, probabilities=probabilities)

    def said(self, predictions: ClassSetPredictions, row: int) -> Said:
        """Return the classes, and the share of wrong answers."""
        return Said(*predictions.words(row), f"{predictions.sample.errors[row]:.6f}")

    def misfit(self, true: str, answer: str) -> str:
        """Return which of both names what is no class, or names classes as nothing here does."""
        for text in (true, answer):
            if problem := unfit_classes(text):
                return f"{shown(text)} {problem}"
            for name in classes_of(text):
                if name not in self.answers.classes:
                    return f"there is no class {shown(name)}; put its name right"
        return ""
