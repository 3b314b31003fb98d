"""What metrics of your own must keep to be compared, resampled and reported."""

import numpy as np

from ..metrics.registry import METRICS, enter
from ..metrics.scores import value
from ..metrics.sums import Sample
from .base import disturb, yours

EXAMPLES, COUNT = 40, 3  # of classes


class MetricsChecks:
    """Checks of metrics.py."""

    def predictions(self) -> Sample:
        """Return examples with what a network says of them; override it to take your own."""
        noise = np.random.default_rng(0)
        probabilities = noise.random((EXAMPLES, COUNT)) + 0.01
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        labels = np.arange(EXAMPLES, dtype=np.int64) % COUNT
        answers = probabilities.argmax(axis=1)
        return Sample(labels, answers, probabilities, np.arange(EXAMPLES, dtype=np.int64))
