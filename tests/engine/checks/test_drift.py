"""How far the data have moved since the last release of other data."""

import json
from pathlib import Path

import pytest
from conftest import ROOT

from samebits.checks.drift import BINS, FILE, Release, distance, last_release, write_reference
from samebits.console.errors import UserError

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
