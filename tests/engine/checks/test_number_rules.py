"""Answers that are numbers: each rule finds its own defect, and is silent about good data."""

from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defects import CORRECTIONS
from number_defects import OF_NUMBERS, image

from samebits.data.findings import RULES, Table
from samebits.training.linear_regression import out_of_fold

Check = Callable[..., tuple[dict[str, Any], Table]]
COUNT = 60


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """Images in a folder for each number; larger numbers have brighter images."""
    for at in range(COUNT):
        image(tmp_path / "raw", f"{at / 4 - 5:g}", 20 + 3 * at)
    return tmp_path / "raw"


BESIDE = {
    "few-examples": {"empty-split"},
    "two-answers": {"copies"},
}


@pytest.mark.parametrize("rule", OF_NUMBERS)
def test_a_planted_defect_is_found_and_named(numbers: Path, check: Check, rule: str) -> None:
    plant, words = OF_NUMBERS[rule]
    plant(numbers)
    summary, table = check(numbers, out_of_fold, target="number", near_duplicate=0.0)
    assert {*summary["found"]} - BESIDE.get(rule, set()) == {rule}
    messages = [finding["message"] for finding in summary["findings"] if finding["rule"] == rule]
    assert any(words in message for message in messages), messages
    assert (rule in table.refusal()) == RULES[rule].error


def test_good_data_has_no_finding_and_is_described(numbers: Path, check: Check) -> None:
    summary, _ = check(numbers, out_of_fold, target="number", near_duplicate=0.0)
    assert summary["found"] == {}
    assert summary["labels_examined"] == COUNT == summary["examples"]
    assert summary["classes"] == {}
    answers = summary["answers"]
    assert answers["quartiles"] == [-5, -1.5, 2.25, 6, 9.75]
    assert answers["mean"] == pytest.approx(2.375)
    assert answers["deviation"] == pytest.approx(np.std(np.arange(60) / 4))


def test_a_correction_is_a_number(numbers: Path, check: Check, tmp_path: Path) -> None:
    known = md5((numbers / "1" / "a.png").read_bytes()).hexdigest()
    for new, rules in (("1.00", set()), ("seven", {"corrections", "no-number"})):
        row = f"{known},1,{new},me,read again\n"
        (tmp_path / "corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
        summary, _ = check(numbers, out_of_fold, target="number", near_duplicate=0.0)
        assert {*summary["found"]} == rules
