"""Splits follow from an example itself, never from which others there are."""

import dataclasses
import hashlib
import itertools
import math
from typing import Any

import pytest
from conftest import shipped

from samebits.core.sections import Data
from samebits.data.source import Source
from samebits.data.splits import LEFT_OUT, Cut, cut_of, group_of, split_of

HASHES = [hashlib.md5(str(number).encode()).hexdigest() for number in range(4000)]


def settings(**changed: Any) -> Data:
    fractions = {"train_dev_fraction": 0.1, "dev_fraction": 0.2, "test_fraction": 0.1}
    return dataclasses.replace(shipped(Data), **fractions | changed)


def source(path: str, group: str = "") -> Source:
    return Source(path, "", 0, 0, "", group=group)


def splits(data: Data, path: str = "a/b.png") -> list[str]:
    return [split_of(path, md5, "", data) for md5 in HASHES]


def test_fractions_are_met() -> None:
    names = splits(settings())
    shares = [names.count(split) / len(HASHES) for split in ("test", "dev", "train_dev", "train")]
    # Train-dev is a share of what dev and test leave.
    assert shares == pytest.approx([0.1, 0.2, 0.07, 0.63], abs=0.02)


def test_another_fraction_moves_only_its_own_examples() -> None:
    before, more_dev = splits(settings()), splits(settings(dev_fraction=0.4))
    moved = {(a, b) for a, b in zip(before, more_dev, strict=True) if a != b}
    assert moved == {("train", "dev"), ("train_dev", "dev")}
    more = splits(settings(train_dev_fraction=0.3))
    assert {(a, b) for a, b in zip(before, more, strict=True) if a != b} == {("train", "train_dev")}


def test_dev_and_test_hold_only_the_target() -> None:
    data = settings(evaluate_on="*/phone-*")
    assert set(splits(data, "cat/web-1.jpg")) == {"train", "train_dev"}
    names = splits(data, "cat/phone-1.jpg")
    assert names == splits(settings(), "cat/phone-1.jpg")
    assert splits(data, "cat/PHONE-1.jpg").count("dev") == 0


@pytest.mark.parametrize(
    ("expression", "path", "group"),
    [
        ("", "cat/p12-3.png", ""),
        ("p[0-9]+", "cat/p12-3.png", "p12"),
        ("p([0-9]+)", "cat/p12-3.png", "12"),
        ("/(p[0-9]+)-.*(left|right)", "cat/p12-3-left.png", "p12/left"),
        ("p[0-9]+", "cat/other.png", ""),
    ],
)
def test_a_group(expression: str, path: str, group: str) -> None:
    assert group_of(source(path), settings(group=expression)) == group


def test_a_group_that_a_table_says() -> None:
    assert group_of(source("a.png", "12"), settings()) == "12"
    for md5 in HASHES[:10]:
        assert split_of("a", md5, "12", settings()) == split_of("b", HASHES[0], "12", settings())


def test_a_group_stays_together_and_fractions_are_still_met() -> None:
    data = settings(group="p[0-9]+")
    where: dict[str, set[str]] = {}
    for number, md5 in enumerate(HASHES):
        group = f"p{number % 1000}"
        file = source(f"cat/{group}-{number}.png")
        where.setdefault(group, set()).add(split_of(file.path, md5, group_of(file, data), data))
    assert all(len(splits_of_group) == 1 for splits_of_group in where.values())
    tested = sum(splits_of_group == {"test"} for splits_of_group in where.values())
    assert tested / len(where) == pytest.approx(0.1, abs=0.03)


def test_a_larger_part_holds_all_of_a_smaller_one_and_leaves_the_others() -> None:
    whole = splits(settings())
    learnt: list[set[int]] = []
    for part in (0.1, 0.5, 0.9, 1.0):
        names = splits(settings(train_fraction=part))
        learnt.append({place for place, split in enumerate(names) if split == "train"})
        assert len(learnt[-1]) == pytest.approx(part * whole.count("train"), rel=0.1)
        moved = {(a, b) for a, b in zip(whole, names, strict=True) if a != b}
        assert moved <= {("train", LEFT_OUT)}
    assert all(less < more for less, more in itertools.pairwise(learnt))
    assert splits(settings(train_fraction=1.0)) == whole


