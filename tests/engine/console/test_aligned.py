"""Columns are aligned."""

from samebits.console.aligned import aligned


def test_columns() -> None:
    rows = [("name", "count", "note"), ("a", "10", "x"), ("long", "5", "")]
    assert aligned(rows, left=(0, 2)) == "name  count  note\na        10  x\nlong      5"
