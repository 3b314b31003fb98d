"""A finding is accepted only if a row gives a reason."""

from pathlib import Path

import pytest
from conftest import ROOT

from samebits.checks.accepted import COLUMNS, FILE, Accepted
from samebits.data.findings import DataFinding

A, B = "a" * 32, "b" * 32
WIDE = DataFinding("odd-size", "words", ("tree/wide.png", "tree/low.png"), (A, B))
SMALL = DataFinding("small-class", "words", classes=("house",))
DRIFT = DataFinding("size-drift", "words")


def accepted(folder: Path, *rows: str) -> Accepted:
    path = folder / "accepted.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    return Accepted.read(path)


def test_the_file_that_is_shipped_accepts_nothing() -> None:
    table = Accepted.read(ROOT / FILE)
    assert (table.rows, table.problems) == ([], [])
    assert (ROOT / FILE).exists()


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ("odd-size,tree/wide.png,,so", WIDE),
        ("odd-size,tree/low.png,,so", WIDE),
        ("odd-size,tree/*,,so", WIDE),
        (f"odd-size,tree/wide.png,{A.upper()},so", WIDE),
        ("small-class,house,,so", SMALL),
        ("size-drift,,,so", DRIFT),
    ],
)
def test_a_row_that_covers(tmp_path: Path, row: str, finding: DataFinding) -> None:
    table = accepted(tmp_path, row)
    (applied,) = table.apply([finding])
    assert applied.accepted == "so"
    assert not applied.stops
    assert list(table.stale()) == []


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ("odd-mode,tree/wide.png,,so", WIDE),
        ("odd-size,tree/other.png,,so", WIDE),
        ("odd-size,,,so", WIDE),
        (f"odd-size,tree/wide.png,{B},so", WIDE),
        ("small-class,tree,,so", SMALL),
        ("size-drift,tree/wide.png,,so", DRIFT),
    ],
)
def test_a_row_that_does_not(tmp_path: Path, row: str, finding: DataFinding) -> None:
    table = accepted(tmp_path, row)
    assert list(table.apply([finding])) == [finding]
    (stale,) = table.stale()
    assert stale.rule == "stale-acceptance"
    assert "accepted.csv, line 2: " in stale.message
    assert " no longer finds anything about " in stale.message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("odd,tree/wide.png,,so", "there is no rule odd; the rules are misplaced, empty-file"),
        ("odd-size,tree/wide.png,,", "the reason is missing; say why the finding is acceptable."),
        ("two-labels,tree/wide.png,,so", "findings of two-labels cannot be accepted, only fixed"),
        ("odd-size,tree/wide.png", "has 2 cells instead of 4"),
    ],
)
def test_a_row_that_cannot_be_used(tmp_path: Path, row: str, words: str) -> None:
    table = accepted(tmp_path, row)
    assert table.rows == []
    (problem,) = table.problems
    assert (problem.rule, problem.stops) == ("acceptance", True)
    assert "accepted.csv, line 2" in problem.message
    assert words in problem.message
