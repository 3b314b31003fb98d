"""The spread over seeds is kept apart from that over examples."""

import pytest

from samebits.diagnosis.words import WORDS
from samebits.experiments import seeds


def test_both_spreads() -> None:
    metrics = [
        {"metric": "f1", "score": score, "interval": [score - 0.1, score + 0.1], "accepted": ok}
        for score, ok in ((0.5, True), (0.6, True), (0.7, False))
    ]
    said = seeds.summary(metrics, WORDS["class"])
    assert "over 3 seeds: mean 0.600000, 0.500000 to 0.700000" in said
    assert "standard deviation 0.100000" in said
    assert "± 0.100000 on average" in said
    assert "accepted: 2 of 3" in said


def test_the_names_say_seed_and_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = dict[str, dict[str, int]]()
    monkeypatch.setattr(seeds, "head", lambda: "abc")
    monkeypatch.setattr(seeds, "run_missing", asked.update)
    assert seeds.run_seeds(5, 2) == ["seed-6-abc", "seed-7-abc"]
    assert asked["seed-7-abc"] == {"reproducibility.seed": 7}
