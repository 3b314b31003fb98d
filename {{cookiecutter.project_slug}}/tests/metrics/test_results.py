"""What `make seeds` has left is found, and only what belongs to a result counts."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from {{cookiecutter.__package_name}}.metrics import results
from {{cookiecutter.__package_name}}.metrics.comparison import Spread
from {{cookiecutter.__package_name}}.metrics.results import Result, spread_over_seeds
from {{cookiecutter.__package_name}}.reproducibility.revisions import Revision

HERE, BEFORE = "a" * 40, "b" * 40


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Contents of reports/metrics.json by commit or experiment, as a repository holds them."""
    found: dict[str, dict[str, Any]] = {}

    def output(self: Revision, *_: object, **__: object) -> bytes | None:
        return json.dumps(found[self.name]).encode() if self.name in found else None

    monkeypatch.setattr(Revision, "output", output)
    monkeypatch.setattr(Revision, "find", lambda name: Revision(name, name))
    monkeypatch.setattr(results, "experiments", lambda: found)
    commits = SimpleNamespace(stdout=f"{HERE}\n{BEFORE}\n")
    monkeypatch.setattr(results, "git", lambda *_: commits)
    return found


def spread(on: str = "test") -> tuple[str, Spread] | None:
    return spread_over_seeds(Result(Revision("exp", HERE), {"metric": "f1"}, [], {}), on)


def seeds(commit: str, *scores: float, metric: str = "f1") -> dict[str, dict[str, Any]]:
    names = [commit, *(f"seed-{number}-{commit[:10]}" for number in range(1, len(scores)))]
    rows = ({"test": {metric: one}, "dev": {metric: 2 * one}} for one in scores)
    return dict(zip(names, rows, strict=True))


def test_of_the_commit_before(left: dict[str, dict[str, Any]]) -> None:
    left |= seeds(BEFORE, 0.5, 0.6, 0.7) | {"wider": {"test": {"f1": 0.9}}}
    found = spread()
    assert found is not None
    assert (found[0], found[1].seeds) == (BEFORE, 3)
    assert found[1].deviation == pytest.approx(0.1)
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