def test_other_fractions_do_not_move_the_part_that_is_learnt_from() -> None:
    half, more_dev = (
        splits(settings(train_fraction=0.5, dev_fraction=fraction)) for fraction in (0.1, 0.4)
    )
    moved = {(a, b) for a, b in zip(half, more_dev, strict=True) if a != b}
    assert moved == {("train", "dev"), ("train_dev", "dev"), (LEFT_OUT, "dev")}


def test_a_group_is_learnt_from_as_a_whole() -> None:
    data = settings(group="p[0-9]+", train_fraction=0.5)
    where: dict[str, set[str]] = {}
    for number, md5 in enumerate(HASHES):
        group = f"p{number % 1000}"
        file = source(f"cat/{group}-{number}.png")
        where.setdefault(group, set()).add(split_of(file.path, md5, group_of(file, data), data))
    assert all(len(splits_of_group) == 1 for splits_of_group in where.values())
    learnt = sum(splits_of_group == {"train"} for splits_of_group in where.values())
    left = sum(splits_of_group == {LEFT_OUT} for splits_of_group in where.values())
    assert learnt / (learnt + left) == pytest.approx(0.5, abs=0.05)


def test_the_source_says_what_is_learnt_from_alone() -> None:
    data, whole = settings(train_on="*/web-*"), splits(settings())
    assert splits(data, "cat/web-1.jpg") == whole
    names = splits(data, "cat/phone-1.jpg")
    moved = {(a, b) for a, b in zip(whole, names, strict=True) if a != b}
    assert moved == {("train", LEFT_OUT), ("train_dev", LEFT_OUT)}
    assert not {"train", "train_dev"} & set(names)


def test_source_and_target_may_be_apart() -> None:
    data = settings(train_on="*/web-*", evaluate_on="*/phone-*")
    assert set(splits(data, "cat/web-1.jpg")) == {"train", "train_dev"}
    assert set(splits(data, "cat/phone-1.jpg")) == {"dev", "test", LEFT_OUT}
    assert set(splits(data, "cat/other-1.jpg")) == {LEFT_OUT}


def test_the_latest_are_test_and_those_before_them_dev() -> None:
    data = settings(test_fraction=0.2, dev_fraction=0.3, train_dev_fraction=0.2)
    cut = cut_of([float(number) for number in range(100)], data)
    assert cut == (50, 80)
    names = [split_of("a", HASHES[number], "", data, number, cut) for number in range(100)]
    assert names[80:] == ["test"] * 20
    assert names[50:80] == ["dev"] * 30
    assert set(names[:50]) == {"train", "train_dev"}
    assert [split_of("a", HASHES[number], "", data, 50, cut) for number in range(99)] == [
        "dev"
    ] * 99
    # What is trained on, and what is not, does not depend on the time.
    assert names[:50] == [split_of("a", HASHES[number], "", data, 0, cut) for number in range(50)]


def test_equal_times_are_on_one_side() -> None:
    data = settings(test_fraction=0.2, dev_fraction=0.2)
    assert cut_of([1.0] * 6 + [2.0] * 3 + [3.0], data) == (1, 2)
    assert cut_of([1.0] * 6 + [2.0] * 2 + [3.0] * 3, data) == (2, 3)  # of years there are few
    assert cut_of([1.0] * 10, data) == (1, 1)
    assert cut_of([1.0, 2.0], settings(test_fraction=0.01, dev_fraction=0.2)) == (
        math.inf,
        math.inf,
    )
    assert cut_of([], data) is None


def test_what_is_as_late_but_not_like_the_target_is_left_out() -> None:
    data = settings(evaluate_on="phone/*", train_dev_fraction=0.01)
    cut = Cut(5, 8)
    times = (1, 4, 5, 7, 8, 9)
    late = ["dev", "dev", "test", "test"]
    names = [split_of("phone/1", HASHES[7], "", data, time, cut) for time in times]
    assert names == ["train", "train", *late]
    names = [split_of("web/1", HASHES[7], "", data, time, cut) for time in times]
    assert names == ["train", "train", *[LEFT_OUT] * 4]
