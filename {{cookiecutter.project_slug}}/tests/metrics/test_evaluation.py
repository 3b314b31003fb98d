"""The content of reports/metrics.json."""

import json

import numpy as np
import pytest

from {{cookiecutter.__package_name}}.errors import UserError
from {{cookiecutter.__package_name}}.metrics.evaluation import summarise

LABELS = np.array([0, 1, 1, 0], dtype=np.int64)
SPLITS = {
    "train": (LABELS, np.eye(2)[[0, 1, 1, 0]]),
    "dev": (LABELS, np.eye(2)[[0, 1, 0, 0]]),
    "test": (LABELS, np.eye(2)[[0, 1, 0, 1]]),
}


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_the_score_is_the_chosen_metric_on_test(metric: str) -> None:
    found = json.loads(json.dumps(summarise(metric, SPLITS), allow_nan=False))
    assert list(found) == ["score", "metric", "train", "dev", "test"]
    assert found["score"] == found["test"][metric]
    assert [found[name]["accuracy"] for name in SPLITS] == [1.0, 0.75, 0.5]
    assert list(found["dev"])[-1] == "examples"
    assert found["dev"]["examples"] == 4


def test_a_fault_names_its_data_set() -> None:
    empty = (LABELS[:0], np.eye(2)[[]])
    with pytest.raises(UserError, match="`dev`: there are no examples"):
        summarise("accuracy", {**SPLITS, "dev": empty})


def test_test_and_metric_must_exist() -> None:
    with pytest.raises(UserError, match="no `test` data set"):
        summarise("accuracy", {"train": SPLITS["train"]})
    with pytest.raises(UserError, match="did you mean `accuracy`"):
        summarise("accurracy", SPLITS)
