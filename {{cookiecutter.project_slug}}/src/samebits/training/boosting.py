"""Gradient-boosted trees on a few columns, often the strongest model for rows of a table.

Source: Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NeurIPS 2017, as
implemented in scikit-learn. In one thread, because the threads would split its sums over examples.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import Features, Seen

MOST_COLUMNS = 256  # with more, a linear model is as good and faster
CHUNK = 4096  # examples per prediction

Answer = Callable[[Features], NDArray[Any]]


def suits(seen: Seen, truth: NDArray[Any]) -> bool:
    """Return whether trees suit these columns and answers [n]."""
    few = seen.ndim == 2 and seen.shape[1] <= MOST_COLUMNS
    return few and bool((truth != truth[0]).any())


def numbers(seen: Seen, truth: NDArray[np.float64]) -> Answer:
    """Return a fitted model, which gives the answer of each example, float64 [n].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        truth: their answers, float64 [n].
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = _fitted(HistGradientBoostingRegressor, seen, truth)
    return _by_chunk(model.predict)


def probabilities(seen: Seen, labels: NDArray[np.int64], classes: int) -> Answer:
    """Return a fitted model, which gives the probabilities of each example, float64 [n, classes].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        labels: their classes, int64 [n]; a class without examples gets probability 0.
        classes: the number of classes.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = _fitted(HistGradientBoostingClassifier, seen, labels)

    def answer(batch: Seen) -> NDArray[np.float64]:
        result = np.zeros((len(batch), classes))
        result[:, model.classes_] = model.predict_proba(batch)
        return result

    return _by_chunk(answer)


def of_each(seen: Seen, labels: NDArray[np.uint8]) -> Answer:
    """Return fitted models, which give the probability of each class, float64 [n, classes].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        labels: 1 for each class that an example has, [n, classes].
    """
    answers = [_of_class(seen, column.astype(np.int64)) for column in labels.T]
    return lambda features: np.stack([answer(features) for answer in answers], axis=1)


def _of_class(seen: Seen, present: NDArray[np.int64]) -> Answer:
    """Fit the probability [n] of a single class; `present` [n] may be all 0 or all 1."""
    if (present == present[0]).all():
        return lambda features: np.full(len(features), float(present[0]))
    answer = probabilities(seen, present, 2)
    return lambda features: answer(features)[:, 1]


def _fitted(kind: Any, seen: Seen, truth: NDArray[Any]) -> Any:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return kind(early_stopping=False, random_state=0).fit(seen, truth)


def _by_chunk(answer: Callable[[Seen], NDArray[Any]]) -> Answer:
    def every(features: Features) -> NDArray[Any]:
        starts = range(0, len(features), CHUNK)
        return np.concatenate([answer(features[at : at + CHUNK]) for at in starts])

    return every
