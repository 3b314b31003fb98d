"""What is said of two models, and apart from it of the idea in which they differ."""

from typing import Any

import numpy as np
import pytest

from {{cookiecutter.__package_name}}.commands import compare, rank
from {{cookiecutter.__package_name}}.data.storage import Example
from {{cookiecutter.__package_name}}.errors import UserError
from {{cookiecutter.__package_name}}.metrics.comparison import Spread
from {{cookiecutter.__package_name}}.metrics.results import Result
from {{cookiecutter.__package_name}}.metrics.table import Predictions
from {{cookiecutter.__package_name}}.reproducibility.revisions import Revision

COUNT = 400
LABELS = np.arange(COUNT) % 4
IDEA = {"params": [("model.width", "32 -> 64")], "code": []}
SEED = {"params": [("reproducibility.seed", "0 -> 1"), ("runtime.workers", "0 -> 2")]}


def result(name: str, wrong: int, **metrics: Any) -> Result:
    """A model of four classes with so many wrong answers on test."""
    answers = np.where(np.arange(COUNT) < wrong, (LABELS + 1) % 4, LABELS)
    examples = [Example(f"{row}.png", "a", f"{row:032x}", "", 8, 8, 0.5) for row in range(COUNT)]
    rows = np.eye(4)[answers]
    test = Predictions(examples, LABELS, answers, rows.max(axis=1), rows)
    score = 1 - wrong / COUNT
    known = {"metric": "accuracy", "score": score, "test": {"accuracy": score}, "constraints": []}
    return Result(Revision(name, f"{name}-commit"), known | metrics, list("abcd"), {"test": test})


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the repository knows: what differs, and the spread over seeds by a result's name."""
    state: dict[str, Any] = {"differing": IDEA, "spreads": {}}
    monkeypatch.setattr(compare, "differing", lambda *_: state["differing"])
    for module in (compare, rank):
        monkeypatch.setattr(
            module, "spread_over_seeds", lambda one, *_: state["spreads"].get(one.revision.name)
        )
    return state


@pytest.mark.usefixtures("known")
def test_two_models_are_told_apart_and_the_idea_is_not() -> None:
    said = compare.comparison(result("main", 60), result("wider", 20))
    assert "B is better by +0.100000 (" in said
    assert "as the two models stand." in said
    assert "Whether what differs makes it so, or the luck of a seed, cannot be told yet." in said
    assert "`make seeds` in A or B measures that luck" in said
    assert "params: model.width  32 -> 64" in said
    assert "worse by -0.1" in compare.comparison(result("main", 20), result("wider", 60))


def test_runs_that_differ_in_their_seeds_alone_are_no_idea(known: dict[str, Any]) -> None:
    known["differing"] = SEED
    said = compare.comparison(result("main", 60), result("again", 20))
    assert "They differ in nothing but the seed: what tells them apart is its luck" in said
    assert "What differs makes B" not in said
    known["differing"] = {"params": [*SEED["params"], ("model.width", "32 -> 64")]}
    assert "nothing but the seed" not in compare.comparison(result("main", 60), result("b", 20))


def test_where_nothing_differs(known: dict[str, Any]) -> None:
    known["differing"] = {"params": [], "hardware": [("processor", "one -> other")]}
    assert "Nothing differs" in compare.comparison(result("main", 60), result("again", 60))


def test_a_small_spread_over_seeds_lets_the_idea_win(known: dict[str, Any]) -> None:
    known["spreads"] = {"main": ("c0ffee" * 6, Spread(0.005, 6))}
    said = compare.comparison(result("main", 60), result("wider", 20))
    assert "What differs makes B better by +0.100000 (" in said
    assert "Over 6 seeds of c0ffeec0ff the score has a deviation of 0.005000." in said


def test_a_large_spread_over_seeds_does_not(known: dict[str, Any]) -> None:
    known["spreads"] = {"wider": ("c0ffee" * 6, Spread(0.08, 6))}
    said = compare.comparison(result("main", 60), result("wider", 20))
    assert "B is better by +0.100000 (" in said
    assert "Cannot tell whether what differs makes it so: with the luck of a seed by +0.1" in said
    assert "More examples would not settle that: the seed moves the score as much." in said


def test_one_commit_stands_for_both_and_two_for_themselves(known: dict[str, Any]) -> None:
    known["spreads"] = dict.fromkeys(("main", "wider"), ("c0ffee", Spread(0.01, 6)))
    assert compare.comparison(result("main", 60), result("wider", 20)).count("Over 6 seeds") == 1
    known["spreads"]["wider"] = ("decade", Spread(0.02, 4))
    said = compare.comparison(result("main", 60), result("wider", 20))
    assert "Over 6 seeds of c0ffee" in said
    assert "Over 4 seeds of decade" in said


@pytest.mark.usefixtures("known")
def test_what_cannot_be_compared() -> None:
    a = result("main", 60)
    with pytest.raises(UserError, match="A decides by accuracy and B by log_loss"):
        compare.comparison(a, result("b", 60, metric="log_loss"))
    with pytest.raises(UserError, match="there is no data set `tset`; there are test"):
        compare.comparison(a, a, "tset")


@pytest.mark.usefixtures("known")
def test_who_missed_a_constraint_cannot_win() -> None:
    missed = [{"constraint": "parameters <= 1", "met": False}]
    said = compare.comparison(result("main", 60), result("wider", 20, constraints=missed))
    assert "wider  accuracy 0.950000 on test  not accepted" in said
    assert "B missed a constraint, and cannot win by the score." in said


def test_the_ranking_takes_the_spread_into_account(known: dict[str, Any]) -> None:
    results = result("HEAD", 60), [result("wider", 20)]
    said = rank.ranking(*results)
    assert [line[0] for line in said.splitlines()[1:3]] == ["1", "2"]
    assert "This is about trained models: another seed would move each." in said
    known["spreads"] = {"HEAD": ("c0ffee", Spread(0.08, 6))}
    said = rank.ranking(*results)
    assert [line[0] for line in said.splitlines()[1:3]] == ["1", "1"]
    assert "as `make seeds` has measured it for 1 of 2" in said


@pytest.mark.usefixtures("known")
def test_a_model_that_does_not_beat_a_simple_one() -> None:
    rows = [{"name": "majority class", "beaten": True}, {"name": "regression", "beaten": False}]
    one, other = result("main", 60, baselines=rows[:1]), result("wider", 20, baselines=rows)
    said = compare.comparison(one, other)
    assert "B is not for sure better on test than regression." in said
    assert "A is not for sure better" not in said
