"""The results of a commit or an experiment, or one sentence on why they cannot be read."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from samebits.console.errors import UserError
from samebits.data.targets import Answers
from samebits.metrics import latency, results
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.comparison import Spread
from samebits.metrics.prediction_table import write_predictions
from samebits.metrics.results import (
    METRICS,
    PREDICTIONS,
    WEIGHTS,
    Result,
    read_result,
    spread_over_seeds,
)
from samebits.remote import revisions
from samebits.remote.revisions import Revision

ANSWERS = Answers("class", ["c0", "c1"])
SAID: dict[str, Any] = {"score": 0.75, "metric": "accuracy", "constraints": []}
Commit = Callable[..., str]
HERE, BEFORE = "a" * 40, "b" * 40


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false")
    done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[..., ClassPredictions]
) -> Commit:
    """Commit a result, its outputs in the cache: commit(metrics=..., predictions=...).

    None leaves one out of the cache.
    """
    root, cache = tmp_path / "project", tmp_path / "cache"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setattr(revisions, "cache_folder", lambda: cache)
    # There is no remote either.
    monkeypatch.setattr(revisions, "_fetched", lambda *_: None)
    git("init", "-q", "-b", "main")
    labels = np.array([0, 1, 0, 1], dtype=np.int64)
    split = made(labels, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]]))
    both = dict.fromkeys(("dev", "test"), split)
    write_predictions(tmp_path / "predictions.csv", ANSWERS, both)
    table = (tmp_path / "predictions.csv").read_text(encoding="utf-8")

    def keep(metrics: str | None = json.dumps(SAID), predictions: str | None = table) -> str:
        outs = []
        for path, text in ((METRICS, metrics), (PREDICTIONS, predictions), (WEIGHTS, "w")):
            name = hashlib.md5((text or path).encode()).hexdigest()
            outs.append({"path": path, "md5": name})
            if text is not None:
                place = cache / "files" / "md5" / name[:2] / name[2:]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", newline="\n")
        stages = {"train": {"outs": outs[2:]}, "evaluate": {"outs": outs[:2]}}
        Path("dvc.lock").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", "Results")
        return git("rev-parse", "HEAD")

    return keep


def test_what_is_read(commit: Commit) -> None:
    commit()
    result = read_result("main")
    assert (result.metrics, result.answers, result.accepted()) == (SAID, ANSWERS, True)
    assert list(result.predictions) == ["dev", "test"]
    assert result.predictions["test"].sample.errors.tolist() == [0, 0, 0, 1]


def test_an_experiment_by_its_name(commit: Commit) -> None:
    for number, score in enumerate((0.5, 0.25)):
        made = commit(metrics=json.dumps(SAID | {"score": score}))
        git("update-ref", f"refs/exps/aa/{number}{'b' * 37}/wider", made)
        if number == 0:
            assert read_result("wider").metrics["score"] == 0.5
    with pytest.raises(UserError, match="there are 2 experiments called 'wider'; name one by its"):
        read_result("wider")


def test_a_name_that_is_none(commit: Commit) -> None:
    commit()
    with pytest.raises(UserError, match="there is no commit, tag, branch or experiment 'no such'"):
        read_result("no such")


@pytest.mark.parametrize("gone", ["metrics", "predictions"])
def test_outputs_that_are_gone(commit: Commit, gone: str) -> None:
    commit(**{gone: None})
    with pytest.raises(UserError, match="of 'main' is neither here nor on a remote; check it out"):
        read_result("main")


def test_an_older_form(commit: Commit) -> None:
    commit(metrics='{"score": 0.5, "metric": "accuracy"}')
    with pytest.raises(
        UserError, match="of 'main' has an older format; check it out and run `dvc repro evaluate`"
    ):
        read_result("main")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"score": NaN, "constraints": []}'])
def test_metrics_without_a_score(commit: Commit, text: str) -> None:
    commit(metrics=text)
    with pytest.raises(UserError, match=r"metrics\.json of 'main' has no score; check it out"):
        read_result("main")


def test_predictions_that_are_damaged_are_named_as_a_person_knows_them(commit: Commit) -> None:
    commit(predictions="split,path\n")
    with pytest.raises(UserError, match=r"^reports/predictions\.csv of 'main', line 1, is not a"):
        read_result("main")


def test_predictions_that_are_not_numbers(commit: Commit, tmp_path: Path) -> None:
    table = (tmp_path / "predictions.csv").read_text(encoding="utf-8")
    commit(predictions=table.replace("0.700000", "nan", 1))
    with pytest.raises(
        UserError, match=r"^reports/predictions\.csv of 'main' has a cell that is not a"
    ):
        read_result("main")


@pytest.mark.parametrize(
    ("others", "milliseconds", "accepted"),
    [
        ([], None, None),
        ([], 5.0, True),
        ([], 50.0, False),
        ([{"constraint": "parameters <= 1", "met": False}], None, False),
        ([{"constraint": "parameters <= 9", "met": True}], 5.0, True),
    ],
)
def test_a_latency_is_judged_where_it_was_measured(
    commit: Commit,
    monkeypatch: pytest.MonkeyPatch,
    others: list[dict[str, Any]],
    milliseconds: float | None,
    accepted: bool | None,
) -> None:
    constraints = [{"constraint": "latency_ms <= 10", "met": None}, *others]
    commit(metrics=json.dumps(SAID | {"constraints": constraints}))
    weights = hashlib.md5(b"w").hexdigest()
    times = {} if milliseconds is None else {weights: [milliseconds, 0.0, 99.0]}
    latency.FILE.parent.mkdir()
    latency.FILE.write_text(json.dumps(times), encoding="utf-8")
    assert read_result("main").accepted() is accepted


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Contents of reports/metrics.json by commit or experiment, as a repository holds them."""
    metrics_of: dict[str, dict[str, Any]] = {}

    def output(self: Revision, *_: object, **__: object) -> bytes | None:
        return json.dumps(metrics_of[self.name]).encode() if self.name in metrics_of else None

    monkeypatch.setattr(Revision, "output", output)
    monkeypatch.setattr(Revision, "find", lambda name: Revision(name, name))
    monkeypatch.setattr(results, "experiments", lambda: metrics_of)
    commits = SimpleNamespace(stdout=f"{HERE}\n{BEFORE}\n")
    monkeypatch.setattr(results, "git", lambda *_: commits)
    return metrics_of


