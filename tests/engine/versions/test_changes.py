"""What differs between two versions, example by example."""

from dataclasses import replace

import pytest
from conftest import shipped

from samebits.core.sections import Data
from samebits.data.splits import LEFT_OUT, SPLITS, split_of
from samebits.versions.changes import Moves, Versioned, balance, changes, examples_of, moves


def some(*paths: str) -> list[Versioned]:
    """Examples written as "class/name=content"."""
    pairs = [path.partition("=")[::2] for path in paths]
    return examples_of(dict(pairs), "")


def names(old: list[Versioned], new: list[Versioned]) -> dict[str, list[str]]:
    """Paths of what differs, those of a pair with an arrow between them."""
    return {
        kind: [
            row.path if isinstance(row, Versioned) else f"{row[0].path}>{row[1].path}"
            for row in rows
        ]
        for kind, rows in changes(old, new)._asdict().items()
        if rows
    }


def test_examples_are_those_that_are_not_hidden_by_path() -> None:
    listing = {"b/1.png": "1", "a/2.png": "2", ".DS_Store": "3", ".x/1.png": "4", "a/.y": "5"}
    assert examples_of(listing, "") == [
        Versioned("a/2.png", "a", "2"),
        Versioned("b/1.png", "b", "1"),
    ]


def test_a_correction_counts_as_the_label() -> None:
    rows = "md5,old,new,who,why\n1,a,c,me,seen\n2,x,c,me,of another folder\n"
    assert [example.label for example in examples_of({"a/1": "1", "a/2": "2"}, rows)] == ["c", "a"]
    old, new = examples_of({"a/1": "1"}, ""), examples_of({"a/1": "1"}, rows)
    assert [(old_side.label, two.label) for old_side, two in changes(old, new).relabelled] == [
        ("a", "c")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a/1=x", "a/1=x", {}),
        ("", "a/1=x", {"added": ["a/1"]}),
        ("a/1=x", "", {"removed": ["a/1"]}),
        ("a/1=x", "b/1=x", {"relabelled": ["a/1>b/1"]}),
        ("a/1=x", "a/2=x", {"renamed": ["a/1>a/2"]}),
        ("a/1=x", "a/1=y", {"added": ["a/1"], "removed": ["a/1"]}),
        # A copy is one more; of two copies the one that moved moved.
        ("a/1=x", "a/1=x a/2=x", {"added": ["a/2"]}),
        ("a/1=x a/2=x", "a/1=x b/2=x", {"relabelled": ["a/2>b/2"]}),
        ("a/1=x b/1=x", "b/2=x c/1=x", {"relabelled": ["a/1>c/1"], "renamed": ["b/1>b/2"]}),
        ("a/1=x a/2=x", "b/1=x", {"relabelled": ["a/1>b/1"], "removed": ["a/2"]}),
        # Two that swap places.
        ("a/1=x b/1=y", "a/1=y b/1=x", {"relabelled": ["a/1>b/1", "b/1>a/1"]}),
    ],
)
def test_changes(old: str, new: str, expected: dict[str, list[str]]) -> None:
    assert names(some(*old.split()), some(*new.split())) == expected
    assert changes(some(*old.split()), some(*new.split())).any() == bool(expected)


def test_counts_add_up() -> None:
    old, new = some("a/1=x", "a/2=y", "b/3=z", "b/4=z"), some("a/1=x", "b/2=y", "b/5=w")
    changed = changes(old, new)
    assert len(new) == len(old) + len(changed.added) - len(changed.removed)
    assert balance(old) == {"a": 2, "b": 2}
    assert balance(new) == {"a": 1, "b": 2}


def test_splits_move_by_what_comes_and_goes_alone() -> None:
    data = shipped(Data)
    content = [f"{number:032x}" for number in range(0, 16**32, 16**32 // 40)]
    old = examples_of({f"a/{number}": md5 for number, md5 in enumerate(content)}, "")
    renamed = examples_of({f"b/x{example.path[2:]}": example.md5 for example in old}, "")
    for split, row in moves(old, renamed, data).items():
        assert row == Moves(row.before, row.before, 0, 0), split
    moved = moves(old, old[1:], data)
    assert sum(row.left for row in moved.values()) == 1
    assert moved[split_of(old[0].path, old[0].md5, "", data)].left == 1
    assert list(moved) == list(SPLITS)
    assert sum(row.after for row in moved.values()) == len(old) - 1


def test_what_is_left_out_is_counted_where_there_is_any() -> None:
    data = replace(shipped(Data), train_on="b/*")
    content = [f"{number:032x}" for number in range(0, 16**32, 16**32 // 40)]
    old = examples_of({f"a/{number}": md5 for number, md5 in enumerate(content)}, "")
    moved = moves(old, old[1:], data)
    assert list(moved) == [*SPLITS, LEFT_OUT]
    assert moved["train"] == Moves(0, 0, 0, 0)
    assert moved[LEFT_OUT].before > 20
    assert sum(row.after for row in moved.values()) == len(old) - 1
