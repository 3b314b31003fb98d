"""Tags stay with the content of an example, whatever else changes, and bad rows are named."""

from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import predicted
import pytest
from predicted import ERRORS, NUMBER

from samebits.console.errors import UserError
from samebits.core.files import write_csv
from samebits.diagnosis.error_tags import TagRow, columns, read_rows, refreshed
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.scores import find

Made = Callable[..., ClassPredictions]
COLUMNS = columns(ERRORS)
FILE = Path("error-analysis.csv")
ACCURACY = find("accuracy")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def dev(made: Made, wrong: int, count: int = 10, start: int = 0) -> ClassPredictions:
    """Of `count` examples the first `wrong` are mistakes, the first of them the most confident."""
    labels = np.arange(count, dtype=np.int64) % 2
    answers = np.where(np.arange(count) < wrong, 1 - labels, labels)
    sure = 0.95 - np.arange(count) / 50
    rows = np.where(np.eye(2)[answers] > 0, sure[:, None], 1 - sure[:, None])
    given = made(labels, rows)
    examples = [
        replace(example, md5=f"{at + start:032x}") for at, example in enumerate(given.examples)
    ]
    return replace(given, examples=examples)


def numbers(rows: list[TagRow]) -> list[tuple[int, str, str]]:
    return [(int(row.md5, 16), row.now, row.tags) for row in rows]


def test_the_mistakes_are_listed_and_read_again(made: Made) -> None:
    given = dev(made, wrong=3)
    rows = refreshed([], given, ERRORS, ACCURACY)
    assert numbers(rows) == [(0, "wrong", ""), (1, "wrong", ""), (2, "wrong", "")]
    assert rows[1] == TagRow(f"{1:032x}", "night/00001.png", "c1", "c0", "0.930000", "wrong", "")
    write_csv(FILE, COLUMNS, map(astuple, rows))
    assert read_rows(FILE, {"dev": given}, ERRORS) == rows


def test_a_file_that_is_not_there_has_no_rows(made: Made) -> None:
    assert read_rows(FILE, {"dev": dev(made, 1)}, ERRORS) == []


def test_of_many_the_first_are_listed(made: Made) -> None:
    given = dev(made, wrong=8)
    assert len(refreshed([], given, ERRORS, ACCURACY, most=2)) == 2
    tagged = [replace(refreshed([], given, ERRORS, ACCURACY)[5], tags="blurry")]
    rows = refreshed(tagged, given, ERRORS, ACCURACY, most=2)
    assert numbers(rows) == [(0, "wrong", ""), (1, "wrong", ""), (5, "wrong", "blurry")]


def test_of_copies_with_other_labels_the_mistake_is_shown(made: Made) -> None:
    given = dev(made, wrong=3)
    copies = [replace(example, md5=given.examples[1].md5) for example in given.examples]
    (row,) = refreshed([], replace(given, examples=copies), ERRORS, ACCURACY)
    assert (row.label, row.prediction, row.now) == ("c0", "c1", "wrong")
    assert row.detail == "0.950000"


def test_tags_outlive_a_better_model_and_other_data(made: Made) -> None:
    before = refreshed([], dev(made, wrong=4), ERRORS, ACCURACY)
    written = [" Cut  OFF;blurry ", "", "dark", "  "]
    rows = [replace(row, tags=tags) for row, tags in zip(before, written, strict=True)]
    better = refreshed(rows, dev(made, wrong=1), ERRORS, ACCURACY)
    assert numbers(better) == [(0, "wrong", " Cut  OFF;blurry "), (2, "right", "dark")]
    assert better[1].prediction == better[1].label == "c0"
    others = refreshed(better, dev(made, wrong=1, start=2), ERRORS, ACCURACY)
    # Example 2 is the mistake now, and example 0 has left.
    assert numbers(others) == [(2, "wrong", "dark"), (0, "gone", " Cut  OFF;blurry ")]
    assert astuple(others[1])[:5] == astuple(better[0])[:5]
    again = refreshed(others, dev(made, wrong=4), ERRORS, ACCURACY)
    assert numbers(again)[0] == (0, "wrong", " Cut  OFF;blurry ")


def test_a_tag_is_the_same_in_any_case_and_space() -> None:
    row = TagRow("", "", "", "", "", "", " Cut  Off; blurry;;cut off ")
    assert row.causes() == ["cut off", "blurry"]
    assert TagRow("", "", "", "", "", "", " ; ").causes() == []