def spread(split: str = "test") -> tuple[str, Spread] | None:
    return spread_over_seeds(Result(Revision("exp", HERE), {"metric": "f1"}, ANSWERS, {}), split)


def seeds(commit: str, *scores: float, metric: str = "f1") -> dict[str, dict[str, Any]]:
    names = [commit, *(f"seed-{number}-{commit[:10]}" for number in range(1, len(scores)))]
    rows = ({"test": {metric: score}, "dev": {metric: 2 * score}} for score in scores)
    return dict(zip(names, rows, strict=True))


def test_of_the_commit_before(left: dict[str, dict[str, Any]]) -> None:
    left |= seeds(BEFORE, 0.5, 0.6, 0.7) | {"wider": {"test": {"f1": 0.9}}}
    known = spread()
    assert known is not None
    assert (known[0], known[1].seeds) == (BEFORE, 3)
    assert known[1].deviation == pytest.approx(0.1)
    dev = spread("dev")
    assert dev is not None
    assert dev[1].deviation == pytest.approx(0.2)


def test_its_own_go_before_those_of_the_commit_before(left: dict[str, dict[str, Any]]) -> None:
    left |= seeds(BEFORE, 0.5, 0.6, 0.7) | seeds(HERE, 0.5, 0.5, 0.5, 0.5)
    assert spread() == (HERE, Spread(0.0, 4))


def test_two_are_too_few_and_another_metric_is_none(left: dict[str, dict[str, Any]]) -> None:
    left |= seeds(HERE, 0.5, 0.6)
    assert spread() is None
    left |= seeds(BEFORE, 0.5, 0.6, 0.7, metric="another")
    assert spread() is None


def test_seeds_whose_outputs_are_gone_or_damaged_do_not_count(
    left: dict[str, dict[str, Any]],
) -> None:
    left |= seeds(HERE, 0.5, 0.6, 0.7, 0.8)
    left[f"seed-1-{HERE[:10]}"] = {"test": {"f1": None}}
    known = spread()
    assert known is not None
    assert known[1].seeds == 3
