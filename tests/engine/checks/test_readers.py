"""Examples with a table of labels, and rows of tables: found, checked, prepared, kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import decoder
from copy_defects import rows_of, table
from reading import DATA, beside, examples, prepared

from samebits.data.findings import Table
from samebits.data.index import open_catalogue
from samebits.data.readers import FOLDERS, Labels, Lines, Reader
from samebits.data.source import Source
from samebits.data.splits import SPLITS

Check = Callable[..., tuple[dict[str, Any], Table]]
LABELS, LINES = Labels("kind"), Lines("kind")


def test_a_table_of_labels_is_as_good_as_folders(raw: Path, check: Check) -> None:
    before, new = prepared(raw, FOLDERS, DATA, decoder(DATA))
    assert new == 36
    summary, _ = check(raw)
    beside(raw)
    after, table = check(raw, reader=LABELS)
    assert table.refusal() == ""
    assert after == summary
    prepared_files, _ = prepared(raw, LABELS, DATA, decoder(DATA))
    splits = sorted(examples(prepared_files).values())
    assert splits == sorted(examples(before).values())


def test_another_label_costs_no_decoding(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(raw)
    prepared(raw, LABELS, DATA, decoder(DATA))
    labels = raw / "labels.csv"
    text = labels.read_text(encoding="utf-8")
    labels.write_text(text.replace("000.png,circle", "000.png,tree"), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.delattr(Source, "content")
        first, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert new == 0
    assert examples(first)["0/scans/000.png"][1] == "tree"
    labels.write_text(text.replace("0/scans/000.png,circle\n", ""), encoding="utf-8")
    first, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (len(examples(first)), new) == (35, 0)
    labels.write_text(text, encoding="utf-8")
    first, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (len(examples(first)), new) == (36, 1)


def test_a_new_content_and_a_new_label_at_once(raw: Path) -> None:
    beside(raw)
    prepared(raw, LABELS, DATA, decoder(DATA))
    labels, path = raw / "labels.csv", raw / "0/scans/000.png"
    text = labels.read_text(encoding="utf-8")
    labels.write_text(text.replace("000.png,circle", "000.png,tree"), encoding="utf-8")
    path.write_bytes(path.read_bytes())
    first, new = prepared(raw, LABELS, DATA, decoder(DATA))
    assert (examples(first)["0/scans/000.png"][1], new) == ("tree", 0)


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
    wrapped = rows_of if reader == "lines" else lambda given: given
    summary, _ = check(raw, reader=kind, wrapped=wrapped)
    assert summary["corrections"][0]["examples"] == 1
    assert "corrections" not in summary["found"]
    prepared_files, _ = prepared(raw, kind, DATA, given, corrections)
    assert examples(prepared_files)[path][1] == new
    corrections.write_text(f"{header}{md5},{old},house,me,seen\n", encoding="utf-8")
    _, refused = check(raw, reader=kind, wrapped=wrapped)
    assert "corrections.csv, line 2: there is no class house" in refused.refusal()


def test_rows(tmp_path: Path, check: Check) -> None:
    raw = table(tmp_path / "rows")
    summary, seen = check(raw, reader=LINES, wrapped=rows_of)
    assert seen.refusal() == ""
    assert summary["classes"] == {"kind0": 20, "kind1": 20, "kind2": 20}
    given = rows_of(decoder(DATA))
    before, new = prepared(raw, LINES, DATA, given)
    assert new == 0  # as `validate` has decoded it
    where = examples(before)
    assert where["t.csv:2"][1] == "kind0"
    assert len(where) == 60
    sizes = np.concatenate(
        [np.load(raw.with_name("prepared") / f"{split}/sizes-00000.npy") for split in SPLITS]
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
    first, new = prepared(raw, LINES, DATA, given)
    assert new == 1
    assert examples(first)["t.csv:2"][1] == "kind1"
    # Longer lines move those below them.
    path.write_text(text.replace("0.0,kind0", "0.00,kind0"), encoding="utf-8")
    assert prepared(raw, LINES, DATA, given)[1] == 1


def test_workers_read_rows(tmp_path: Path) -> None:
    raw, folder = table(tmp_path / "rows"), tmp_path / "decoded"
    with open_catalogue(folder, decoder(), LINES) as catalogue:
        assert catalogue.fill(raw, 2) == 0
        query = "SELECT count(*), min(problem), min(rule), min(label) FROM files"
        words = "not a readable example (its format is unknown"
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
    summary, seen = check(raw, reader=LINES, wrapped=rows_of)
    assert summary["found"] == {"unreadable": 4, "unlabelled": 1, "copies": 1, "odd-name": 1}
    assert seen.refusal().splitlines() == [
        "5 error(s) in the data:",
        "  unreadable or truncated (unreadable): 4",
        "    ab:c.jsonl:3: is not JSON (Expecting property name enclosed in double quotes at "
        "letter 2).",
        "    t.csv:62: has 1 cells instead of 3; put a cell with a comma in quotes.",
        "    t.csv:64: not a readable example (no size); replace or remove it.",
        "    t.csv:65: is not UTF-8 text in line 65; save the file as UTF-8.",
        "  example without an answer (unlabelled): 1",
        "    t.csv:63: has no kind; fill it in, or remove the line.",
    ]
    (odd,) = (
        finding["message"] for finding in summary["findings"] if finding["rule"] == "odd-name"
    )
    assert odd == "ab:c.jsonl has a : in its name, which Windows does not allow; rename it."


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
    _, table = check(raw)
    assert "hold files of the same names, as images and their masks do" in table.refusal()


def test_equal_rows(tmp_path: Path, check: Check) -> None:
    """In a table with few columns they are not a mistake, and do not stop the pipeline."""
    raw = table(tmp_path / "rows")
    with (raw / "t.csv").open("a", encoding="utf-8") as file:
        file.write("0.0,kind0,x0\n0.0,kind0,x0\n0.3,kind0,x3\n1.0,kind1,x10\n1.0,kind2,x10\n")
    summary, seen = check(raw, reader=LINES, wrapped=rows_of)
    assert seen.refusal() == ""
    assert summary["found"] == {"two-answers": 1, "copies": 1}
    (copies,), (answers,) = seen.kept["copies"], seen.kept["two-answers"]
    assert copies.message.startswith("5 rows are equal to others, such as t.csv:")
    assert answers.message == (
        "3 rows are equal to others except for the answer, such as t.csv:12 (kind1) and t.csv:66 "
        "(kind2), so no model can tell them apart; check whether a column that tells them apart is "
        "missing."
    )
    assert answers.paths == ("t.csv:12", "t.csv:66")