GOOD = f"{1:032x},night/00001.png,c1,c0,0.93,wrong,blurry"
HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["path,tags", GOOD], "must begin with the line md5,path,label"),
        ([HEADER, GOOD, GOOD], "line 3: line 2 is about the same example; merge"),
        ([HEADER, GOOD.replace("1,", "f,", 1)], "line 2: no example has the content 0*f; correct"),
        ([HEADER, GOOD.replace("c1", "cat")], "line 2: there is no class cat; correct its name"),
        ([HEADER, GOOD.replace("c0", "dog")], "line 2: there is no class dog; correct its name"),
        ([HEADER, GOOD.replace("wrong", "bad")], "line 2: `now` says bad instead of wrong, right"),
        ([HEADER, GOOD + ",cut off"], "line 2, has 8 cells instead of 7"),
        ([HEADER, GOOD, GOOD.replace("c0", "x"), GOOD], "same example.*1 more like this"),
    ],
)
def test_a_bad_file_is_one_sentence(made: Made, lines: list[str], words: str) -> None:
    FILE.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match=words) as error:
        read_rows(FILE, {"dev": dev(made, 2)}, ERRORS)
    assert "\n" not in str(error.value)


def test_images_that_left_are_let_through_when_told_so(made: Made) -> None:
    unknown = GOOD.replace("1,", "f,", 1)
    FILE.write_text(f"{HEADER}\n{unknown}\n", encoding="utf-8")
    (row,) = read_rows(FILE, {"dev": dev(made, 2)}, ERRORS, gone=True)
    rows = refreshed([row], dev(made, 0), ERRORS, ACCURACY)
    write_csv(FILE, COLUMNS, map(astuple, rows))
    (again,) = read_rows(FILE, {"dev": dev(made, 2)}, ERRORS)
    assert (again.now, again.tags, again.path) == ("gone", "blurry", "night/00001.png")


def test_a_tagged_example_that_moved_to_another_data_set_is_let_through(made: Made) -> None:
    # As another data.dev_fraction, which `make diagnose` may suggest, moves it.
    FILE.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    moved = {"train": dev(made, 0), "dev": dev(made, 2, start=20)}
    (row,) = read_rows(FILE, moved, ERRORS)
    rows = refreshed([row], moved["dev"], ERRORS, ACCURACY)
    assert numbers(rows)[-1] == (1, "gone", "blurry")


@pytest.mark.parametrize("changed", [("1,", "f,"), ("c1", "cat"), ("c0", "dog")])
def test_a_row_in_which_nobody_wrote_is_about_any_example(
    made: Made, changed: tuple[str, str]
) -> None:
    row = GOOD.removesuffix("blurry").replace(*changed, 1)
    FILE.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    rows = read_rows(FILE, {"dev": dev(made, 1)}, ERRORS)
    assert numbers(refreshed(rows, dev(made, 1), ERRORS, ACCURACY)) == [(0, "wrong", "")]


def test_of_numbers_a_mistake_is_further_away_than_allowed() -> None:
    errors, metric = errors_of(NUMBER, 1.0), find("mae")
    truth = np.array([1.5, 2.0, 3.0, 4.0])
    given = predicted.numbers(truth, truth + np.array([0.5, -3.0, 1.0, 2.0]))
    rows = refreshed([], given, errors, metric)
    assert [(row.label, row.prediction, row.detail) for row in rows] == [
        ("2", "-1", "3"),
        ("4", "6", "2"),
    ]
    write_csv(FILE, columns(errors), map(astuple, [replace(rows[0], tags="typo")]))
    (row,) = read_rows(FILE, {"dev": given}, errors)
    nearer = replace(given, answers=truth)
    assert [kept.now for kept in refreshed([row], nearer, errors, metric)] == ["right"]


def test_a_file_without_rows_may_have_the_header_of_another_target(made: Made) -> None:
    errors = errors_of(NUMBER, 1.0)
    FILE.write_text(f"{HEADER}\n", encoding="utf-8")
    given = {"dev": predicted.numbers(np.ones(3), np.ones(3))}
    assert read_rows(FILE, given, errors) == []
    FILE.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(UserError, match="must begin with the line md5,path,label,prediction,error"):
        read_rows(FILE, given, errors)
