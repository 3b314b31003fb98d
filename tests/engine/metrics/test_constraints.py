"""Constraints: read, refused if no model could meet them, judged with a margin."""

import pytest

from samebits.console.errors import UserError
from samebits.data.targets import Answers
from samebits.metrics.constraints import accepted, judge, parse
from samebits.metrics.intervals import Figure

ANSWERS = Answers("class", ["cat", "big dog"])


@pytest.mark.parametrize(
    ("text", "name", "least", "bound"),
    [
        ("recall[cat] >= 0.9", "recall[cat]", True, 0.9),
        ("latency_ms<=10", "latency_ms", False, 10),
        ("parameters <= 1e6", "parameters", False, 1e6),
        ("expected_calibration_error <= .05", "expected_calibration_error", False, 0.05),
        ("worst_slice >= 0.8", "worst_slice", True, 0.8),
        ("f1[big dog]@path */night/* >= 0.5", "f1[big dog]@path */night/*", True, 0.5),
    ],
)
def test_every_kind(text: str, name: str, least: bool, bound: float) -> None:
    (constraint,) = parse([text], ANSWERS)
    assert (constraint.name, constraint.least, constraint.bound) == (name, least, bound)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["recall[cat] > 0.9"], "`recall.cat. > 0.9` cannot be read; write"),
        (["recal[cat] >= 0.9"], r"did you mean `recall\[class\]`"),
        (["recall[cow] >= 0.9"], "names an unknown class; the classes are cat, big dog"),
        (["accurcy >= 0.9"], r"did you mean `accuracy`\? Constraints may also name parameters, "),
        (["parameters <= 1e999"], "no bound is so large; write a smaller number"),
        (["log_loss <= 1e999"], "no bound is so large"),
        (["log_loss <= 0.5", "log_loss >= 0.6"], "contradict each other: no model can meet both"),
        (["accuracy >= 90"], "between 0 and 1; write 90 % as 0.9"),
        (["log_loss <= -1"], "never negative"),
        (["parameters <= -1"], "never negative"),
        (["parameters@class cat <= 5"], "has no slices"),
        (["accuracy >= 0.9", "accuracy <= 0.8"], "contradict each other: no model can meet both"),
        (
            ["accuracy >= 0.9", "accuracy >= 0.8"],
            "bound the same figure in the same direction; keep one",
        ),
    ],
)
def test_what_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse(texts, ANSWERS)


def test_a_band_is_no_contradiction() -> None:
    assert len(parse(["parameters >= 1e3", "parameters <= 1e6"], ANSWERS)) == 2


def test_met_missed_and_by_how_much() -> None:
    texts = ["accuracy >= 0.9", "log_loss <= 0.5", "parameters <= 1000", "latency_ms <= 10"]
    known: dict[str, Figure | float] = {
        "accuracy": Figure(0.92, 0.85, 0.95, 0.02),
        "log_loss": Figure(0.7, 0.6, 0.8, 0.05),
        "parameters": 1000,
    }
    verdicts = judge(parse(texts, ANSWERS), known)
    assert [verdict["met"] for verdict in verdicts] == [True, False, True, None]
    assert [verdict.get("margin") for verdict in verdicts] == [0.02, -0.2, 0, None]
    assert [verdict.get("sure") for verdict in verdicts] == [False, True, True, None]
    assert not accepted(verdicts)
    assert accepted([verdicts[0], verdicts[2], verdicts[3]])


def test_what_is_written_decides() -> None:
    """The value as shown, with six decimals: no model misses 0.9 with 0.900000."""
    (verdict,) = judge(
        parse(["accuracy >= 0.9"], ANSWERS), {"accuracy": Figure(0.9 - 1e-9, 0, 1, 0.1)}
    )
    assert verdict["met"]
