"""What is said of two results, beside which of them is better."""

from typing import Any

from {{cookiecutter.__package_name}}.commands.compare import _verdict
from {{cookiecutter.__package_name}}.metrics.comparison import Difference
from {{cookiecutter.__package_name}}.metrics.results import Result

BETTER = Difference(0.1, 0.05, 0.15, 1, 0)


def result(**metrics: Any) -> Result:
    revision: Any = None
    return Result(revision, {"constraints": [], **metrics}, ["a", "b"], {})


def test_a_model_that_does_not_beat_a_simple_one() -> None:
    rows = [{"name": "majority class", "beaten": True}, {"name": "regression", "beaten": False}]
    lines = _verdict(result(baselines=rows[:1]), result(baselines=rows), BETTER, 40)
    assert lines[0].startswith("B is better by +0.1")
    assert lines[1:] == ["B is not for sure better on test than regression."]


def test_results_of_before_there_were_baselines() -> None:
    assert len(_verdict(result(), result(), BETTER, 40)) == 1
