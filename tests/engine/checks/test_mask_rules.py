"""Wrong or odd masks are found and named, and good ones have no finding."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pairs
import pytest
from mask_defects import OF_MASKS
from pairs import NAMES, drawn, filled, pair, png

from samebits.data.decoder import Decoder
from samebits.data.findings import RULES, Table
from samebits.data.readers import Pairs
from samebits.training.pixel_forest import out_of_fold

Check = Callable[..., tuple[dict[str, Any], Table]]


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    return filled(tmp_path / "pairs", 60)


@pytest.fixture
def looked(check: Check, tmp_path: Path) -> Check:
    def other(_: Decoder) -> Decoder:
        return pairs.decoder(tmp_path / "yours")

    def run(raw: Path, **changes: Any) -> tuple[dict[str, Any], Table]:
        given = {"reader": Pairs(), "target": "mask", "wrapped": other, "classes": NAMES}
        return check(raw, out_of_fold, **given | {"near_duplicate": 0.0} | changes)

    return run


def test_good_masks_have_no_finding(masks: Path, looked: Check) -> None:
    summary, table = looked(masks)
    assert summary["findings"] == [] and table.refusal() == ""
    counts = sum(np.bincount(drawn(number)[1].ravel(), minlength=3) for number in range(60))
    assert summary["answers"] == {"pixels": np.asarray(counts).tolist()}
    assert (summary["classes"], summary["examples"]) == ({}, 60)
    assert summary["labels_examined"] == 60


@pytest.mark.parametrize("rule", OF_MASKS)
def test_a_planted_defect_is_found_and_named(masks: Path, looked: Check, rule: str) -> None:
    plant, words, beside, settings = OF_MASKS[rule]
    plant(masks)
    summary, table = looked(masks, **settings)
    assert {*summary["found"]} - {*beside} == {rule}
    messages = [finding["message"] for finding in summary["findings"] if finding["rule"] == rule]
    assert any(words in message for message in messages), messages
    assert bool(table.refusal()) == RULES[rule].error or beside


def test_copies_are_told_in_the_words_of_masks(masks: Path, looked: Check) -> None:
    pair(masks, "copy", 3)
    summary, _ = looked(masks)
    (finding,) = summary["findings"]
    assert finding["rule"] == "copies"
    assert finding["message"].startswith(
        "images/003.png (mask) and others, 2 files: the same example"
    )


def test_near_duplicates_say_nothing_of_the_paths_of_masks(masks: Path, looked: Check) -> None:
    image, mask = drawn(3)
    image[0, 0] ^= 1
    pair(masks, "near", 3, image=png(image), mask=png(mask))
    summary, _ = looked(masks, near_duplicate=0.01)
    messages = [finding["message"] for finding in summary["findings"]]
    assert len(messages) == 1 and "labels" not in messages[0]


def test_a_correction_does_not_fit(masks: Path, looked: Check) -> None:
    md5 = {source.path: source for source in Pairs().sources(masks)}["images/000.png"]
    known = Pairs().md5(Pairs().content(md5, masks))
    row = f"{known},masks/000.png,masks/001.png,me,it is\n"
    masks.with_name("corrections.csv").write_text("md5,old,new,who,why\n" + row, encoding="utf-8")
    summary, _ = looked(masks)
    (finding,) = summary["findings"]
    assert finding["rule"] == "corrections" and "an answer is a mask" in finding["message"]
