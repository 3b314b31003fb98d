"""Splits that lack a class are told with counts, and with how many more pictures would mend it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from conftest import picture

from samebits.core.sections import Data
from samebits.core.config import read
from samebits.data.coverage import coverage_findings
from samebits.data.findings import Finding, Table
from samebits.data.splits import SPLITS, split_of

Check = Callable[..., tuple[dict[str, Any], Table]]
DEFAULTS = read(Data, Path(__file__).parents[2] / "params.yaml")
ENOUGH = dict.fromkeys(SPLITS, 9)


def found(other: dict[str, int], **changed: Any) -> list[Finding]:
    counts = {(split, "a"): count for split, count in ENOUGH.items()}
    counts |= {(split, "b"): count for split, count in other.items()}
    return list(coverage_findings(Counter(counts), replace(DEFAULTS, **changed)))


def test_forty_classes_of_twelve_pictures(tmp_path: Path, check: Check) -> None:
    """With the fractions of params.yaml a class in seven has none in dev, and another in test."""
    raw, splits = tmp_path / "raw", Counter[tuple[str, str]]()
    for label in range(40):
        (raw / f"c{label}").mkdir(parents=True)
        for number in range(12):
            content = picture(label, number)
            (raw / f"c{label}/{number}.png").write_bytes(content)
            splits[split_of("", md5(content).hexdigest(), DEFAULTS), f"c{label}"] += 1
    fractions = {"train_dev_fraction": 0.05, "dev_fraction": 0.15, "test_fraction": 0.15}
    summary, table = check(raw, near_duplicate=0.0, **fractions)
    lacking = {
        f"c{label}"
        for label in range(40)
        for split in ("dev", "test")
        if not splits[split, f"c{label}"]
    }
    told = [one for one in summary["findings"] if one["rule"] == "unseen-class"]
    assert {*(name for one in told for name in one["classes"])} == lacking
    assert len(told) == len(lacking) > 5
    for one in told:
        (name,) = one["classes"]
        counts = re.findall(r"(\d+) (?:train|dev|test)", one["message"])
        assert [int(count) for count in counts] == [splits[split, name] for split in SPLITS]
    assert "class that dev or test lacks (unseen-class)" in table.refusal()
    reason = "rule,subject,md5,reason\nunseen-class,c*,,there are no more pictures\n"
    (tmp_path / "accepted.csv").write_text(reason, encoding="utf-8")
    assert check(raw, near_duplicate=0.0, **fractions)[1].refusal() == ""


@pytest.mark.parametrize(
    ("other", "changed", "words"),
    [
        # 0.85 ** 28 is 0.0106, 0.85 ** 29 is 0.0090.
        ({"train": 5, "dev": 1}, {}, "test (it has 5 train, 0 train-dev, 1 dev, 0 test); about 29"),
        ({"train": 5, "test": 1}, {"dev_fraction": 0.5}, "about 7 more pictures"),
        ({"train": 5}, {"test_fraction": 0.01}, "about 459 more pictures would make that unlikely"),
        ({"train": 5}, {"group": "p[0-9]+"}, "about 29 more groups of pictures would"),
        ({"train": 5}, {"target": "*/x-*"}, "fraction, or widen data.target '*/x-*', or accept it"),
        ({"dev": 1, "test": 2}, {}, "train (it has 0 train, 0 train-dev, 1 dev, 2 test); about 5"),
        ({"dev": 1, "test": 2}, {"train_fraction": 0.1}, "or raise data.train_fraction, 0.1."),
        ({"dev": 1, "test": 2, "left out": 3}, {"source": "x"}, "2 test, 3 left out); about 5"),
    ],
)
def test_a_class_that_a_split_lacks(other: dict[str, int], changed: Any, words: str) -> None:
    (one,) = found(other, **changed)
    assert words in one.message
    assert one.classes == ("b",)


def test_train_dev_may_lack_a_class() -> None:
    """It is there to tell variance, by the share that went wrong."""
    assert found({"train": 5, "dev": 1, "test": 1}) == []


@pytest.mark.parametrize("split", SPLITS)
def test_an_empty_split_is_told_instead_of_its_classes(split: str) -> None:
    counts = Counter({(name, label): 3 for name in SPLITS for label in "ab" if name != split})
    (one,) = coverage_findings(counts, DEFAULTS)
    assert (one.rule, f"falls into {split};" in one.message) == ("empty-split", True)


def test_without_a_picture_there_is_nothing_to_split() -> None:
    assert list(coverage_findings(Counter(), DEFAULTS)) == []
