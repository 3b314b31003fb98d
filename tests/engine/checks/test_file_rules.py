"""Oddities of files and rows, whatever they contain."""

import json
import sqlite3

from samebits.checks.file_rules import file_findings


def test_odd_lengths() -> None:
    """Files with a fact `length`; half or twice the median is usual."""
    lengths = {number: 40 + number for number in range(60)} | {7: 1, 9: 4000, 11: 20, 12: 100}
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE files (path, md5, facts, problem, rule, file)")
        rows = [
            (f"a/{at:02d}", f"{at}", json.dumps({"length": length}))
            for at, length in lengths.items()
        ]
        database.executemany("INSERT INTO files VALUES (?, ?, ?, '', '', '')", rows)
        (finding,) = (
            finding for finding in file_findings(database) if finding.rule == "odd-length"
        )
        assert finding.paths == ("a/07", "a/09")
        assert finding.message == (
            "2 of 60 examples are more than 10 times as long as the median, 72, or less "
            "than a tenth as long: a/07 (1), a/09 (4000); check whether they are complete."
        )
        database.execute("DELETE FROM files WHERE path IN ('a/07', 'a/09')")
        assert not [finding for finding in file_findings(database) if finding.rule == "odd-length"]
