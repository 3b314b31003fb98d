"""Answers with several classes, or none: read, stored, and given to a network."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import DATA
from catalogues import decoder as images

from samebits.console.errors import UserError
from samebits.core.sections import Task
from samebits.data.fields import Field
from samebits.data.folder import read_labelled
from samebits.data.loader import Batches, Preparation, Split
from samebits.data.prepared import Example, Index
from samebits.data.readers import Labels, Lines, reader_of
from samebits.data.shard_writer import Writer
from samebits.data.targets import (
    Answers,
    ClassSets,
    classes_of,
    joined,
    marked,
    rarest,
    unfit_classes,
)

LABELS, LINES = Labels("kind", several=True), Lines("kind", several=True)
SETS = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 0, 1]], np.uint8)
GIVEN = Preparation(lambda _: {}, lambda batch, _: batch, 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat", ["cat"]),
        ("dog;cat", ["cat", "dog"]),
        (" dog ; big cat", ["big cat", "dog"]),
        ("", []),
        ("  ", []),
        ("none", []),
        ("None;a", ["None", "a"]),
    ],
)
def test_every_way_to_name_classes(text: str, names: list[str]) -> None:
    assert classes_of(text) == names
    assert classes_of(joined(names)) == names
    assert unfit_classes(joined(names)) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cat;;dog", "has a ';' without a class on either side"),
        ("cat;", "has a ';' without a class on either side"),
        (";", "has a ';' without a class on either side"),
        ("cat; cat", "names the class cat twice; remove one of them"),
        ("none;cat", "says none and also names classes"),
    ],
)
def test_classes_that_are_not_named_as_they_should_be(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        classes_of(text)
    with pytest.raises(UserError, match=f"a.png: the answer .* {problem}"):
        ClassSets().see("a.png", text, "train")


def test_one_set_has_one_text() -> None:
    assert unfit_classes("dog;cat") == "must be written cat;dog"
    assert unfit_classes("") == "must be written none"
    assert joined([]) == "none"


def test_each_class_is_counted_and_has_its_place() -> None:
    target = ClassSets()
    for label, split in (("cat;dog", "train"), ("dog", "train"), ("none", "test"), ("ape", "dev")):
        target.see("a", label, split)
    assert (target.classes, target.scale) == (["ape", "cat", "dog"], ())
    assert target.stored("cat;dog").tolist() == [0, 1, 1]
    assert target.stored("none").tolist() == [0, 0, 0]
    assert target.shape(target.classes) == (3,)
    assert target.counts == {
        ("train", "cat"): 1,
        ("train", "dog"): 2,
        ("test", ""): 1,
        ("dev", "ape"): 1,
    }
    with pytest.raises(KeyError):
        marked("fox", {"ape": 0})


def test_the_rarest_class_of_each() -> None:
    assert rarest(SETS).tolist() == [0, 2, 3, 1, 2]
    assert rarest(np.ones((2, 3), np.uint8)).tolist() == [0, 0]  # of equals the first


def stored(folder: Path, sets: np.ndarray) -> Split:
    fields = {"x": Field("float32", (2,))}
    with Writer(folder, fields, 64, "|u1", (3,)) as writer:
        for at, answer in enumerate(sets):
            row = np.full(2, at, np.float32).tobytes()
            writer.add(Example(f"{at}", "", f"{at:032x}", "", {}), answer, row)
        content = writer.close()
    Index("v", content, "classes", ["a", "b", "c"], fields).write(folder)
    return Split.open(folder)


def test_a_batch_has_a_place_for_each_class(tmp_path: Path) -> None:
    split = stored(tmp_path, SETS)
    assert (split.labels.dtype, split.labels.tolist()) == (np.dtype("u1"), SETS.tolist())
    assert split.answers == Answers("classes", ["a", "b", "c"])
    batches = Batches(split, 5, 0, GIVEN)
    target = batches[0].target
    assert (str(target.dtype), list(target.shape)) == ("torch.float32", [5, 3])
    assert sorted(target.int().tolist()) == sorted(SETS.tolist())


def test_the_balance_is_by_the_rarest_class(tmp_path: Path) -> None:
    split = stored(tmp_path, np.concatenate([SETS, SETS[[1, 1, 1, 1, 1, 1, 1]]]))
    usual, even = (Batches(split, 12, 0, GIVEN, balance=balance) for balance in (0.0, 1.0))
    assert [*usual[0].target.sum(dim=0).int().tolist()] == [2, 1, 11]
    # Four kinds (a, b, c and none), drawn three times each.
    assert [*even[0].target.sum(dim=0).int().tolist()] == [6, 3, 9]


@pytest.mark.parametrize(
    "labels", [np.zeros((4, 2), "u1"), np.zeros(4, "u1"), np.zeros((4, 3), "<i8"), np.uint8(1)]
)
def test_labels_of_another_shape_or_type_are_refused(labels: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"not one classes for each example, uint8 \[n, 3\]"):
        Split({}, np.asarray(labels), ["a", "b", "c"], "v", "classes")


def table(raw: Path, rows: str) -> Path:
    for name in ("a", "b", "c", "d"):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(name.encode())
    (raw / "labels.csv").write_text(f"path,kind\n{rows}", encoding="utf-8")
    return raw


def test_a_table_beside_files(tmp_path: Path) -> None:
    raw = table(tmp_path / "raw", "a,dog;cat\nb, cat ; dog\nc,\nd,none\n")
    answers = {source.path: source.answer for source in LABELS.sources(raw)}
    assert answers == {"a": "cat;dog", "b": "cat;dog", "c": "none", "d": "none"}


def test_a_table_that_is_wrong_names_file_and_line(tmp_path: Path) -> None:
    raw = table(tmp_path / "raw", 'a,cat;cat\nb,cat;;dog\nc,none;cat\nd,"x\x01;y"\ne,cat\n')
    problems = {source.path: (source.rule, source.problem) for source in LABELS.sources(raw)}
    expected = {
        "a": "labels.csv, line 2, names the class cat twice; remove one of them",
        "b": "labels.csv, line 3, has a ';' without a class on either side; remove it, or add one",
        "c": "labels.csv, line 4, says none and also names classes; remove either",
    }
    assert {path: problems[path] for path in expected} == {
        path: ("unlabelled", words) for path, words in expected.items()
    }
    assert problems["d"][0] == "unlabelled" and "no table of answers can hold" in problems["d"][1]
    assert problems["e"] == (
        "missing-file",
        "labels.csv, line 6, names it, but there is no such file, or a hidden one",
    )


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("b;a", "a;b"),
        (["b", "a"], "a;b"),
        ([], "none"),
        (None, "none"),
        ("", "none"),
        (7, "7"),
    ],
)
def test_lines_of_json(tmp_path: Path, value: Any, answer: str) -> None:
    text = json.dumps({"x": 1, "kind": value}) + "\n"
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    (source,) = LINES.sources(tmp_path)
    assert (source.answer, source.rule) == (answer, "")
    assert LINES.content(source, tmp_path) == b'{"x": 1}'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1}, "has a list or an object as kind; write a text"),
        ([["a"]], "has a list or an object as kind; write a text"),
        (["a;b"], "has a list or an object as kind; write a text"),
        (["a", "a"], "names the class a twice"),
        (["a", ""], "without a class on either side"),
        ([""], "without a class on either side"),
    ],
)
def test_lines_of_json_that_are_wrong(tmp_path: Path, value: Any, words: str) -> None:
    text = json.dumps({"x": 1, "kind": value}) + "\n"
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    (source,) = LINES.sources(tmp_path)
    assert source.rule == "unlabelled" and words in source.problem


def test_which_reader_goes_with_it() -> None:
    task = Task(reader="labels", answer="kind", time="", group_by="", target="classes")
    assert reader_of(task, DATA) == LABELS
    assert reader_of(replace(task, reader="lines"), DATA) == LINES
    with pytest.raises(
        UserError, match=r"'task\.target' is classes, but the reader folders gives a"
    ):
        reader_of(replace(task, reader="folders", answer=""), DATA)


def test_examples_from_use(tmp_path: Path) -> None:
    from PIL import Image

    raw = table(tmp_path / "use", "a,cat;dog\nb,\nc,dog\nd,cat\n")
    for at, name in enumerate("abcd"):
        Image.new("L", (9, 9), 20 * at).save(raw / name, "PNG")
    answers = Answers("classes", ["ape", "cat", "dog"])
    labelled = read_labelled(raw, images(DATA), answers, LABELS)
    assert labelled.labels.dtype == np.uint8
    assert labelled.labels.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    with pytest.raises(UserError, match="has a class cat that the model does not know"):
        read_labelled(raw, images(DATA), replace(answers, classes=["dog"]), LABELS)
