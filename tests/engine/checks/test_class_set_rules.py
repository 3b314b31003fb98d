"""Answers of several classes: each rule finds its own defect, and is silent about good data."""

from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from class_set_defects import COUNT, OF_CLASS_SETS, hardly_missing, image, read, write, written
from defects import CORRECTIONS

from samebits.data.findings import RULES, Table
from samebits.data.readers import FOLDERS, Labels
from samebits.training import logistic_regression, softmax_regression

Check = Callable[..., tuple[dict[str, Any], Table]]
BESIDE = {
    "small-class": {"unlearnt-class", "unseen-class", "imbalance", "label-error"},
    "similar-classes": {"unseen-class", "imbalance", "label-error"},
    "two-labels": {"two-splits"},
}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    written(tmp_path / "raw")
    return tmp_path / "raw"


@pytest.fixture
def check_sets(check: Check, raw: Path) -> Callable[..., tuple[dict[str, Any], Table]]:
    def run(**changes: Any) -> tuple[dict[str, Any], Table]:
        given = {"target": "classes", "reader": Labels("kinds", several=True)}
        quiet = {"near_duplicate": 0.0, "label_error": 0.8}
        return check(raw, logistic_regression.out_of_fold, **given | quiet | changes)

    return run


@pytest.mark.parametrize("rule", OF_CLASS_SETS)
def test_a_planted_defect_is_found_and_named(raw: Path, check_sets: Check, rule: str) -> None:
    plant, words = OF_CLASS_SETS[rule]
    plant(raw)
    summary, table = check_sets()
    assert {*summary["found"]} - BESIDE.get(rule, set()) == {rule}
    messages = [finding["message"] for finding in summary["findings"] if finding["rule"] == rule]
    assert any(words in message for message in messages), messages
    assert (rule in table.refusal()) == RULES[rule].error


def test_good_data_has_no_finding_and_is_described(check_sets: Check) -> None:
    summary, _ = check_sets()
    assert summary["found"] == {}
    assert summary["labels_examined"] == COUNT == summary["examples"]
    each = COUNT // 2
    assert summary["classes"] == {"bottom": each, "left": each, "none": COUNT // 8, "right": each}


def test_a_doubt_says_which_class(raw: Path, check_sets: Check) -> None:
    OF_CLASS_SETS["label-error"][0](raw)
    (row,) = check_sets()[0]["findings"]
    assert "sure that right is not there; correct it in data/corrections.csv" in row["message"]
    write(raw, read(raw) | {"011.png": "left"})
    (row,) = check_sets()[0]["findings"]
    assert row["paths"] == ["011.png"]
    assert "sure that bottom is there; correct it" in row["message"]


def test_a_class_that_hardly_an_example_lacks(raw: Path, check_sets: Check) -> None:
    hardly_missing(raw)
    messages = [finding["message"] for finding in check_sets()[0]["findings"]]
    assert any(
        "only 2 example(s) lack seen, fewer than data.least_examples" in message
        for message in messages
    )


def test_classes_that_are_expected(check_sets: Check) -> None:
    summary, _ = check_sets(classes=("bottom", "left", "top"))
    messages = [finding["message"] for finding in summary["findings"]]
    assert messages == [
        "top has no example, but data.classes expects it; add some.",
        "right is not in data.classes; rename it or add it there.",
    ]


def test_a_class_that_no_split_learns(raw: Path, check_sets: Check) -> None:
    messages = [finding["message"] for finding in check_sets(least_examples=1)[0]["findings"]]
    assert messages == []
    rows = read(raw)
    write(raw, rows | {"003.png": rows["003.png"] + ";odd"})
    summary, _ = check_sets(least_examples=1)
    rules = {finding["rule"]: finding["classes"] for finding in summary["findings"]}
    lacking = {"unlearnt-class", "unseen-class"} & {*rules}
    assert lacking and all(rules[rule] == ["odd"] for rule in lacking)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("left", ""),
        ("none", ""),
        ("right;left", "right;left must be written left;right; correct the line"),
        ("left;left", "left;left names the class left twice; remove one of them; correct the line"),
        ("left;top", "there is no class top; correct the line or add it"),
    ],
)
def test_a_correction(raw: Path, check_sets: Check, tmp_path: Path, new: str, words: str) -> None:
    known = md5((raw / "003.png").read_bytes()).hexdigest()
    image(raw / "003.png", new, 3)
    changed = md5((raw / "003.png").read_bytes()).hexdigest()
    assert known != changed
    row = f"{changed},bottom;left,{new},me,seen again\n"
    (tmp_path / "corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
    summary, _ = check_sets(label_error_examples=0)
    messages = [
        finding["message"] for finding in summary["findings"] if finding["rule"] == "corrections"
    ]
    assert len(messages) == bool(words) and all(words in message for message in messages)
    if not words:
        assert summary["found"] == {}
        assert summary["classes"]["bottom"] == COUNT // 2 - 1


def test_what_is_declared_as_one_class_and_is_several(raw: Path, check: Check) -> None:
    summary, table = check(
        raw, softmax_regression.out_of_fold, reader=Labels("kinds"), near_duplicate=0.0
    )
    (words,) = (
        finding["message"] for finding in summary["findings"] if finding["rule"] == "many-classes"
    )
    assert words.startswith(
        "4 answers name several classes with ';' between them, such as bottom;left"
    )
    assert "set task.target to classes" in words and words in table.refusal()


def test_names_with_the_sign_that_are_one_class(tmp_path: Path, check: Check) -> None:
    raw = tmp_path / "plain"
    for at in range(24):
        image(raw / ("a;b" if at % 2 else "c") / f"{at}.png", "", at)
    summary, _ = check(raw, reader=FOLDERS, near_duplicate=0.0)
    assert "many-classes" not in summary["found"]
