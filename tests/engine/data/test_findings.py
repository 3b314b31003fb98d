"""One table: in order, limited, and with a refusal that names what stops the pipeline."""

from dataclasses import replace

from samebits.data import findings
from samebits.data.findings import MOST_KEPT, MOST_SHOWN, RULES, DataFinding, Table, shown


def many(rule: str, count: int, accepted: str = "") -> list[DataFinding]:
    return [
        DataFinding(rule, f"{rule} {n}.", (f"a/{n}",), ("",), (), accepted) for n in range(count)
    ]


def test_nothing_found() -> None:
    table = Table([])
    assert table.refusal() == ""
    empty = {"errors": 0, "left_out": [], "found": {}, "accepted": {}, "findings": []}
    assert table.record() == empty


def test_rows_stand_in_the_order_of_the_rules() -> None:
    record = Table([*many("odd-mode", 1), *many("copies", 2), *many("unreadable", 1)]).record()
    assert [finding["rule"] for finding in record["findings"]] == [
        "unreadable",
        *["copies"] * 2,
        "odd-mode",
    ]
    assert record["found"] == {"unreadable": 1, "copies": 2, "odd-mode": 1}
    assert [finding["severity"] for finding in record["findings"]] == ["error", *["warning"] * 3]


def test_warnings_stop_nothing() -> None:
    warnings = [name for name, rule in RULES.items() if not rule.error]
    table = Table(finding for name in warnings for finding in many(name, 1))
    assert (table.record()["errors"], table.refusal()) == (0, "")


def test_a_long_list_is_cut_in_the_message_only() -> None:
    table = Table(many("unreadable", MOST_SHOWN + 5))
    refusal = table.refusal()
    assert refusal.startswith(f"{MOST_SHOWN + 5} error(s) in the data:\n")
    assert "  unreadable or truncated (unreadable): 25\n" in refusal
    assert refusal.endswith("    and 5 more")
    assert refusal.count("unreadable ") == MOST_SHOWN + 1
    assert len(table.record()["findings"]) == MOST_SHOWN + 5


def test_beyond_very_many_they_are_counted() -> None:
    accepted = many("unreadable", MOST_KEPT + 5, "so")
    record = Table([*accepted, *many("unreadable", MOST_KEPT + 3)]).record()
    assert record["found"] == {"unreadable": 2 * MOST_KEPT + 8}
    assert record["errors"] == MOST_KEPT + 3
    assert len(record["findings"]) == 2 * MOST_KEPT
    assert sum(finding["accepted"] is None for finding in record["findings"]) == MOST_KEPT


def test_accepted_images_that_cannot_be_read_are_left_out() -> None:
    bad, odd = many("unreadable", 2, "so"), many("odd-size", 2, "so")
    assert Table([*odd, *reversed(bad)]).record()["left_out"] == ["a/0", "a/1"]
    assert Table([replace(bad[0], accepted="")]).record()["left_out"] == []


def test_names_cannot_break_or_turn_a_line() -> None:
    assert shown("café 1.png") == "café 1.png"
    assert shown("") == '""'
    for name in ("two\nlines", "\u202eturned", "\x1b[31mred"):
        assert shown(name).isprintable()
        assert shown(name) != name
    assert findings.shown("a b") == "a b"
