"""Gradient boosting of trees on a few columns, which is often the better model of rows.

Source: Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NeurIPS 2017, as
scikit-learn has it. In one thread, for its sums over examples are cut by threads.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import Features, Seen

MOST_COLUMNS = 256  # of more, a linear model is as good and sooner done
CHUNK = 4096  # examples that are answered at once

Answer = Callable[[Features], NDArray[Any]]


def suits(seen: Seen, truth: NDArray[Any]) -> bool:
    """Return whether so many columns, and answers [n], are something for trees."""
    few = seen.ndim == 2 and seen.shape[1] <= MOST_COLUMNS
    return few and bool((truth != truth[0]).any())


def numbers(seen: Seen, truth: NDArray[np.float64]) -> Answer:
    """Return what gives the answer of each example, float64 [n].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        truth: their answers, float64 [n].
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = _fitted(HistGradientBoostingRegressor, seen, truth)
    return _by_chunk(model.predict)


def probabilities(seen: Seen, labels: NDArray[np.int64], classes: int) -> Answer:
    """Return what gives the probabilities of each example, float64 [n, classes].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        labels: their classes, int64 [n]; one that is never there is never said.
        classes: how many there are.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = _fitted(HistGradientBoostingClassifier, seen, labels)

    def answer(some: Seen) -> NDArray[np.float64]:
        found = np.zeros((len(some), classes))
        found[:, model.classes_] = model.predict_proba(some)
        return found

    return _by_chunk(answer)


def of_each(seen: Seen, labels: NDArray[np.uint8]) -> Answer:
    """Return what gives the probability of each of several classes, float64 [n, classes].

    Args:
        seen: columns of the examples to learn from, float32 [n, f].
        labels: 1 for each class that an example has, [n, classes].
    """
    answers = [_of_one(seen, column.astype(np.int64)) for column in labels.T]
    return lambda features: np.stack([answer(features) for answer in answers], axis=1)


def _of_one(seen: Seen, there: NDArray[np.int64]) -> Answer:
    """What gives the probability [n] of a class that examples have [n], all, some or none."""
    if (there == there[0]).all():
        return lambda features: np.full(len(features), float(there[0]))
    answer = probabilities(seen, there, 2)
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
