"""Every rule finds its own defect, names it, and is silent about good data."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from class_defects import OF_CLASSES, empty_class, many_classes, wrong_label
from class_set_defects import OF_CLASS_SETS
from copy_defects import OF_COPIES, copies, two_labels, two_splits
from defects import ACCEPTED, CORRECTIONS
from file_defects import OF_FILES, acceptance, empty_file, unreadable
from handwritten_digits.data import Input, decode
from image_defects import OF_IMAGES, near_duplicate, odd_size, wrong_type
from mask_defects import OF_MASKS
from number_defects import OF_NUMBERS
from PIL import Image

from samebits.checks import image_rules
from samebits.console.errors import UserError
from samebits.data.example import Decoded
from samebits.data.findings import RULES, Table
from samebits.training.softmax_regression import out_of_fold

Check = Callable[..., tuple[dict[str, Any], Table]]

PLANTED = OF_FILES | OF_CLASSES | OF_COPIES | OF_IMAGES
# About rows: test_columns.py plants these.
OF_COLUMNS = (
    "constant-column",
    "missing-column",
    "leaking-column",
    "cut-content",
    "value-drift",
    "unseen-category",
    "odd-length",
)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_defect_is_found_and_named(raw: Path, check: Check, rule: str) -> None:
    case = PLANTED[rule]
    case.plant(raw)
    summary, table = check(raw, **case.settings)
    assert set(summary["found"]) - set(case.beside) == {rule}
    messages = [finding["message"] for finding in summary["findings"] if finding["rule"] == rule]
    for name in case.names:
        assert any(name in message for message in messages), f"{name!r} is in none of {messages}"
    refusal = table.refusal()
    assert bool(refusal) == RULES[rule].error
    assert all(message in refusal for message in messages) or not RULES[rule].error


def test_every_rule_has_a_planted_defect() -> None:
    planted = {*PLANTED, *OF_CLASS_SETS, *OF_NUMBERS, *OF_MASKS, *OF_COLUMNS}
    assert planted == {*RULES}


@pytest.mark.parametrize("rule", PLANTED)
def test_good_data_has_no_finding(raw: Path, check: Check, rule: str) -> None:
    given = PLANTED[rule].settings
    settings = {
        key: value for key, value in given.items() if key not in ("classes", "reader", "wrapped")
    }
    summary, table = check(raw, **settings)
    assert summary["findings"] == []
    assert summary["errors"] == 0
    assert table.refusal() == ""


def test_one_run_reports_everything(raw: Path, check: Check) -> None:
    planted = (empty_file, unreadable, wrong_type, empty_class, two_labels, odd_size, acceptance)
    for plant in planted:
        plant(raw)
    summary, table = check(raw, classes=("circle", "square", "tree", "moon"))
    assert set(summary["found"]) >= {
        *("empty-file", "unreadable", "wrong-type", "empty-class", "missing-class"),
        *("unexpected-class", "two-labels", "odd-size", "acceptance"),
    }
    refusal = table.refusal()
    assert refusal.startswith(f"{summary['errors']} error(s) in the data:")
    errors = [
        finding["message"] for finding in summary["findings"] if finding["severity"] == "error"
    ]
    assert len(errors) == summary["errors"] == 13
    assert all(error in refusal for error in errors)


def test_a_class_that_is_expected_and_empty_is_one_error(raw: Path, check: Check) -> None:
    empty_class(raw)
    summary, _ = check(raw, classes=("circle", "house", "square", "tree"))
    assert (summary["errors"], set(summary["found"])) == (1, {"missing-class"})


@pytest.mark.parametrize(
    ("images", "masks", "refused"),
    [
        ("{}.png", "{}.png", True),
        ("{}.png", "{}_mask.png", True),
        ("img-{}.png", "mask-{}.png", True),
        ("{}.png", "carnival {}.png", False),
    ],
)
def test_images_and_their_masks(
    raw: Path, check: Check, images: str, masks: str, refused: bool
) -> None:
    for old, new, names in (("square", "Images", images), ("tree", "masks", masks)):
        (raw / old).rename(raw / new)
        for path in [*(raw / new).iterdir()]:
            path.rename(path.with_name(names.format(path.stem)))
    assert [*check(raw)[0]["found"]] == ["paired-folders"] * refused


def test_files_of_the_same_names_in_classes(raw: Path, check: Check) -> None:
    """As in every data set with numbered files; and masks may be a class."""
    (raw / "tree").rename(raw / "masks")
    assert check(raw)[0]["found"] == {}
    (raw / "square").rename(raw / "images")
    paths = sorted((raw / "masks").iterdir())
    for path in paths[: len(paths) // 2]:
        path.rename(path.with_name(f"venice {path.name}"))
    assert check(raw)[0]["found"] == {}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{}.5", "as numbers do; set task.target to number, or choose another answer."),
        ("-{}e-3.", "so hardly any two share a class"),
        ("{}", "so hardly any two share a class"),
    ],
)
def test_numbers_that_are_taken_for_classes(raw: Path, check: Check, form: str, words: str) -> None:
    many_classes(raw, form)
    _, table = check(raw)
    (finding,) = table.kept["many-classes"]
    assert finding.message.startswith("the answers have 60 different values among 93 examples, ")
    assert words in finding.message


def test_what_there_is(raw: Path, check: Check) -> None:
    Image.new("RGB", (30, 20)).save(raw / "tree/photograph.jpg")
    summary, _ = check(raw)
    assert summary["examples"] == 37
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 13}
    assert list(summary["classes"]) == ["circle", "square", "tree"]
    assert summary["sizes"] == {"30x20": 1, "9x9": 36}
    assert summary["modes"] == {"L": 36, "RGB": 1}
    assert summary["labels_examined"] == 37
    assert summary["compared_with"] is None


def test_of_what_decode_does_not_tell_nothing_is_found(
    raw: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(content: bytes, settings: Input) -> Decoded:
        return Decoded(decode(content, settings).arrays, {})

    monkeypatch.setattr("handwritten_digits.data.decode", bare)
    assert check(raw)[0]["findings"] == []


def test_what_is_about_images_is_not_looked_for_without(raw: Path, check: Check) -> None:
    odd_size(raw)
    wrong_type(raw)
    summary, _ = check(raw, wrapped=lambda decoder: replace(decoder, images=False))
    assert summary["found"] == {}
    assert summary["not_looked_for"] == [*image_rules.RULES]
    assert {*check(raw)[0]["found"]} == {"odd-size", "wrong-type"}


def test_a_name_that_tells_no_type_is_no_wrong_one(raw: Path, check: Check) -> None:
    for number, name in enumerate(("000", "cat.001", "a. b", "7f9c.v2", "tree.of life")):
        (raw / f"tree/{number:03d}.png").rename(raw / "tree" / name)
    assert check(raw)[0]["findings"] == []


def test_whatever_is_no_example_is_named(raw: Path, check: Check) -> None:
    for name in ("notes", "notes.txt", "labels.csv", "Thumbs.db"):
        (raw / "tree" / name).write_bytes(b"no example")
    messages = [finding["message"] for finding in check(raw)[0]["findings"]]
    assert len(messages) == 4
    for name in ("notes", "notes.txt", "labels.csv", "Thumbs.db"):
        assert f"tree/{name}: not a readable example (" in "\n".join(messages)


def test_hidden_files_and_folders_do_not_count(raw: Path, check: Check) -> None:
    (raw / ".DS_Store").write_bytes(b"x")
    (raw / "tree/._000.png").write_bytes(b"x")
    (raw / ".ipynb_checkpoints").mkdir()
    (raw / ".ipynb_checkpoints/000.png").write_bytes(b"x")
    summary, _ = check(raw)
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 12}
    assert summary["findings"] == []


def test_a_row_of_the_table(raw: Path, check: Check) -> None:
    copies(raw)
    summary, _ = check(raw)
    content = md5((raw / "tree/002.png").read_bytes()).hexdigest()
    assert summary["findings"] == [
        {
            "rule": "copies",
            "severity": "warning",
            "accepted": None,
            "message": "tree/002.png (tree) and others, 3 files: the same example; keep one of "
            "them.",
            "paths": ["tree/002.png", "tree/another.png", "tree/one more.png"],
            "md5": [content] * 3,
            "classes": [],
        }
    ]


def test_a_correction_moves_an_example_to_its_class(raw: Path, check: Check) -> None:
    two_labels(raw)
    content = md5((raw / "tree/003.png").read_bytes()).hexdigest()
    row = f"{content},square,tree,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
    summary, table = check(raw)
    assert table.refusal() == ""
    assert summary["found"] == {"copies": 1}
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 13}
    named = {"md5": content, "old": "square", "new": "tree", "who": "me", "why": "it is one"}
    assert summary["corrections"] == [{**named, "examples": 1}]


def test_a_corrected_label_is_no_longer_in_doubt(raw: Path, check: Check) -> None:
    wrong_label(raw)
    content = md5((raw / "circle/wrong.png").read_bytes()).hexdigest()
    row = f"{content},circle,tree,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
    assert check(raw, out_of_fold=out_of_fold, label_error=0.5)[0]["found"] == {}


def test_an_accepted_error_stops_nothing_and_keeps_its_reason(raw: Path, check: Check) -> None:
    unreadable(raw)
    rows = "unreadable,tree/*,,we know\nunreadable,square/notes.txt,,notes\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + rows, encoding="utf-8")
    summary, table = check(raw)
    assert table.refusal() == ""
    assert (summary["errors"], summary["accepted"]) == (0, {"unreadable": 5})
    assert {finding["accepted"] for finding in summary["findings"]} == {"we know", "notes"}
    assert summary["left_out"] == [
        *("square/notes.txt", "tree/broken.png", "tree/cut.png", "tree/open.png", "tree/text.png")
    ]


def test_a_damaged_reference(raw: Path, check: Check) -> None:
    raw.with_name("reference.json").write_text('[{"version": "1"}]', encoding="utf-8")
    with pytest.raises(UserError, match=r"reference\.json is not what a release writes; restore"):
        check(raw)


def test_pixels_that_were_changed_since_are_made_again(raw: Path, check: Check) -> None:
    near_duplicate(raw)
    expected, _ = check(raw)
    (block,) = raw.with_name("decoded").rglob("*.npy")
    content = bytearray(block.read_bytes())
    content[-36 * 64 :] = bytes(36 * 64)
    block.write_bytes(content)
    assert check(raw)[0] == expected


def test_no_folder(tmp_path: Path, check: Check) -> None:
    with pytest.raises(UserError, match=r"is missing; get the data with 'dvc pull data/raw\.dv"):
        check(tmp_path / "raw")


def test_no_example_at_all(tmp_path: Path, check: Check) -> None:
    (tmp_path / "raw").mkdir()
    summary, table = check(tmp_path / "raw")
    assert "0 class(es) with examples" in table.refusal()
    assert summary["examples"] == 0


@pytest.mark.parametrize("source", ["*/phone *", "circle/*"])
def test_a_copy_that_nothing_learns_from_is_in_no_split(
    raw: Path, check: Check, source: str
) -> None:
    two_splits(raw)
    settings = {"evaluate_on": "*/phone *"}
    whole = check(raw, **settings)[0]["found"]
    assert whole["two-splits"] > 0
    # A copy in test may be left out of training under its other name, or all copies may.
    counts = check(raw, train_on=source, **settings)[0]["found"]
    assert (counts["copies"], "two-splits" in counts) == (12, False)


def test_corrections_that_leave_one_class(raw: Path, check: Check) -> None:
    shutil.rmtree(raw / "circle")
    rows = [
        f"{md5(path.read_bytes()).hexdigest()},tree,square,me,it is one\n"
        for path in sorted((raw / "tree").iterdir())
    ]
    raw.with_name("corrections.csv").write_text(CORRECTIONS + "".join(rows), encoding="utf-8")
    summary, table = check(raw)
    assert summary["classes"] == {"square": 24}
    assert "1 class(es) with examples in data/raw; learning needs at least 2" in table.refusal()
