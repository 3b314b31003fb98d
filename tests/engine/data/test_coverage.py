"""Splits that lack a class are named with counts, and with how many more examples would fix it."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from conftest import shipped

from samebits.core.sections import Data
from samebits.data.coverage import coverage_findings
from samebits.data.findings import DataFinding
from samebits.data.splits import SPLITS

DEFAULTS = shipped(Data)
ENOUGH = dict.fromkeys(SPLITS, 9)


def findings_of(other: dict[str, int], **changed: Any) -> list[DataFinding]:
    counts = {(split, "a"): count for split, count in ENOUGH.items()}
    counts |= {(split, "b"): count for split, count in other.items()}
    grouped = bool(changed.get("group"))
    return list(coverage_findings(Counter(counts), replace(DEFAULTS, **changed), grouped=grouped))


@pytest.mark.parametrize(
    ("other", "changed", "words"),
    [
        # 0.85 ** 28 is 0.0106, 0.85 ** 29 is 0.0090.
        ({"train": 5, "dev": 1}, {}, "test (it has 5 train, 0 train-dev, 1 dev, 0 test); about 29"),
        ({"train": 5, "test": 1}, {"dev_fraction": 0.5}, "about 7 more examples"),
        ({"train": 5}, {"test_fraction": 0.01}, "about 459 more examples would make that unlikely"),
        ({"train": 5}, {"group": "p[0-9]+"}, "about 29 more groups of examples would"),
        (
            {"train": 5},
            {"evaluate_on": "*/x-*"},
            "or widen data.evaluate_on '*/x-*', or accept it",
        ),
        ({"dev": 1, "test": 2}, {}, "train (it has 0 train, 0 train-dev, 1 dev, 2 test); about 5"),
        ({"dev": 1, "test": 2}, {"train_fraction": 0.1}, "or raise data.train_fraction, 0.1."),
        ({"dev": 1, "test": 2, "left out": 3}, {"train_on": "x"}, "2 test, 3 left out); about 5"),
    ],
)
def test_a_class_that_a_split_lacks(other: dict[str, int], changed: Any, words: str) -> None:
    (finding,) = findings_of(other, **changed)
    assert words in finding.message
    assert finding.classes == ("b",)


def test_train_dev_may_lack_a_class() -> None:
    """It is there to measure variance, by the share that went wrong."""
    assert findings_of({"train": 5, "dev": 1, "test": 1}) == []


@pytest.mark.parametrize("split", SPLITS)
def test_an_empty_split_is_told_instead_of_its_classes(split: str) -> None:
    counts = Counter({(name, label): 3 for name in SPLITS for label in "ab" if name != split})
    (finding,) = coverage_findings(counts, DEFAULTS)
    assert (finding.rule, f"falls into {split};" in finding.message) == ("empty-split", True)


def test_without_an_example_there_is_nothing_to_split() -> None:
    assert list(coverage_findings(Counter(), DEFAULTS)) == []
