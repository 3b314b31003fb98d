"""Results made up for the tests of the commands that compare them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from samebits.data.shards import Example
from samebits.metrics.results import Result
from samebits.metrics.predictions import Predictions
from samebits.remote.revisions import Revision

CLASSES = ("cat", "dog", "fox", "owl")


@pytest.fixture
def result() -> Callable[..., Result]:
    """A result that errs on the first `wrong` of its examples: result("name", wrong=10)."""

    def make(
        name: str,
        wrong: int = 10,
        *,
        count: int = 400,
        metric: str = "accuracy",
        met: bool | None = True,
        classes: Sequence[str] = CLASSES,
    ) -> Result:
        labels = np.arange(count) % 4
        answers = np.where(np.arange(count) < wrong, (labels + 1) % 4, labels)
        examples = [
            Example(f"{number}.png", classes[int(label)], f"{number:032x}", "", 9, 9, 0.5)
            for number, label in enumerate(labels)
        ]
        sure = np.ones(count)
        split = Predictions(examples, labels, answers, sure, np.eye(4)[answers])
        score = 1 - wrong / count
        metrics: dict[str, Any] = {
            "score": score,
            "metric": metric,
            "interval": [score - 0.02, score + 0.02],
            "accepted": met is not False,
            "constraints": [{"constraint": "latency_ms <= 10", "met": met}],
            **{one: {metric: score} for one in ("dev", "test")},
        }
        revision = Revision(name, f"{len(name):040x}")
        vars(revision)["lock"] = {"stages": {}}  # as if it had been read
        return Result(revision, metrics, [*classes], {"dev": split, "test": split})

    return make
