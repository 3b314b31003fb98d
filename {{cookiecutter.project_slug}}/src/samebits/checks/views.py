"""Views of the catalogue's table `files`, which the rules query.

Queries stream and sort on disk, so that a million examples take the memory of a thousand.
"""

import sqlite3

from ..data.corrections import Labels

# `examples` are the usable ones: readable, in a class folder, with their corrected label.
VIEWS = """
DROP VIEW IF EXISTS temp.examples;
DROP TABLE IF EXISTS temp.corrected;
CREATE TEMP TABLE corrected (md5 TEXT, old TEXT, new TEXT, PRIMARY KEY (md5, old)) WITHOUT ROWID;
CREATE TEMP VIEW examples AS
    SELECT path, coalesce(new, label) AS label, files.md5 AS md5, width, height, mode, format,
           brightness, gist, block, place, checksum, lost, more, used, time, grouped,
           file <> '' AND substr(path, 1, length(file) + 1) = file || ':' AS is_row
    FROM files LEFT JOIN temp.corrected AS c ON c.md5 = files.md5 AND old = label
    WHERE problem = '';
"""


def open_views(database: sqlite3.Connection, labels: Labels) -> None:
    """Create the temporary view `examples`, with corrected labels, for the rules."""
    database.executescript(VIEWS)
    rows = ((md5, old, new) for (md5, old), new in sorted(labels.items()))
    database.executemany("INSERT INTO corrected VALUES (?, ?, ?)", rows)
