"""Your own metrics: one function each, which `evaluation.metric` and constraints then know by name.

It gets the true class numbers `[n]`, the predicted ones `[n]` and the probabilities `[n, k]`:

    @metric("Top-2 accuracy", "the right class is one of two answers", between_0_and_1=True)
    def top_2_accuracy(labels: Labels, answers: Labels, probabilities: Values) -> float:
        first = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
        return float((first == labels[:, None]).any(axis=1).mean())

Say `higher_is_better=False` where less is better. The function is called some hundred times on
resampled examples, from which its interval follows; it must not draw random numbers.
"""

import numpy as np  # noqa: F401

from .probabilities import Labels, Values  # noqa: F401
from .registry import metric  # noqa: F401
