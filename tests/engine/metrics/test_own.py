"""A metric of one's own: one function, known by its name, with an interval."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.metrics import own
from samebits.metrics.intervals import measure
from samebits.metrics.probabilities import Labels, Values
from samebits.metrics.registry import METRICS, PROBLEMS, metric
from samebits.metrics.scores import find, value
from samebits.metrics.sums import Sample


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = dict(METRICS)
    yield
    METRICS.clear()
    METRICS.update(before)
    PROBLEMS.clear()


def sample() -> Sample:
    draw = np.random.default_rng(0)
    labels, rows = draw.integers(0, 3, 90), draw.dirichlet([1, 1, 1], 90)
    return Sample(labels, rows.argmax(axis=1), rows, np.arange(90))


def test_one_function_is_a_metric() -> None:
    @metric("Top-2 accuracy", "one of two answers is right", between_0_and_1=True)
    def top_2(labels: Labels, answers: Labels, rows: Values) -> float:
        first = np.argsort(-rows, axis=1, kind="stable")[:, :2]
        return float((first == labels[:, None]).any(axis=1).mean())

    found = measure({"top_2": find("top_2"), "accuracy": METRICS["accuracy"]}, sample(), 0)
    assert top_2.__name__ == "top_2"
    assert found["accuracy"].value < found["top_2"].value < 1
    assert 0 < found["top_2"].low < found["top_2"].value < found["top_2"].high < 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("accuracy", "something else is called `accuracy`; give your metric another name"),
        ("recall", "something else is called `recall`"),
        ("examples", "something else is called `examples`"),
        ("latency_ms", "something else is called `latency_ms`"),
        ("F2", "begin the name of your metric `F2` with a letter from a to z"),
        ("_f2", "begin the name of your metric `_f2`"),
    ],
)
def test_a_name_that_cannot_be_had(name: str, words: str) -> None:
    def mine(labels: Labels, answers: Labels, rows: Values) -> float:
        return 0.0

    mine.__name__ = name
    before = dict(METRICS)
    metric("Own", "")(mine)
    assert before == METRICS
    with pytest.raises(UserError, match=f"metrics/own.py: {words}"):
        find("accuracy")


def test_a_built_in_name_is_taken_when_own_metrics_enter(tmp_path: Path) -> None:
    package = tmp_path / Path(own.__file__).parents[1].name
    shutil.copytree(Path(own.__file__).parents[1], package)
    code = '\n\n@metric("Mine", "")\ndef accuracy(labels, answers, rows):\n    return 0.5\n'
    with (package / "metrics" / "own.py").open("a", encoding="utf-8") as file:
        file.write(code)
    ask = f"from {package.name}.metrics.scores import find; find('macro_f1')"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "UserError: metrics/own.py: something else is called `accuracy`" in done.stderr


@pytest.mark.parametrize(
    ("found", "words"), [("nan", "gave nan, not a number"), ("x", "failed: ValueError: could not")]
)
def test_one_that_fails(found: str, words: str) -> None:
    @metric("Broken", "")
    def broken(labels: Labels, answers: Labels, rows: Values) -> float:
        return float(found)

    with pytest.raises(UserError, match=f"your metric `Broken` {words}.*own.py"):
        value(find("broken"), sample())
