"""One line on the number to decide by, as `make reproduce` ends."""

from collections.abc import Callable
from typing import Any

import pytest

from samebits.cli.score import told
from samebits.console.errors import UserError
from samebits.diagnosis.words import WORDS


def metrics(metric: str, dev: list[float], test: list[float], accepted: bool = True) -> Any:
    known = {
        split: {metric: value, "other": 1, "intervals": [["other", 1, 1], [metric, *ends]]}
        for split, (value, *ends) in {"dev": dev, "test": test}.items()
    }
    return {"metric": metric, "accepted": accepted, **known}


def test_the_line() -> None:
    record = metrics("macro_f1", [0.98, 0.97, 0.99], [0.96, 0.95, 0.9712])
    assert told(record, WORDS["class"]) == (
        "macro_f1 on dev 0.9800 (0.9700 to 0.9900), on test 0.9600 (0.9500 to 0.9712), with 95 % "
        "intervals; open reports/report.html"
    )
    record = metrics("rmse", [30456.2, 3e4, 31000], [4e4, 3.9e4, 4.1e4], accepted=False)
    assert told(record, WORDS["number"]) == (
        "rmse on dev 30,456 (30,000 to 31,000), on test 40,000 (39,000 to 41,000), with 95 % "
        "intervals; a constraint is missed, so the model is not accepted; open reports/report.html"
    )


def test_of_what_the_pipeline_left(
    project: Any, repro: Callable[..., None], verb: Callable[..., str]
) -> None:
    with pytest.raises(UserError, match=r"reports/metrics\.json is missing"):
        verb("score")
    repro("validate", "prepare", "train", "evaluate")
    said = verb("score")
    assert said.startswith(("macro_f1 on dev 0.", "macro_f1 on dev 1."))
    assert said.count("\n") == 1
