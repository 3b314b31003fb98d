"""Parts of the training set, with as many steps as for all of it."""

import pytest
from conftest import shipped

from samebits.console.errors import UserError
from samebits.core.sections import Optimization
from samebits.experiments import fractions

OPTIMIZATION = shipped(Optimization)


def test_less_data_has_more_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = dict[str, dict[str, float]]()
    monkeypatch.setattr(fractions, "head", lambda: "abc")
    monkeypatch.setattr(fractions, "run_missing", asked.update)
    names = fractions.run_fractions(0.8, OPTIMIZATION, 0, 2000)
    assert names == ["part-0.125-abc", "part-0.25-abc", "part-0.5-abc"]
    assert asked["part-0.25-abc"] == {
        "data.train_fraction": 0.2,
        "optimization.epochs": 160,
    }
    assert len(fractions.run_fractions(1.0, OPTIMIZATION, 0, 600)) == 2


def test_less_data_stops_early_after_as_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = dict[str, dict[str, float]]()
    monkeypatch.setattr(fractions, "head", lambda: "abc")
    monkeypatch.setattr(fractions, "run_missing", asked.update)
    fractions.run_fractions(1.0, OPTIMIZATION, 3, 2000)
    assert asked["part-0.125-abc"]["regularization.early_stopping"] == 24


def test_parts_must_hold_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fractions, "run_missing", lambda _: pytest.fail("it ran some"))
    with pytest.raises(UserError, match="300 training examples are too few for a learning curve"):
        fractions.run_fractions(1.0, OPTIMIZATION, 0, 300)
