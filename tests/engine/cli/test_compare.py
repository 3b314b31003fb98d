"""Two models: better, worse or cannot tell; and, separately, the idea in which they differ.

Never on different examples, and never a winner that misses a constraint.
"""

from collections.abc import Callable
from typing import Any

import pytest
from documented import keys, printed

from samebits.cli import compare, rank
from samebits.cli.compare import compared, comparison, record
from samebits.console.errors import UserError
from samebits.metrics.comparison import Spread
from samebits.metrics.results import Result

Make = Callable[..., Result]
IDEA = {"params": [("model.width", "8 -> 16")], "code": []}
SEED = {"params": [("reproducibility.seed", "0 -> 1"), ("runtime.workers", "0 -> 2")]}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the repository knows: the differences, and the spread over seeds by a result's name."""
    state: dict[str, Any] = {"differing": IDEA, "spreads": {}}
    monkeypatch.setattr(compare, "differing", lambda *_: state["differing"])
    for module in (compare, rank):
        monkeypatch.setattr(
            module,
            "spread_over_seeds",
            lambda result, *_: state["spreads"].get(result.revision.name),
        )
    return state


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (60, 10, "B is better by +0.125000 (+0."),
        (10, 60, "B is worse by -0.125000 (-0."),
        (12, 10, "Cannot tell: B differs by +0.005000 (-0."),
        (10, 10, "The two score the same; more examples would not settle it."),
    ],
)
def test_the_verdict(result: Make, a: int, b: int, words: str) -> None:
    said = comparison(result("main", a), result("wider", b))
    assert words in said
    assert said.startswith(f"A  main  accuracy {1 - a / 400:.6f} on dev\nB  wider  accuracy ")
    assert said.endswith("what else differs:\n  params: model.width  8 -> 16\n")
    assert ("more examples would settle a difference of this size" in said) == (a == 12)


def test_where_lower_is_better(result: Make) -> None:
    first, other = (
        result(name, wrong, metric="log_loss") for name, wrong in (("a", 60), ("b", 10))
    )
    assert "B is better by -" in comparison(first, other)
    assert "B is worse by +" in comparison(other, first)


def test_nothing_else_differs(result: Make, known: dict[str, Any]) -> None:
    known["differing"] = {}
    assert comparison(result("a"), result("b")).endswith("what else differs:\n  nothing\n")


def test_another_metric(result: Make) -> None:
    with pytest.raises(UserError, match="A decides by accuracy and B by macro_f1; give both the"):
        comparison(result("a"), result("b", metric="macro_f1"))


def test_other_examples(result: Make) -> None:
    with pytest.raises(UserError, match=r"different examples \(400 and 396, 4 of them on one side"):
        comparison(result("a"), result("b", count=396))


def test_other_classes(result: Make) -> None:
    with pytest.raises(UserError, match="A has the classes cat, dog, fox, owl and B cat, dog, fo"):
        comparison(result("a"), result("b", classes=("cat", "dog", "fox", "hen")))


def test_test_is_for_the_final_look(result: Make) -> None:
    """Whoever does not ask for it does not see it; whoever does is told what that costs."""
    said = comparison(result("a"), result("b"))
    assert "test" not in said
    said = comparison(result("a"), result("b"), "test")
    assert " on test\n" in said and " on dev\n" not in said
    assert "\n\nThis was a look at test: choose on dev" in said


def test_a_split_that_is_none(result: Make) -> None:
    with pytest.raises(UserError, match="'a' has no split 'val'; its splits are dev, test"):
        comparison(result("a"), result("b"), "val")


@pytest.mark.parametrize(
    ("met", "verdict", "words"),
    [
        ((True, False), "B scores better by", "B missed a constraint, so no score makes"),
        ((False, True), "B is better by", "A missed a constraint, so no score makes"),
        ((False, False), "B scores better by", "A and B missed a constraint, so no score makes"),
    ],
)
def test_who_misses_a_constraint_never_wins(
    result: Make, met: tuple[bool, bool], verdict: str, words: str
) -> None:
    a, b = result("a", 60, met=met[0]), result("b", 10, met=met[1])
    assert verdict in comparison(a, b)
    assert words in comparison(a, b)
    assert ("on dev  not accepted\nB" in comparison(a, b)) == (not met[0])
    # The other way round, A scores better.
    assert ("B scores worse by" in comparison(b, a)) == (not met[1])


def test_a_latency_that_was_not_measured(result: Make) -> None:
    assert "on dev  latency not measured\n" in comparison(result("a", met=None), result("b"))


def test_two_models_are_told_apart_and_the_idea_is_not(result: Make) -> None:
    said = comparison(result("main", 60), result("wider", 20))
    assert "B is better by +0.100000 (" in said
    assert "as trained." in said
    assert "Cannot tell yet whether the changes cause this, or seed noise." in said
    assert "Run `samebits exp seeds` in A or B to measure seed noise" in said
    assert "params: model.width  8 -> 16" in said
    assert "worse by -0.1" in comparison(result("main", 20), result("wider", 60))


