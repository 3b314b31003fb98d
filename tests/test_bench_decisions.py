"""The bench of decisions says what it found, and 100,000 predictions keep their bounds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bench_decisions

PROJECT = Path("a-project")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, float]]:
    """Rows that a worker prints, by name."""
    rows: dict[str, dict[str, float]] = {}

    def run(*_: Any) -> Iterator[str]:
        return iter([json.dumps(row) for row in rows.items()])

    monkeypatch.setattr(bench_decisions, "run", run)
    return rows


@pytest.mark.parametrize(("lowest", "good"), [(0.93, True), (0.84, False)])
def test_intervals(
    said: dict[str, Any], capsys: pytest.CaptureFixture[str], lowest: float, good: bool
) -> None:
    said |= {"100": dict.fromkeys("abcde", 0.95), "300": {"a": lowest, "b": 0.98}}
    figures = bench_decisions.intervals(PROJECT, 1000)
    assert all(figure.good for figure in figures) == good
    shown = capsys.readouterr().out
    assert "!98.0" in shown and "!95.0" not in shown
    assert ("!84.0" in shown) != good


@pytest.mark.parametrize(
    ("share", "false", "good"), [(0.9, 0.05, 2), (0.7, 0.05, 1), (0.9, 0.1, 1)]
)
def test_pairs(said: dict[str, Any], share: float, false: float, good: int) -> None:
    names = [
        f"{metric}: {verdict}"
        for metric in ("accuracy", "macro_f1")
        for verdict in ("better", "worse")
    ]
    said["planted"] = {"correlation": 0.4, "points": 3.0} | dict.fromkeys(names, share)
    said["far apart"] = {"correlation": 0.0, "points": 3.0} | dict.fromkeys(names, 0.1)
    said["chance"] = {"correlation": 0.4, "points": 0.0} | dict.fromkeys(names, false / 2)
    figures = bench_decisions.pairs(PROJECT, 500)
    assert [figure.name[:8] for figure in figures] == ["3 points"] * 2 + ["false al"] * 2
    assert sum(figure.good for figure in figures) == 2 * good


@pytest.mark.parametrize(("share", "good"), [(0.02, True), (0.06, False)])
def test_seeds(said: dict[str, Any], share: float, good: bool) -> None:
    said["5 epochs, accuracy"] = {"pairs": 210, "two models": 0.6, "6 seeds known": share}
    (figure,) = bench_decisions.seeds(PROJECT, 21, [5])
    assert figure.good == good


def test_a_worker_that_fails_is_no_figure(tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit(3)", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"fails\.py failed"):
        list(bench_decisions.run(tmp_path, tmp_path, script, []))


@pytest.mark.slow
def test_a_hundred_thousand_predictions(built: Path) -> None:
    """In seconds of the processor, which other programs hardly move."""
    figures = bench_decisions.speed(built, 100_000, classes=(10,))
    assert all(figure.good for figure in figures), [figure.line() for figure in figures]


@pytest.mark.long
@pytest.mark.slow
def test_what_is_said_of_models_can_be_relied_on(built: Path) -> None:
    """With fewer simulations than the bench: the figures that need no more."""
    mean, _, lowest = bench_decisions.intervals(built, 200)
    figures = [mean, lowest, *bench_decisions.pairs(built, 200)]
    assert all(figure.good for figure in figures), [figure.line() for figure in figures]
