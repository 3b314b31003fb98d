"""Examples beside a table of labels, and rows of tables: found, checked, prepared, kept."""

import csv
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import TASK, decoder
from copy_defects import rows_of, table

from samebits.checks.file_rules import file_findings
from samebits.console.errors import UserError
from samebits.core.sections import Data
from samebits.data.decoder import Decoder
from samebits.data.findings import Table
from samebits.data.index import open_catalogue
from samebits.data.labels import read_labels
from samebits.data.prepare import prepare
from samebits.data.reader_base import Unfit, group_in
from samebits.data.readers import FOLDERS, Labels, Lines, Reader
from samebits.data.source import Source
from samebits.data.splits import SPLITS

Check = Callable[..., tuple[dict[str, Any], Table]]
LABELS, LINES = Labels("kind"), Lines("kind")
HEADER = "path,kind\n"


def below(folder: Path) -> dict[str, bytes]:
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in files}


def beside(raw: Path) -> Path:
    """Move examples out of their classes, into folders that say nothing; a table says it."""
    rows = []
    for number, path in enumerate(sorted(raw.rglob("*.png"))):
        name = f"{number % 5}/scans/{number:03d}.png"
        rows.append(f"{name},{path.parent.name}\n")
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(raw / name)
    for name in ("circle", "square", "tree"):
        (raw / name).rmdir()
    (raw / "labels.csv").write_text(HEADER + "".join(reversed(rows)), encoding="utf-8")
    return raw


def prepared(
    raw: Path, reader: Reader, data: Data, given: Decoder, corrections: Path | None = None
) -> tuple[dict[str, bytes], int]:
    folder = raw.with_name("prepared")
    labels = read_labels(corrections or raw.with_name("none.csv"))
    with open_catalogue(raw.with_name("decoded"), given, reader) as catalogue:
        new = prepare(catalogue, raw, folder, data, TASK, "version", labels=labels)
    return below(folder), new


