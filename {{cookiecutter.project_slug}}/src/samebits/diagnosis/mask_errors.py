"""Errors of masks: the share of a mask's pixels that get a wrong class."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..metrics.mask_predictions import MaskPredictions
from ..metrics.mask_sample import MaskSample
from .errors_base import Said, smoothed_losses
from .learning_curve import MaskMeans
from .mean_errors import MeanErrors
from .words import WORDS


class MaskErrors(MeanErrors[MaskPredictions]):
    """Errors of examples with a class for each pixel."""

    words = WORDS["mask"]
    smooths = True
    metrics = ("dice", "mean_iou")
    furthest = "those with the most wrong pixels first"
    curves = MaskMeans

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the losses of a pixel, as of an example of one class."""
        return smoothed_losses(len(self.answers.classes), smoothing)

    def put_right(self, sample: MaskSample, rows: NDArray[np.int64]) -> MaskSample:
        """Return the sample with the true masks in these rows, at loss 0."""
        said, right, losses = (array.copy() for array in (sample.said, sample.right, sample.losses))
        said[rows] = right[rows] = sample.true[rows]
        losses[rows] = 0
        return replace(sample, said=said, right=right, losses=losses)

    def said(self, predictions: MaskPredictions, row: int) -> Said:
        """Return the classes' shares, and the share of wrong pixels."""
        return Said(*predictions.words(row), f"{predictions.sample.errors[row]:.6f}")
