"""Better, worse or cannot tell; never on different examples, never by a missed constraint."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from {{ cookiecutter.__package_name }}.commands import compare
from {{ cookiecutter.__package_name }}.commands.compare import comparison, spread_over_seeds
from {{ cookiecutter.__package_name }}.errors import UserError
from {{ cookiecutter.__package_name }}.metrics.results import Result

Make = Callable[..., Result]
BASE = "a" * 40


@pytest.fixture(autouse=True)
def _no_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but one key differs, and no other seeds were run."""
    found = {"params": [("model.width", "8 -> 16")]}
    monkeypatch.setattr(compare, "differing", lambda *_: found)
    monkeypatch.setattr(compare, "experiments", dict)
    done = subprocess.CompletedProcess[str]([], 0, stdout=f"{BASE}\n", stderr="")
    monkeypatch.setattr(compare, "git", lambda *_: done)


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
    assert said.startswith(f"A  main  accuracy {1 - a / 400:.6f} on test\nB  wider  accuracy ")
    assert said.endswith("what else differs:\n  params: model.width  8 -> 16\n")
    assert ("more examples would settle a difference of this size" in said) == (a == 12)


def test_where_lower_is_better(result: Make) -> None:
    one, other = (result(name, wrong, metric="log_loss") for name, wrong in (("a", 60), ("b", 10)))
    assert "B is better by -" in comparison(one, other)
    assert "B is worse by +" in comparison(other, one)


def test_nothing_else_differs(result: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "differing", lambda *_: {})
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


def test_another_data_set(result: Make) -> None:
    assert " on dev" in comparison(result("a"), result("b"), "dev")
    with pytest.raises(UserError, match="there is no data set `val`; there are dev, test"):
        comparison(result("a"), result("b"), "val")


@pytest.mark.parametrize(
    ("met", "verdict", "words"),
    [
        ((True, False), "B scores better by", "B missed a constraint, and cannot win by the score"),
        ((False, True), "B is better by", "A missed a constraint, and cannot win by the score"),
        ((False, False), "B scores better by", "A and B missed a constraint, and cannot win"),
    ],
)
def test_who_misses_a_constraint_never_wins(
    result: Make, met: tuple[bool, bool], verdict: str, words: str
) -> None:
    a, b = result("a", 60, met=met[0]), result("b", 10, met=met[1])
    assert verdict in comparison(a, b)
    assert words in comparison(a, b)
    assert ("on test  not accepted\nB" in comparison(a, b)) == (not met[0])
    # The other way round it is A that scores better.
    assert ("B scores worse by" in comparison(b, a)) == (not met[1])


def test_a_latency_that_was_not_measured(result: Make) -> None:
    assert "on test  latency not measured\n" in comparison(result("a", met=None), result("b"))


def seeds(monkeypatch: pytest.MonkeyPatch, results: dict[str, Result]) -> None:
    """Let these experiments be there; what is not among the results is gone."""

    def read(name: str) -> Result:
        if name not in results:
            raise UserError(f"'{name}' is gone")
        return results[name]

    names = [f"seed-{number}-{BASE[:10]}" for number in (1, 2, 3)]
    other = {"wider": ["c"], f"seed-1-{'b' * 10}": ["d"], f"seed-1-{BASE[:10]}x": ["e"]}
    monkeypatch.setattr(compare, "experiments", lambda: other | {one: ["f"] for one in names})
    monkeypatch.setattr(compare, "read_result", read)


def test_the_spread_over_seeds_is_taken_into_account(
    result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Any = {
        name: result(name, wrong)
        for name, wrong in ((BASE, 10), *((f"seed-{one}-{BASE[:10]}", 40 * one) for one in (1, 2)))
    }
    seeds(monkeypatch, found)
    a, b = result("a", 60), result("b", 10)
    # 10, 40 and 80 wrong of 400; the third seed's outputs are gone.
    assert spread_over_seeds([a, b], "test") == (pytest.approx(0.08780, abs=1e-5), 3)
    said = comparison(a, b)
    assert "Cannot tell: B differs by +0.125" in said
    assert "Taken into account: over 3 seeds the score has a deviation of 0.08779" in said


def test_two_are_too_few_for_a_spread(result: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds(monkeypatch, {name: result(name) for name in (BASE, f"seed-1-{BASE[:10]}")})
    assert spread_over_seeds([result("a"), result("b")], "test") == (0.0, 0)
    assert "other seeds move both" in comparison(result("a"), result("b"))


def test_the_command(
    result: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "read_result", result)
    monkeypatch.setattr(sys, "argv", ["compare", "main", "wider", "--on", "dev"])
    compare.main()
    assert "A  main  accuracy 0.975000 on dev\nB  wider" in capsys.readouterr().out


def test_a_model_that_does_not_beat_a_simple_one(result: Make) -> None:
    rows = [{"name": "majority class", "beaten": True}, {"name": "regression", "beaten": False}]
    one, other = (
        replace(made, metrics={**made.metrics, "baselines": simple})
        for made, simple in ((result("a"), rows[:1]), (result("b"), rows))
    )
    words = "is not for sure better on test than regression."
    assert f"\nB {words}\n" in comparison(one, other)
    assert f"\nA {words}\n" in comparison(other, one)
    # Nothing is said of results from before there were simple models.
    assert "not for sure" not in comparison(result("a"), result("b"))