def examples(found: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """Split and label of each path."""
    return {
        row["path"]: (split, row["label"])
        for split in SPLITS
        for row in csv.DictReader(found[f"{split}/examples.csv"].decode().splitlines())
    }


DATA = replace(
    decoder().data, train_dev_fraction=0.1, dev_fraction=0.25, test_fraction=0.25, least_examples=3
)


def test_a_table_of_labels_is_as_good_as_folders(raw: Path, check: Check) -> None:
    before, new = prepared(raw, FOLDERS, DATA, decoder(DATA))
    assert new == 36
    summary, _ = check(raw)
    beside(raw)
    after, table = check(raw, reader=LABELS)
    assert table.refusal() == ""
    assert after == summary
    found, _ = prepared(raw, LABELS, DATA, decoder(DATA))
    splits = sorted(examples(found).values())
    assert splits == sorted(examples(before).values())


def test_another_label_costs_no_decoding(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(raw)
    prepared(raw, LABELS, DATA, decoder(DATA))
    labels = raw / "labels.csv"
    text = labels.read_text(encoding="utf-8")
    labels.write_text(text.replace("000.png,circle", "000.png,tree"), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")
        found, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert new == 0
    assert examples(found)["0/scans/000.png"][1] == "tree"
    labels.write_text(text.replace("0/scans/000.png,circle\n", ""), encoding="utf-8")
    found, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (len(examples(found)), new) == (35, 0)
    labels.write_text(text, encoding="utf-8")
    found, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (len(examples(found)), new) == (36, 1)


def test_a_new_content_and_a_new_label_at_once(raw: Path) -> None:
    beside(raw)
    prepared(raw, LABELS, DATA, decoder(DATA))
    labels, path = raw / "labels.csv", raw / "0/scans/000.png"
    text = labels.read_text(encoding="utf-8")
    labels.write_text(text.replace("000.png,circle", "000.png,tree"), encoding="utf-8")
    path.write_bytes(path.read_bytes())
    found, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (examples(found)["0/scans/000.png"][1], new) == ("tree", 0)


def test_what_has_no_label_can_be_left_out(raw: Path, check: Check) -> None:
    beside(raw)
    (raw / "README.txt").write_text("mine", encoding="utf-8")
    _, table = check(raw, reader=LABELS)
    assert table.refusal() == (
        "1 error(s) in the data:\n  example without an answer (unlabelled): 1\n    README.txt: "
        "labels.csv does not name it; add it, or remove it."
    )
    accepted = "rule,subject,md5,reason\nunlabelled,*.txt,,it is for people\n"
    raw.with_name("accepted.csv").write_text(accepted, encoding="utf-8")
    summary, table = check(raw, reader=LABELS)
    assert table.refusal() == ""
    assert summary["left_out"] == ["README.txt"]
    assert len(examples(prepared(raw, LABELS, DATA, decoder(DATA))[0])) == 36


def test_a_class_without_a_readable_example(raw: Path, check: Check) -> None:
    beside(raw)
    (raw / "house.png").write_bytes(b"no example")
    with (raw / "labels.csv").open("a", encoding="utf-8") as file:
        file.write("house.png,house\n")
    summary, _ = check(raw, reader=LABELS)
    assert set(summary["found"]) == {"unreadable", "empty-class"}


@pytest.mark.parametrize("reader", ["labels", "lines"])
def test_a_correction(tmp_path: Path, raw: Path, check: Check, reader: str) -> None:
    kind: Reader
    if reader == "labels":
        beside(raw)
        kind, given, path, old, new = LABELS, decoder(DATA), "0/scans/000.png", "circle", "tree"
    else:
        raw = table(tmp_path / "rows")
        kind, given, path, old, new = LINES, rows_of(decoder(DATA)), "t.csv:2", "kind0", "kind1"
    with open_catalogue(raw.with_name("decoded"), given, kind) as catalogue:
        catalogue.fill(raw, 0)
        query = "SELECT md5 FROM files WHERE path = ?"
        (md5,) = catalogue.database.execute(query, (path,)).fetchone()
    corrections = raw.with_name("corrections.csv")
    header = "md5,old,new,who,why\n"
    corrections.write_text(f"{header}{md5},{old},{new},me,seen\n", encoding="utf-8")
    wrapped = rows_of if reader == "lines" else lambda one: one
    summary, _ = check(raw, reader=kind, wrapped=wrapped)
    assert summary["corrections"][0]["examples"] == 1
    assert "corrections" not in summary["found"]
    found, _ = prepared(raw, kind, DATA, given, corrections)
    assert examples(found)[path][1] == new
    corrections.write_text(f"{header}{md5},{old},house,me,seen\n", encoding="utf-8")
    _, refused = check(raw, reader=kind, wrapped=wrapped)
    assert "corrections.csv, line 2: there is no class house" in refused.refusal()


def test_rows(tmp_path: Path, check: Check) -> None:
    raw = table(tmp_path / "rows")
    summary, found = check(raw, reader=LINES, wrapped=rows_of)
    assert found.refusal() == ""
    assert summary["classes"] == {"kind0": 20, "kind1": 20, "kind2": 20}
    given = rows_of(decoder(DATA))
    before, new = prepared(raw, LINES, DATA, given)
    assert new == 0  # as `validate` has decoded it
    where = examples(before)
    assert where["t.csv:2"][1] == "kind0"
    assert len(where) == 60
    sizes = np.concatenate(
        [np.load(raw.with_name("prepared") / f"{one}/sizes-00000.npy") for one in SPLITS]
    )
    assert sorted(sizes[:, 0].tolist()) == pytest.approx([number / 10 for number in range(60)])
    assert set(sizes[:, 1].tolist()) == {2.0}  # the answer is no column


def test_a_row_stays_in_its_split(tmp_path: Path) -> None:
    raw, given = table(tmp_path / "rows"), rows_of(decoder(DATA))
    before = examples(prepared(raw, LINES, DATA, given)[0])
    path = raw / "t.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    # Moved to another place and file, with other line ends, quotes and answers.
    (raw / "t.csv").unlink()
    rows = [f'"{row.replace(",kind", chr(34) + ",kind")}' for row in reversed(rows)]
    (raw / "a.csv").write_bytes("\r\n".join(["\ufeff" + header, *rows]).encode())
    after = examples(prepared(raw, LINES, DATA, given)[0])
    assert len(after) == 60
    for number in range(60):
        assert after[f"a.csv:{61 - number}"] == before[f"t.csv:{number + 2}"]


def test_only_new_rows_are_decoded(tmp_path: Path) -> None:
    raw, given = table(tmp_path / "rows"), rows_of(decoder(DATA))
    assert prepared(raw, LINES, DATA, given)[1] == 60
    path = raw / "t.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.0,kind0", "0.0,kind1") + "9.5,kind1,more\n", encoding="utf-8")
    found, new = prepared(raw, LINES, DATA, given)
    assert new == 1
    assert examples(found)["t.csv:2"][1] == "kind1"
    # Longer lines move those below them.
    path.write_text(text.replace("0.0,kind0", "0.00,kind0"), encoding="utf-8")
    assert prepared(raw, LINES, DATA, given)[1] == 1


def test_workers_read_rows(tmp_path: Path) -> None:
    raw, folder = table(tmp_path / "rows"), tmp_path / "decoded"
    with open_catalogue(folder, decoder(), LINES) as catalogue:
        assert catalogue.fill(raw, 2) == 0
        query = "SELECT count(*), min(problem), min(rule), min(label) FROM files"
        words = "not a readable example (its content is in no image format"
        count, problem, *rest = catalogue.database.execute(query).fetchone()
    assert (count, *rest) == (60, "unreadable", "kind0")
    assert problem.startswith(words)


def test_single_bad_rows_are_findings(tmp_path: Path, check: Check) -> None:
    raw = table(tmp_path / "rows")
    with (raw / "t.csv").open("ab") as file:
        file.write(b"1.0\n1.5, ,x\n?,kind1,x\n\xff,kind1,x\n")
    (raw / "ab:c.jsonl").write_text(
        '{"size": 9.9, "kind": "kind0"}\n' * 2 + "{\n", encoding="utf-8"
    )
    summary, found = check(raw, reader=LINES, wrapped=rows_of)
    assert summary["found"] == {"unreadable": 4, "unlabelled": 1, "copies": 1, "odd-name": 1}
    assert found.refusal().splitlines() == [
        "5 error(s) in the data:",
        "  unreadable or truncated (unreadable): 4",
        "    ab:c.jsonl:3: is not JSON (Expecting property name enclosed in double quotes at "
        "letter 2).",
        "    t.csv:62: has 1 cells instead of 3; put a cell with a comma in quotes.",
        "    t.csv:64: not a readable example (no size); replace or remove it.",
        "    t.csv:65: is not UTF-8 text in line 65; save the file as that.",
        "  example without an answer (unlabelled): 1",
        "    t.csv:63: has no kind; fill it in, or remove the line.",
    ]
    (odd,) = (one["message"] for one in summary["findings"] if one["rule"] == "odd-name")
    assert odd == "ab:c.jsonl has a : in its name, which Windows cannot hold; rename it."


def test_another_answer_is_another_content(tmp_path: Path) -> None:
    raw, given = table(tmp_path / "rows"), rows_of(decoder(DATA))
    with open_catalogue(tmp_path / "decoded", given, LINES) as catalogue:
        assert catalogue.fill(raw, 0) == 60
    with open_catalogue(tmp_path / "decoded", given, Lines("name")) as catalogue:
        assert catalogue.fill(raw, 0) == 60
        (label,) = catalogue.database.execute("SELECT label FROM files LIMIT 1").fetchone()
        assert label.startswith("x")


def test_images_and_their_masks_are_still_two_folders(raw: Path, check: Check) -> None:
    for old, new in (("square", "images"), ("tree", "masks")):
        (raw / old).rename(raw / new)
    _, found = check(raw)
    assert "hold files of the same names, as images and their masks do" in found.refusal()


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
    _, found = check(raw, reader=reader, wrapped=rows_of)
    assert found.refusal() == ""
    where = examples(prepared(raw, reader, DATA, rows_of(decoder(DATA)))[0])
    order = [where[f"t.csv:{number + 2}"][0] for number in range(60)]
    assert order[:15] == ["test"] * 15
    assert order[15:30] == ["dev"] * 15
    assert set(order[30:]) == {"train", "train_dev"}


def test_equal_times_stay_in_one_split(tmp_path: Path) -> None:
    raw = timed(tmp_path / "rows", lambda at: str(2024 + (at - 1) // 20))
    found, _ = prepared(raw, Lines("kind", "taken"), DATA, rows_of(decoder(DATA)))
    splits = [examples(found)[f"t.csv:{number + 2}"][0] for number in range(60)]
    assert splits[:40] == ["test"] * 20 + ["dev"] * 20
    assert set(splits[40:]) == {"train", "train_dev"}


def test_copies_of_two_times(tmp_path: Path, check: Check) -> None:
    """What stands in train and in test is told, whatever puts it there."""
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

    # One of each class at each time, for they stand in the order of their classes.
    written(lambda number: f"2026-11-{1 + number % 12:02d}")
    data = replace(DATA, train_dev_fraction=0.4)
    _, table = check(raw, reader=reader, train_dev_fraction=0.4)
    assert table.refusal() == ""
    where = examples(prepared(raw, reader, data, decoder(data))[0])
    splits = [where[row.split(",")[0]][0] for row in rows]
    assert [one for one in range(36) if splits[one] == "test"] == [
        number for number in range(36) if number % 12 >= 9
    ]
    # Another time moves an example, and decodes nothing.
    written(lambda number: f"2026-11-{12 - number % 12:02d}")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")
        found, new = prepared(raw, reader, data, decoder(data))
    splits = [examples(found)[row.split(",")[0]][0] for row in rows]
    assert new == 0
    assert [one for one in range(36) if splits[one] == "test"] == [
        number for number in range(36) if number % 12 < 3
    ]
    written(lambda number: "soon" if number == 3 else "" if number == 5 else "2026-11-01")
    _, table = check(raw, reader=reader)
    first, second = (one.message for one in table.kept["untimed"])
    assert "labels.csv, line 7, has no taken; fill it in, or remove the line." in first
    assert "labels.csv, line 5, has as taken soon, which is no number and no date such" in second


def test_times_of_rows_that_are_none(tmp_path: Path, check: Check) -> None:
    raw = timed(
        tmp_path / "rows", lambda at: {60: "2026-01-01", 59: "1", 58: ""}.get(at, "2026-02")
    )
    _, found = check(raw, reader=Lines("kind", "taken"), wrapped=rows_of)
    messages = [one.message for one in found.kept["untimed"]]
    assert len(messages) == 59
    assert (
        "t.csv:3: has as taken a number, 1, where others are as 2026-01-01; write all alike."
        in (messages)
    )
    assert "t.csv:4: has no taken; fill it in, or remove the line." in messages
    assert (
        "t.csv:5: has as taken 2026-02, which is no number and no date such as 2026-11-30 or "
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
    found, new = prepared(raw, reader, data, given)
    where: dict[str, set[str]] = {}
    for path, (split, *_) in examples(found).items():
        where.setdefault(f"p{(int(path.partition(':')[2]) - 2) // 3}", set()).add(split)
    assert new == 60
    assert len(where) == 20
    assert all(len(splits) == 1 for splits in where.values())
    # Without the column the content decides: nothing is decoded, and groups are torn.
    torn, new = prepared(raw, Lines("kind"), data, given)
    assert new == 0
    assert {path: one[0] for path, one in examples(torn).items()} != {
        path: one[0] for path, one in examples(found).items()
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
        found: dict[str, set[str]] = {}
        for number, row in enumerate(rows):
            found.setdefault(group(number), set()).add(where[row.split(",")[0]][0])
        return found

    by_two = written(lambda number: f"p{number // 2}")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")  # another group moves an example, and decodes nothing
        by_three = written(lambda number: f"q{number % 18}")
    for found in (by_two, by_three):
        assert all(len(splits) == 1 for splits in found.values())


def test_groups_that_are_none(tmp_path: Path, check: Check) -> None:
    raw = in_groups(tmp_path / "rows", lambda at: {3: "", 4: " "}.get(at, f"p{at}"))
    _, found = check(raw, reader=Lines("kind", group="patient"), wrapped=rows_of)
    messages = [one.message for one in found.kept["ungrouped"]]
    assert messages == [
        f"t.csv:{line}: has no patient, so what belongs together might be torn into two splits; "
        "fill it in, or remove the line."
        for line in (5, 6)
    ]
    with pytest.raises(UserError, match="has no column patients among"):
        check(raw, reader=Lines("kind", group="patients"), wrapped=rows_of)


def test_equal_rows(tmp_path: Path, check: Check) -> None:
    """In a table of few columns they are no mistake, and do not stop the pipeline."""
    raw = table(tmp_path / "rows")
    with (raw / "t.csv").open("a", encoding="utf-8") as file:
        file.write("0.0,kind0,x0\n0.0,kind0,x0\n0.3,kind0,x3\n1.0,kind1,x10\n1.0,kind2,x10\n")
    summary, found = check(raw, reader=LINES, wrapped=rows_of)
    assert found.refusal() == ""
    assert summary["found"] == {"two-answers": 1, "copies": 1}
    (copies,), (answers,) = found.kept["copies"], found.kept["two-answers"]
    assert copies.message.startswith("5 rows equal others, as t.csv:")
    assert answers.message == (
        "3 rows equal others but for the answer, as t.csv:12 (kind1) and t.csv:66 (kind2), so that "
        "no model can tell them apart; see whether a column that does is missing."
    )
    assert answers.paths == ("t.csv:12", "t.csv:66")


def test_times_may_come_and_go(tmp_path: Path) -> None:
    raw, given = timed(tmp_path / "rows", str), rows_of(decoder(DATA))
    content, new = prepared(raw, LINES, DATA, given)
    assert new == 60
    times, new = prepared(raw, Lines("kind", "taken"), DATA, given)
    assert new == 0
    assert examples(times) != examples(content)
    assert prepared(raw, LINES, DATA, given) == (content, 0)


def test_a_class_that_is_only_of_late(tmp_path: Path, check: Check) -> None:
    """No chance put it there, so that none is spoken of."""
    raw = timed(tmp_path / "rows", str)
    text = (raw / "t.csv").read_text(encoding="utf-8")
    for number in range(12):
        text = text.replace(f"kind{number % 3},x{number},", f"late,x{number},")
    (raw / "t.csv").write_text(text, encoding="utf-8")
    _, found = check(raw, reader=Lines("kind", "taken"), wrapped=rows_of)
    assert found.refusal().splitlines()[2:3] == [
        "    late has no example in train (it has 0 train, 0 train-dev, 0 dev, 12 test); add "
        "examples, or lower data.dev_fraction or test_fraction."
    ]


def test_odd_lengths() -> None:
    """Of files whose fact `length` says how long they are; those of half or twice are usual."""
    lengths = {number: 40 + number for number in range(60)} | {7: 1, 9: 4000, 11: 20, 12: 100}
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE files (path, md5, facts, problem, rule, file)")
        rows = [
            (f"a/{at:02d}", f"{at}", json.dumps({"length": one})) for at, one in lengths.items()
        ]
        database.executemany("INSERT INTO files VALUES (?, ?, ?, '', '', '')", rows)
        (found,) = (one for one in file_findings(database) if one.rule == "odd-length")
        assert found.paths == ("a/07", "a/09")
        assert found.message == (
            "2 of 60 examples are more than 10 times as long as the middle one, 72, or shorter "
            "than its tenth: a/07 (1), a/09 (4000); see whether they are whole."
        )
        database.execute("DELETE FROM files WHERE path IN ('a/07', 'a/09')")
        assert not [one for one in file_findings(database) if one.rule == "odd-length"]


@pytest.mark.parametrize(
    ("value", "group"), [("37", "37"), ("37.0", "37"), ("37.5", "37.5"), ('"a"', "a")]
)
def test_the_group_of_a_line(value: str, group: str) -> None:
    assert group_in({"patient": json.loads(value)}, "patient") == group


@pytest.mark.parametrize("value", ["[37]", '{"a": 1}'])
def test_a_group_that_is_no_text(value: str) -> None:
    with pytest.raises(Unfit, match="has a list or an object as patient; write a text"):
        group_in({"patient": json.loads(value)}, "patient")