def test_runs_that_differ_in_their_seeds_alone_are_no_idea(
    result: Make, known: dict[str, Any]
) -> None:
    known["differing"] = SEED
    said = comparison(result("main", 60), result("again", 20))
    assert "They differ only in the seed: the difference is seed noise" in said
    assert "The changes make B" not in said
    known["differing"] = {"params": [*SEED["params"], ("model.width", "8 -> 16")]}
    assert "only in the seed" not in comparison(result("main", 60), result("b", 20))


def test_where_nothing_differs(result: Make, known: dict[str, Any]) -> None:
    known["differing"] = {"params": [], "hardware": [("processor", "one -> other")]}
    assert "Nothing differs" in comparison(result("main", 60), result("again", 60))


def test_a_small_spread_over_seeds_lets_the_idea_win(result: Make, known: dict[str, Any]) -> None:
    known["spreads"] = {"main": ("c0ffee" * 6, Spread(0.005, 6))}
    said = comparison(result("main", 60), result("wider", 20))
    assert "The changes make B better by +0.100000 (" in said
    assert "Over 6 seeds of c0ffeec0ff the score has a standard deviation of 0.005000." in said


def test_a_large_spread_over_seeds_does_not(result: Make, known: dict[str, Any]) -> None:
    known["spreads"] = {"wider": ("c0ffee" * 6, Spread(0.08, 6))}
    said = comparison(result("main", 60), result("wider", 20))
    assert "B is better by +0.100000 (" in said
    assert "Cannot tell whether the changes cause this: with seed noise, B differs by +0.1" in said
    assert "More examples would not settle that: the seed moves the score just as much." in said


def test_one_commit_stands_for_both_and_two_for_themselves(
    result: Make, known: dict[str, Any]
) -> None:
    known["spreads"] = dict.fromkeys(("main", "wider"), ("c0ffee", Spread(0.01, 6)))
    assert comparison(result("main", 60), result("wider", 20)).count("Over 6 seeds") == 1
    known["spreads"]["wider"] = ("decade", Spread(0.02, 4))
    said = comparison(result("main", 60), result("wider", 20))
    assert "Over 6 seeds of c0ffee" in said
    assert "Over 4 seeds of decade" in said


def test_the_ranking_takes_the_spread_into_account(result: Make, known: dict[str, Any]) -> None:
    results = result("HEAD", 60), [result("wider", 20)]
    said = rank.ranking(*results)
    assert [line[0] for line in said.splitlines()[1:3]] == ["1", "2"]
    assert "This compares trained models: another seed would move each score." in said
    known["spreads"] = {"HEAD": ("c0ffee", Spread(0.08, 6))}
    said = rank.ranking(*results)
    assert [line[0] for line in said.splitlines()[1:3]] == ["1", "1"]
    assert "as `samebits exp seeds` measured it for 1 of 2" in said


def test_a_model_that_does_not_beat_a_simple_one(result: Make) -> None:
    rows = [{"name": "majority class", "beaten": True}, {"name": "regression", "beaten": False}]
    first, other = result("main", 60), result("wider", 20)
    first.metrics["baselines"], other.metrics["baselines"] = rows[:1], rows
    said = comparison(first, other)
    assert "B is not certainly better on test than regression." in said
    assert "A is not certainly better" not in said


def test_the_verb(result: Make, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]) -> None:
    monkeypatch.setattr(compare, "read_result", result)
    said = verb("compare", "main", "wider")
    assert "A  main  accuracy 0.975000 on dev\nB  wider" in said
    said = verb("compare", "main", "wider", "--split", "test")
    assert "A  main  accuracy 0.975000 on test\nB  wider" in said


def test_what_programs_read(result: Make, known: dict[str, Any]) -> None:
    a, b = result("main", 60), result("wider", 10, met=False)
    content = record(compared(a, b))
    assert printed(content) == keys("compare")
    assert (content["metric"], content["split"], content["examples"]) == ("accuracy", "dev", 400)
    assert content["a"] == {"name": "main", "score": 0.85, "accepted": True}
    assert content["b"] == {"name": "wider", "score": 0.975, "accepted": False}
    models = content["models"]
    assert (models["gain"], models["more"]) == (1, 0)
    assert 0 < models["low"] < models["value"] < models["high"]
    assert content["idea"] is None  # the seed noise is not known
    assert content["differing"] == [{"part": "params", "name": "model.width", "values": "8 -> 16"}]
    known["spreads"] = {"main": ("0" * 40, Spread(0.01, 5))}
    idea = record(compared(a, b))["idea"]
    assert idea["low"] < models["low"]
    known["differing"] = SEED
    assert record(compared(a, b))["idea"] is None
