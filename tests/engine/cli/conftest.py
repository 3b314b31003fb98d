"""Verbs and stages run in the tests' own process, with made-up results for those that compare."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from conftest import PACKAGE
from predicted import NUMBER, example, missing

from samebits.arguments import parse
from samebits.core import determinism, kernels, yours
from samebits.core.seals import Seal
from samebits.core.yours import READ_BY, Yours
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.results import Result
from samebits.remote.revisions import Revision
from samebits.verbs import VERBS

CLASSES = ("cat", "dog", "fox", "owl")


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a verb as the launcher does, and return what it prints: verb("data diff", "1", "2")."""

    def run(name: str, *arguments: str) -> str:
        capsys.readouterr()
        verb = VERBS[name]
        monkeypatch.setattr(yours, "package", lambda: PACKAGE)
        given = parse([*name.split(), *arguments])
        part = import_module(f"samebits.{verb.module}")
        part.main(
            *([given] if verb.arguments else []), *([Yours(verb.yours)] if verb.yours else [])
        )
        return capsys.readouterr().out

    return run


@pytest.fixture
def repro(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run stages one after the other: repro("validate", "prepare")."""
    monkeypatch.setattr(kernels, "configure", lambda *_: None)
    monkeypatch.setattr(determinism, "check", lambda *_: None)

    def run(*stages: str) -> None:
        for name in stages:
            import_module(f"samebits.stages.{name}").main(Yours(READ_BY[name]), Seal(name))

    return run


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
            example(f"{number}.png", classes[int(label)], f"{number:032x}")
            for number, label in enumerate(labels)
        ]
        sure = np.ones(count)
        split = ClassPredictions(examples, labels, answers, sure, np.eye(4)[answers], classes)
        score = 1 - wrong / count
        metrics: dict[str, Any] = {
            "score": score,
            "metric": metric,
            "interval": [score - 0.02, score + 0.02],
            "accepted": met is not False,
            "constraints": [{"constraint": "latency_ms <= 10", "met": met}],
            **{split: {metric: score} for split in ("dev", "test")},
        }
        revision = Revision(name, f"{len(name):040x}")
        vars(revision)["lock"] = {"stages": {}}  # as if it had been read
        return Result(
            revision, metrics, Answers("class", [*classes]), {"dev": split, "test": split}
        )

    return make


@pytest.fixture
def number_result() -> Callable[..., Result]:
    """A result for prices that misses the truth by `error` on average: number_result("a", 3e4)."""

    def make(name: str, error: float, *, learned: int = 100, count: int = 400) -> Result:
        dev = missing(0, count, 0.3, 1e5)
        scale = error / float(dev.sample.errors.mean())
        split = replace(dev, answers=dev.truth + scale * (dev.answers - dev.truth))
        metrics: dict[str, Any] = {
            "score": error,
            "metric": "mae",
            "interval": [0.9 * error, 1.1 * error],
            "accepted": True,
            "constraints": [],
            **{split: {"mae": error} for split in ("dev", "test")},
        }
        revision = Revision(name, f"{len(name):040x}")
        vars(revision)["lock"] = {"stages": {}}  # as if it had been read
        train = missing(1, learned, 0.1, 1e5)
        return Result(revision, metrics, NUMBER, {"train": train, "dev": split, "test": split})

    return make
