"""Times of every form that can be ordered, and no mix of forms."""

import pytest

from samebits.data.times import Clock

WORDS = "which is neither a number nor a date such as 2026-11-30 or 2026-11-30T08:15"


@pytest.mark.parametrize(
    "ascending",
    [
        ["-3", "-.5", "0", "1e-3", "1.", "+1.5", "9", "10", "1e3"],
        [
            "1969-12-31",
            "1970-01-01T00:00:00.000001",
            "2026-11-30",
            "2026-11-30 08:15",
            "2026-12-01",
        ],
        ["2026-11-30T08:00+02:00", "2026-11-30T06:30Z", "2026-11-30T02:00-05:00"],
    ],
)
def test_before_and_after(ascending: list[str]) -> None:
    clock = Clock("taken")
    times = [clock(text) for text in ascending]
    assert times == sorted(set(times))


def test_the_same_moment() -> None:
    clock = Clock("taken")
    assert clock("2026-11-30") == clock("2026-11-30T00:00:00")
    assert Clock("taken")("1970-01-02T01:00+01:00") == 86_400


@pytest.mark.parametrize(
    ("first", "text", "words"),
    [
        ("1", "", "has no taken; fill it in, or remove the line"),
        ("1", "nan", f"has nan as taken, {WORDS}"),
        ("1", "1_000", f"has 1_000 as taken, {WORDS}"),
        ("1", "1e999", f"has 1e999 as taken, {WORDS}"),
        ("1", "30.11.2026", f"has 30.11.2026 as taken, {WORDS}"),
        ("1", "2026-02-30", f"has 2026-02-30 as taken, {WORDS}"),
        (
            "2026-11-30",
            "2027",
            "has a number as taken, 2027, but others are like 2026-11-30; write all alike",
        ),
        (
            "2026-11-30",
            "2026-11-30T08:00Z",
            "has a date with an offset as taken, 2026-11-30T08:00Z, but others are like "
            "2026-11-30; write all alike",
        ),
    ],
)
def test_what_is_no_time(first: str, text: str, words: str) -> None:
    clock = Clock("taken")
    clock(first)
    with pytest.raises(ValueError) as caught:
        clock(text)
    assert str(caught.value) == words
