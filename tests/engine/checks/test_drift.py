"""How far the data has moved since the last release of other data."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, shipped

from samebits.checks.columns import Columns
from samebits.checks.drift import (
    BINS,
    FILE,
    Release,
    Statistics,
    distance,
    drift_findings,
    last_release,
    statistics,
    write_reference,
)
from samebits.console.errors import UserError
from samebits.core.sections import Data

STATISTICS = {kind: [1] * bins for kind, bins in BINS.items()}


def release(version: str, data: str) -> Release:
    return {"version": version, "data": data, "statistics": STATISTICS}


def report(path: Path, data: str) -> Path:
    path.write_text(json.dumps({"version": data, "statistics": STATISTICS}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ([1, 2, 3], [2, 4, 6], 0.0),
        ([1, 0, 0], [0, 0, 9], 1.0),
        ([2, 2, 0], [2, 0, 2], 0.5),
        ([0, 0, 0], [1, 2, 3], 0.0),
        ([1, 2, 3], [0, 0, 0], 0.0),
    ],
)
def test_the_distance_between_two_histograms(
    before: list[int], now: list[int], moved: float
) -> None:
    assert distance(before, now) == moved


def test_the_file_that_is_shipped_knows_no_release() -> None:
    assert last_release(ROOT / FILE, "any") is None
    assert (ROOT / FILE).exists()


def test_released_data_are_compared_with_the_release_before(tmp_path: Path) -> None:
    path, made = tmp_path / "reference.json", tmp_path / "data.json"
    assert last_release(path, "one") is None
    write_reference(report(made, "one"), "1.0", path)
    assert last_release(path, "one") is None
    assert last_release(path, "two") == release("1.0", "one")
    write_reference(report(made, "two"), "1.1", path)
    assert last_release(path, "two") == release("1.0", "one")
    assert last_release(path, "three") == release("1.1", "two")
    # Only labels are corrected.
    write_reference(report(made, "two"), "1.2", path)
    assert last_release(path, "two") == release("1.0", "one")
    assert last_release(path, "three") == release("1.2", "two")
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "7",
        '{"a": 1}',
        "[{}]",
        '[{"version": "1", "data": "a", "statistics": {"size": []}}]',
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "reference.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="is not what a release writes; restore it from Git"):
        last_release(path, "any")


@pytest.mark.parametrize("content", [None, "", "{}", "[]", "7"])
def test_a_release_needs_the_report_of_validation(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "data.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="is not what the validate stage writes; run 'dvc repro v"):
        write_reference(tmp_path / "data.json", "1.0", tmp_path / "reference.json")
    assert not (tmp_path / "reference.json").exists()


def known(facts: Sequence[dict[str, Any]], columns: Columns | None = None) -> Statistics:
    """The counts for examples with such facts, and for columns, as read back from a file."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE files (problem, facts, width, height, brightness)")
    rows = ((json.dumps(known_facts), known_facts.get("width", 0)) for known_facts in facts)
    database.executemany("INSERT INTO files VALUES ('', ?, ?, 1, NULL)", rows)
    database.execute("INSERT INTO files VALUES ('broken', '{}', 0, 0, NULL)")
    database.execute("CREATE VIEW examples AS SELECT * FROM files WHERE problem = ''")
    return dict(json.loads(json.dumps(statistics(database, columns or {}))))


def moved(before: Statistics, now: Statistics) -> list[str]:
    released: Release = {"version": "1.0", "data": "d", "statistics": before}
    findings = [*drift_findings(now, released, shipped(Data))]
    assert all(finding.rule == "value-drift" for finding in findings)
    return [
        finding.message.partition(" % of the examples have moved since data version 1.0")[0]
        for finding in findings
    ]


def test_facts_of_any_example_are_looked_at() -> None:
    texts = [{"length": 10 + number % 7, "words": "a", "cut": 0} for number in range(100)]
    before = known(texts)
    assert before["numbers"]["fact cut"] == {"0.0": 100}
    assert sum(before["numbers"]["fact length"].values()) == 100
    assert moved(before, known(texts[::-1])) == []
    longer = [{"length": (10 + at % 7) * (2 if at % 4 == 0 else 1)} for at in range(100)]
    assert moved(before, known(longer)) == ["fact length: 25.0"]
    assert moved(known([{}]), known(texts)) == []  # a new statistic has not moved


def test_what_images_have_rules_for_is_not_counted_twice() -> None:
    statistics = known([{"width": 9, "height": 9, "brightness": 0.5, "used": 12, "mode": "L"}])
    assert set(statistics) == {"size"}


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -1.0, 1e300, -3e-300, 7, 12345678901234567890])
def test_any_number_has_a_step(value: float) -> None:
    ((step, count),) = known([{"x": value}])["numbers"]["fact x"].items()
    assert count == 1
    assert abs(float(step)) <= abs(value) <= 1.25 * abs(float(step))
    assert float(step) * value >= 0


def test_columns_are_looked_at_where_they_are_not_missing() -> None:
    drawn = np.random.default_rng(0)
    there = drawn.random(1000) < 0.9

    def columns(shift: float, share: float) -> Columns:
        numbers = drawn.normal(size=1000) + shift
        return {
            "age": (np.where(there, numbers, 999.0), there),
            "town": (np.where(np.arange(1000) < 1000 * share, 7, 8), np.ones(1000, dtype=bool)),
            "name": (np.arange(1000) + (0 if share == 0.5 else 5000), np.ones(1000, dtype=bool)),
        }

    before = known([], columns(0.0, 0.5))
    assert sum(before["numbers"]["column age"].values()) == there.sum()
    assert len(before["categories"]["column name"]) == 101  # a hundred, and all others
    assert moved(before, known([], columns(0.0, 0.5))) == []
    # A tenth of a column with all different names is counted: no more can be seen to move.
    shifted, town = moved(before, known([], columns(1.0, 0.3)))
    assert shifted.startswith("column age: ")
    assert town == "column town: 20.0"


@pytest.mark.parametrize("damage", [[1], {"age": 3}, {"age": {"x": 1}}, {"age": {"1.0": "two"}}])
def test_damaged_counts_are_refused(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "reference.json"
    content = [{**release("1.0", "one"), "statistics": {**STATISTICS, "numbers": damage}}]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="is not what a release writes; restore it from Git"):
        last_release(path, "two")
