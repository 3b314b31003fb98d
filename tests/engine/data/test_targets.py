"""Answers as texts become labels: numbers of classes, or numbers."""

from pathlib import Path

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.data.fields import Field
from samebits.data.loader import Batches, Preparation, Split
from samebits.data.prepared import Example, Index
from samebits.data.shard_writer import Writer, npy
from samebits.data.targets import Classes, Numbers, is_number, number, scale_of, standard


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12.5", 12.5), ("-3", -3.0), ("+.5e-8", 5e-9), ("7.", 7.0), ("1E3", 1000.0), ("0", 0.0)],
)
def test_every_way_to_write_a_number(text: str, expected: float) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text", ["", "n/a", "nan", "inf", "1,5", "1_000", "0x10", "1e999", "1e101", " 1", "½", "\u0661"]
)
def test_what_is_no_number(text: str) -> None:
    assert not is_number(text)
    with pytest.raises(
        UserError, match=r"a\.csv:7 has the answer .*, which is not a number such as"
    ):
        Numbers().see("a.csv:7", text, "train")


def test_classes_are_numbered_in_the_order_of_their_names() -> None:
    target = Classes()
    for label in ("dog", "cat", "dog"):
        target.see("a", label, "train")
    assert (target.classes, target.scale) == (["cat", "dog"], ())
    assert [target.stored(label) for label in ("cat", "dog")] == [0, 1]
    assert target.counts == {("train", "dog"): 2, ("train", "cat"): 1}


def test_numbers_have_the_scale_of_training_alone() -> None:
    target = Numbers()
    for label, split in (("1", "train"), ("3", "train"), ("1e9", "test")):
        target.see("a", label, split)
    assert (target.classes, target.scale) == ([], (2.0, 1.0))
    assert target.stored("1e9") == 1e9
    assert target.counts == {("train", ""): 2, ("test", ""): 1}


def test_numbers_that_are_all_the_same() -> None:
    target = Numbers()
    target.see("a", "5", "train")
    with pytest.raises(UserError, match="all training examples have the answer 5; there is"):
        _ = target.scale


def test_a_scale_has_no_order() -> None:
    values = np.random.default_rng(0).standard_normal(999) * 1e-3 + 1e6
    assert scale_of(values.tolist()) == scale_of(values[::-1].tolist())
    scaled = standard(values, scale_of(values.tolist()))
    assert scaled.dtype == np.float32
    assert (scaled.mean(), scaled.std()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, rel=1e-4))


def stored(folder: Path, answers: list[float]) -> Split:
    with Writer(folder, {"x": Field("float32", (2,))}, 64, "<f8") as writer:
        for at, answer in enumerate(answers):
            row = np.full(2, at, np.float32).tobytes()
            writer.add(Example(f"{at}", f"{answer}", f"{at:032x}", "", {}), answer, row)
        content = writer.close()
    fields = {"x": Field("float32", (2,))}
    Index("v", content, "number", [], fields, scale_of(answers)).write(folder)
    return Split.open(folder)


def test_a_batch_has_standard_numbers(tmp_path: Path) -> None:
    split = stored(tmp_path, [10.0, 20.0, 30.0, 40.0])
    assert split.labels.tolist() == [10, 20, 30, 40]
    assert (split.answers.target, split.answers.classes) == ("number", [])
    given = Preparation(lambda _: {}, lambda batch, _: batch, 1)
    target = Batches(split, 4, 0, given)[0].target
    assert (str(target.dtype), list(target.shape)) == ("torch.float32", [4])
    middle, spread = split.scale
    assert sorted((target.double() * spread + middle).tolist()) == pytest.approx([10, 20, 30, 40])


@pytest.mark.parametrize("labels", [np.zeros((4, 2)), np.zeros(4, np.float32), np.zeros(4, "<i8")])
def test_labels_of_another_shape_or_type_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    split = stored(tmp_path, [10.0, 20.0, 30.0, 40.0])
    said = "are not one number for each example"
    with pytest.raises(UserError, match=said):
        Split(split.arrays, labels, [], "v", "number", split.scale)
    (tmp_path / "labels.npy").write_bytes(npy(labels))
    with pytest.raises(UserError, match=said):
        Split.open(tmp_path)


def test_classes_of_another_shape_are_refused() -> None:
    with pytest.raises(UserError, match="are not one class for each example"):
        Split({}, np.zeros((4, 3), np.int64), ["a", "b", "c"], "v")
