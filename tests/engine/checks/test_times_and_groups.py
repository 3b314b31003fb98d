"""Columns with the time of an example, or with the group that stays in one split."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from catalogues import decoder
from copy_defects import rows_of, table
from reading import DATA, beside, examples, prepared

from samebits.console.errors import UserError
from samebits.data.findings import Table
from samebits.data.reader_base import Unfit, group_in
from samebits.data.readers import Labels, Lines
from samebits.data.source import Source

Check = Callable[..., tuple[dict[str, Any], Table]]
LABELS, LINES = Labels("kind"), Lines("kind")


def timed(raw: Path, times: Callable[[int], str]) -> Path:
    """The rows of `table`, with a time for each; the last row is the first in time."""
    table(raw)
    header, *rows = (raw / "t.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{times(len(rows) - number)}" for number, row in enumerate(rows)]
    (raw / "t.csv").write_text("\n".join([f"{header},taken", *rows]), encoding="utf-8")
    return raw


@pytest.mark.parametrize("form", ["{}", "20{:02d}-01-01", "2026-11-30T10:{:02d}:00.5+02:00"])
def test_rows_split_by_time(tmp_path: Path, check: Check, form: str) -> None:
    raw, reader = timed(tmp_path / "rows", lambda at: form.format(at - 1)), Lines("kind", "taken")
    _, table = check(raw, reader=reader, wrapped=rows_of)
    assert table.refusal() == ""
    where = examples(prepared(raw, reader, DATA, rows_of(decoder(DATA)))[0])
    order = [where[f"t.csv:{number + 2}"][0] for number in range(60)]
    assert order[:15] == ["test"] * 15
    assert order[15:30] == ["dev"] * 15
    assert set(order[30:]) == {"train", "train_dev"}


def test_equal_times_stay_in_one_split(tmp_path: Path) -> None:
    raw = timed(tmp_path / "rows", lambda at: str(2024 + (at - 1) // 20))
    prepared_files, _ = prepared(raw, Lines("kind", "taken"), DATA, rows_of(decoder(DATA)))
    splits = [examples(prepared_files)[f"t.csv:{number + 2}"][0] for number in range(60)]
    assert splits[:40] == ["test"] * 20 + ["dev"] * 20
    assert set(splits[40:]) == {"train", "train_dev"}


def test_copies_of_two_times(tmp_path: Path, check: Check) -> None:
    """An example in both train and test is reported, whatever puts it there."""
    raw, reader = timed(tmp_path / "rows", str), Lines("kind", "taken")
    lines = (raw / "t.csv").read_text(encoding="utf-8").splitlines()
    with (raw / "u.csv").open("w", encoding="utf-8") as file:
        file.write("\n".join([lines[0], lines[1]]))
    summary, _ = check(raw, reader=reader, wrapped=rows_of)
    assert summary["found"] == {"copies": 1}


def test_times_of_files(raw: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(raw)
    labels, reader = raw / "labels.csv", Labels("kind", "taken")
    rows = labels.read_text(encoding="utf-8").splitlines()[1:]

    def written(time: Callable[[int], str]) -> None:
        lines = (f"{row},{time(number)}" for number, row in enumerate(rows))
        labels.write_text("\n".join(["path,kind,taken", *lines]), encoding="utf-8")

    # One of each class at each time, because they are in the order of their classes.
    written(lambda number: f"2026-11-{1 + number % 12:02d}")
    data = replace(DATA, train_dev_fraction=0.4)
    _, table = check(raw, reader=reader, train_dev_fraction=0.4)
    assert table.refusal() == ""
    where = examples(prepared(raw, reader, data, decoder(data))[0])
    splits = [where[row.split(",")[0]][0] for row in rows]
    assert [number for number in range(36) if splits[number] == "test"] == [
        number for number in range(36) if number % 12 >= 9
    ]
    # Another time moves an example, and decodes nothing.
    written(lambda number: f"2026-11-{12 - number % 12:02d}")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")
        whole, new = prepared(raw, reader, data, decoder(data))
    splits = [examples(whole)[row.split(",")[0]][0] for row in rows]
    assert new == 0
    assert [number for number in range(36) if splits[number] == "test"] == [
        number for number in range(36) if number % 12 < 3
    ]
    written(lambda number: "soon" if number == 3 else "" if number == 5 else "2026-11-01")
    _, table = check(raw, reader=reader)
    first, second = (finding.message for finding in table.kept["untimed"])
    assert "labels.csv, line 7, has no taken; fill it in, or remove the line." in first
    assert "labels.csv, line 5, has soon as taken, which is neither a number nor a date" in second


def test_times_of_rows_that_are_none(tmp_path: Path, check: Check) -> None:
    raw = timed(
        tmp_path / "rows", lambda at: {60: "2026-01-01", 59: "1", 58: ""}.get(at, "2026-02")
    )
    _, table = check(raw, reader=Lines("kind", "taken"), wrapped=rows_of)
    messages = [finding.message for finding in table.kept["untimed"]]
    assert len(messages) == 59
    assert (
        "t.csv:3: has a number as taken, 1, but others are like 2026-01-01; write all alike."
        in (messages)
    )
    assert "t.csv:4: has no taken; fill it in, or remove the line." in messages
    assert (
        "t.csv:5: has 2026-02 as taken, which is neither a number nor a date such as 2026-11-30 or "
        "2026-11-30T08:15." in messages
    )


def in_groups(raw: Path, group: Callable[[int], str]) -> Path:
    """The 60 rows of `table`, each with the group that `group` gives its number."""
    header, *rows = (table(raw) / "t.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{group(number)}" for number, row in enumerate(rows)]
    (raw / "t.csv").write_text("\n".join([f"{header},patient", *rows]), encoding="utf-8")
    return raw


def test_rows_split_by_group(tmp_path: Path, check: Check) -> None:
    raw, reader = (
        in_groups(tmp_path / "rows", lambda at: f"p{at // 3}"),
        Lines("kind", group="patient"),
    )
    given, data = rows_of(decoder(DATA)), replace(DATA, train_dev_fraction=0.3)
    first, new = prepared(raw, reader, data, given)
    where: dict[str, set[str]] = {}
    for path, (split, *_) in examples(first).items():
        where.setdefault(f"p{(int(path.partition(':')[2]) - 2) // 3}", set()).add(split)
    assert new == 60
    assert len(where) == 20
    assert all(len(splits) == 1 for splits in where.values())
    # Without the column the content decides: nothing is decoded, and groups are split up.
    torn, new = prepared(raw, Lines("kind"), data, given)
    assert new == 0
    assert {path: row[0] for path, row in examples(torn).items()} != {
        path: row[0] for path, row in examples(first).items()
    }


def test_groups_of_files(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(raw)
    labels, reader = raw / "labels.csv", Labels("kind", group="patient")
    rows = labels.read_text(encoding="utf-8").splitlines()[1:]

    def written(group: Callable[[int], str]) -> dict[str, set[str]]:
        lines = (f"{row},{group(number)}" for number, row in enumerate(rows))
        labels.write_text("\n".join(["path,kind,patient", *lines]), encoding="utf-8")
        data = replace(DATA, train_dev_fraction=0.4)
        where = examples(prepared(raw, reader, data, decoder(data))[0])
        split_of_group: dict[str, set[str]] = {}
        for number, row in enumerate(rows):
            split_of_group.setdefault(group(number), set()).add(where[row.split(",")[0]][0])
        return split_of_group

    by_two = written(lambda number: f"p{number // 2}")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")  # another group moves an example, and decodes nothing
        by_three = written(lambda number: f"q{number % 18}")
    for split_of_group in (by_two, by_three):
        assert all(len(splits) == 1 for splits in split_of_group.values())


def test_groups_that_are_none(tmp_path: Path, check: Check) -> None:
    raw = in_groups(tmp_path / "rows", lambda at: {3: "", 4: " "}.get(at, f"p{at}"))
    _, table = check(raw, reader=Lines("kind", group="patient"), wrapped=rows_of)
    messages = [finding.message for finding in table.kept["ungrouped"]]
    assert messages == [
        f"t.csv:{line}: has no patient, so its group might end up in two splits; fill it in, or "
        "remove the line."
        for line in (5, 6)
    ]
    with pytest.raises(UserError, match="has no column patients among"):
        check(raw, reader=Lines("kind", group="patients"), wrapped=rows_of)


def test_times_may_come_and_go(tmp_path: Path) -> None:
    raw, given = timed(tmp_path / "rows", str), rows_of(decoder(DATA))
    content, new = prepared(raw, LINES, DATA, given)
    assert new == 60
    times, new = prepared(raw, Lines("kind", "taken"), DATA, given)
    assert new == 0
    assert examples(times) != examples(content)
    assert prepared(raw, LINES, DATA, given) == (content, 0)


def test_a_class_that_is_only_of_late(tmp_path: Path, check: Check) -> None:
    """Chance did not put it there, so the message does not mention chance."""
    raw = timed(tmp_path / "rows", str)
    text = (raw / "t.csv").read_text(encoding="utf-8")
    for number in range(12):
        text = text.replace(f"kind{number % 3},x{number},", f"late,x{number},")
    (raw / "t.csv").write_text(text, encoding="utf-8")
    _, table = check(raw, reader=Lines("kind", "taken"), wrapped=rows_of)
    assert table.refusal().splitlines()[2:3] == [
        "    late has no example in train (it has 0 train, 0 train-dev, 0 dev, 12 test); add "
        "examples, or lower data.dev_fraction or test_fraction."
    ]


@pytest.mark.parametrize(
    ("value", "group"), [("37", "37"), ("37.0", "37"), ("37.5", "37.5"), ('"a"', "a")]
)
def test_the_group_of_a_line(value: str, group: str) -> None:
    assert group_in({"patient": json.loads(value)}, "patient") == group


@pytest.mark.parametrize("value", ["[37]", '{"a": 1}'])
def test_a_group_that_is_no_text(value: str) -> None:
    with pytest.raises(Unfit, match="has a list or an object as patient; write a text"):
        group_in({"patient": json.loads(value)}, "patient")
