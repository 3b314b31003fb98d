"""Each seed's score, and both spreads; an invalid number of seeds is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import configured

from samebits.cli import exp_seeds
from samebits.console.errors import UserError
from samebits.metrics.results import Result


def test_each_seed_and_both_spreads(
    result: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: Callable[..., str],
) -> None:
    asked = list[tuple[int, int]]()

    def run(seed: int, count: int) -> list[str]:
        asked.append((seed, count))
        return ["seed-1", "seed-2"]

    wrong = {"HEAD": 10, "seed-1": 20, "seed-2": 30}
    monkeypatch.chdir(configured(tmp_path).parent)
    monkeypatch.setattr(exp_seeds, "run_seeds", run)
    monkeypatch.setattr(exp_seeds, "read_result", lambda name: result(name, wrong[name]))
    lines = verb("exp seeds", "2").splitlines()
    assert asked == [(0, 2)]
    assert lines[:3] == ["0.975000  HEAD", "0.950000  seed-1", "0.925000  seed-2"]
    assert "over 3 seeds: mean 0.950000, 0.925000 to 0.975000" in lines[4]
    assert "standard deviation 0.025000" in lines[5]


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5", "²", ""])
def test_a_number_that_is_none(
    monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str], count: str
) -> None:
    monkeypatch.setattr(exp_seeds, "run_seeds", lambda *_: pytest.fail("it ran"))
    with pytest.raises(UserError, match=f"'{count}' must be a whole number of at least 1"):
        verb("exp seeds", "--", count)
