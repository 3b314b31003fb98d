"""The spread over seeds stands apart from that over examples."""

import pytest

from {{cookiecutter.__package_name}}.errors import UserError
from {{cookiecutter.__package_name}}.experiments import seeds


def test_both_spreads() -> None:
    metrics = [
        {"metric": "f1", "score": score, "interval": [score - 0.1, score + 0.1], "accepted": ok}
        for score, ok in ((0.5, True), (0.6, True), (0.7, False))
    ]
    said = seeds.summary(metrics)
    assert "over 3 seeds: mean 0.600000, 0.500000 to 0.700000" in said
    assert "standard deviation 0.100000" in said
    assert "± 0.100000 on average" in said
    assert "accepted: 2 of 3" in said


def test_what_failed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[str, ...]]()
    monkeypatch.setattr(seeds, "_dvc", lambda *arguments: asked.append(arguments))
    monkeypatch.setattr(seeds, "experiments", dict)
    monkeypatch.setattr(seeds, "git", lambda *_: type("Done", (), {"stdout": ""}))
    with pytest.raises(UserError, match="seed-6-, seed-7- did not end well; 'dvc queue logs"):
        seeds.run_seeds(5, 2)
    assert [one[-1] for one in asked] == [
        *("reproducibility.seed=6", "reproducibility.seed=7", "--run-all")
    ]


def test_changes_that_are_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "git", lambda *_: type("Done", (), {"stdout": " M params.yaml"}))
    with pytest.raises(UserError, match="not committed"):
        seeds.run_seeds(0, 2)
