"""Entries that add up, the latest first, whatever was there before."""

from samebits.data.release_file import Record
from samebits.versions.changelog import HEADER, by_class, entry, summary, with_entry, without_latest
from samebits.versions.changes import balance, changes, examples_of

OLD = examples_of({"a/1": "1", "a/2": "2", "b/3": "3"}, "")
NEW = examples_of({"b/1": "1", "b/3": "3", "c|\nd/4": "4", "a/5": "2"}, "")
FOUND = changes(OLD, NEW)


def made(corrections: str | None = None) -> Record:
    return Record(
        release="1.1", version="f.dir", corrections=corrections, note="New", classes=balance(NEW)
    )


def test_an_entry() -> None:
    text = entry(made(), "2026-01-02", "1.0", FOUND)
    assert text.splitlines()[:6] == [
        "1.1 (2026-01-02)",
        "",
        "New",
        "",
        "Since 1.0: 1 added, 0 removed, 1 relabelled, 1 renamed.",
        "Content: `f.dir`.",
    ]
    assert text.splitlines()[-4:] == [
        "| a | 1 | 0 | 0 | 0 | 1 |",
        "| b | 2 | 0 | 0 | 1 | 0 |",
        "| c\\| d | 1 | 1 | 0 | 0 | 0 |",
        "| all | 4 | 1 | 0 | 1 | 1 |",
    ]
    assert "Content: `f.dir`, label corrections `c0`." in entry(made("c0"), "", "1.0", FOUND)


def test_rows_add_up() -> None:
    before = balance(OLD)
    for name, *cells in by_class(balance(NEW), FOUND)[:-1]:
        now, added, removed, came, went = map(int, cells)
        assert now == before.get(name, 0) + added - removed + came - went


def test_the_first() -> None:
    assert summary(changes([], OLD), None) == "The first version: 3 examples."


def test_the_latest_stands_first() -> None:
    text = with_entry("", "1.0 (x)\n\nfirst\n")
    assert text == f"{HEADER}\n## 1.0 (x)\n\nfirst\n"
    two = with_entry(text, "1.1 (y)\n\nsecond")
    assert two == f"{HEADER}\n## 1.1 (y)\n\nsecond\n\n## 1.0 (x)\n\nfirst\n"
    assert without_latest(two) == text
    assert without_latest(text) == HEADER
    assert without_latest(HEADER) == HEADER


def test_what_a_person_wrote_stays() -> None:
    mine = "# Ours\n\nBy hand.\n\n## 1.0\n\nold\n"
    assert with_entry(mine, "1.1") == "# Ours\n\nBy hand.\n\n## 1.1\n\n## 1.0\n\nold\n"
    assert without_latest(with_entry(mine, "1.1")) == mine


def test_numbers_are_counted_all_together() -> None:
    classes = balance(NEW, "number")
    assert classes == {"": 4}
    made = Record(release="1.1", version="f.dir", corrections=None, note="New", classes=classes)
    lines = entry(made, "2026-01-02", "1.0", FOUND).splitlines()
    assert lines[4] == "Since 1.0: 1 added, 0 removed, 1 relabelled, 1 renamed."
    assert lines[-1] == "Examples: 4."
    assert not any("|" in line for line in lines)


def test_rows_are_called_rows() -> None:
    assert summary(changes([], OLD), None, "rows") == "The first version: 3 rows."
    records = [
        Record(release="1", version="f", corrections=None, note="N", classes=balance(NEW, target))
        for target in ("number", "class")
    ]
    number, classes = (entry(record, "2026-01-02", "0", FOUND, "rows") for record in records)
    assert number.endswith("Rows: 4.")
    assert "| class | rows | added |" in classes
