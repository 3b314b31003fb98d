"""Accepted models by score, with ties and a correction for many; incomparable ones are named."""

from collections.abc import Callable

import pytest
from documented import keys, printed

from samebits.cli import rank
from samebits.cli.rank import ranking, record
from samebits.console.errors import UserError
from samebits.metrics.results import Result

Make = Callable[..., Result]


@pytest.fixture(autouse=True)
def _one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other seeds were run."""
    monkeypatch.setattr(rank, "spread_over_seeds", lambda *_: None)


def table(said: str) -> list[list[str]]:
    """The rows of the table, word by word."""
    return [line.split() for line in said.partition("\n\n")[0].splitlines()]


def test_the_order(result: Make) -> None:
    others = [
        result("rejected", 0, met=False),
        result("near", 12),
        result("bad", 90),
        result("unmeasured", 13, met=None),
    ]
    said = ranking(result("HEAD", 10), others)
    assert table(said) == [
        ["place", "dev", "accuracy", "name"],
        ["1", "0.975000", "HEAD"],
        ["1", "0.970000", "near"],
        ["1", "0.967500", "unmeasured", "latency", "not", "measured", "here"],
        ["4", "0.775000", "bad"],
        ["-", "1.000000", "rejected", "misses", "a", "constraint"],
    ]
    assert (
        "Place 1 includes everything that these examples cannot distinguish from the best." in said
    )
    # A model that misses a constraint is not a candidate.
    assert "4 candidates: each is compared with the best at 98.33 % instead of 95 %" in said


def test_test_is_for_the_final_look(result: Make) -> None:
    """On dev, unless test is asked for, and then it says what that costs."""
    better, worse = result("better on dev", 10), result("HEAD", 60)
    better.metrics["test"], better.predictions["test"] = {"accuracy": 0.5}, worse.scored("test")
    assert [row[1] for row in table(ranking(worse, [better]))[1:]] == ["0.975000", "0.850000"]
    assert "look at test" not in ranking(worse, [better])
    said = ranking(worse, [better], split="test")
    assert table(said)[0] == ["place", "test", "accuracy", "name"]
    assert [row[1] for row in table(said)[1:]] == ["0.850000", "0.500000"]
    assert said.endswith("looks better there than it is.\n")
    with pytest.raises(UserError, match="'HEAD' has no split 'val'; its splits are dev, test"):
        ranking(worse, [better], split="val")


def test_two_need_no_correction(result: Make) -> None:
    said = ranking(result("HEAD", 60), [result("wider", 10)])
    assert [row[0::2] for row in table(said)[1:]] == [["1", "wider"], ["2", "HEAD"]]
    assert "candidates" not in said
    assert "Left out" not in said


def test_nobody_wins_by_a_missed_constraint(result: Make) -> None:
    said = ranking(result("HEAD", 60), [result("best", 0, met=False)])
    assert [row[0] for row in table(said)[1:]] == ["1", "-"]
    everyone = ranking(result("HEAD", 60, met=False), [result("best", 0, met=False)])
    assert [row[0::2][:2] for row in table(everyone)[1:]] == [["-", "best"], ["-", "HEAD"]]


def test_what_was_scored_otherwise_is_left_out(result: Make) -> None:
    others = [
        result("by f1", metric="macro_f1"),
        result("fewer", count=396),
        result("hens", classes=("cat", "dog", "fox", "hen")),
        result("wider", 12),
    ]
    said = ranking(result("HEAD"), others)
    assert len(table(said)) == 3
    assert said.endswith(
        "Left out, scored on other examples or by another metric: by f1, fewer, hens.\n"
    )


def test_an_experiment_whose_outputs_are_gone_is_left_out_by_name(
    result: Make, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]
) -> None:
    def read(name: str) -> Result:
        if name in ("gone", "cccccccccc"):
            raise UserError(f"reports/metrics.json of '{name}' is neither here nor on a remote.")
        return result(name)

    commits = {"wider": ["a"], "gone": ["b"], "twice": ["c" * 40, "d" * 40]}
    monkeypatch.setattr(rank, "read_result", read)
    monkeypatch.setattr(rank, "experiments", lambda: commits)
    said = verb("rank")
    # Several experiments with one name are called by their commits.
    assert [row[-1] for row in table(said)[1:]] == ["HEAD", "dddddddddd", "wider"]
    for name in ("gone", "cccccccccc"):
        assert f"\nLeft out: reports/metrics.json of '{name}' is neither here nor on a" in said


def test_what_measures_another_experiment_is_no_candidate(
    result: Make, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]
) -> None:
    names = ["seed-1-0123456789", "part-0.125-0123456789", "seed-of-doubt", "wider"]
    monkeypatch.setattr(rank, "read_result", result)
    monkeypatch.setattr(rank, "experiments", lambda: {name: ["a"] for name in names})
    said = verb("rank")
    assert [row[-1] for row in table(said)[1:]] == ["HEAD", "seed-of-doubt", "wider"]
    assert "3 candidates" in said
    assert "Left out: 2 from `samebits exp seeds` and `samebits exp curve`" in said


def test_without_a_result_of_head_there_is_nothing_to_compare_with(
    monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]
) -> None:
    def read(name: str) -> Result:
        raise UserError(f"no outputs of '{name}'")

    monkeypatch.setattr(rank, "read_result", read)
    monkeypatch.setattr(rank, "experiments", lambda: {"wider": ["a"]})
    with pytest.raises(UserError, match="no outputs of 'HEAD'"):
        verb("rank")


def test_head_alone(
    result: Make, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]
) -> None:
    monkeypatch.setattr(rank, "read_result", result)
    monkeypatch.setattr(rank, "experiments", dict)
    assert table(verb("rank"))[1:] == [["1", "0.975000", "HEAD"]]


def test_the_order_for_programs(result: Make) -> None:
    others = [result("rejected", 0, met=False), result("bad", 90), result("other", count=300)]
    content = record(result("HEAD", 10), others, ["gone: it cannot be read."])
    assert printed(content) == keys("rank")
    assert (content["metric"], content["split"]) == ("accuracy", "dev")
    assert [(place["place"], place["name"], place["accepted"]) for place in content["places"]] == [
        (1, "HEAD", True),
        (2, "bad", True),
        (0, "rejected", False),
    ]
    assert content["places"][1]["score"] == 1 - 90 / 400
    assert content["left_out"] == ["other", "gone: it cannot be read."]
