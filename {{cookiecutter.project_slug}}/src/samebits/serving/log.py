"""The log of a service: every answer, on disk before it leaves.

After a kill, whatever was answered is in it: SQLite's write-ahead log is complete once a
transaction is committed.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from .contents import Content
from .replies import Answer

FOLDER = Path("served")
DAY = 24 * 3600
TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,
    time REAL NOT NULL,     -- seconds since 1970, UTC
    model TEXT NOT NULL,    -- SHA-256 of the weights
    input TEXT NOT NULL,    -- SHA-256 of the content
    answer TEXT NOT NULL,   -- as JSON, without the masks of pixels
    bits BLOB NOT NULL      -- what the network gave; empty where the input could not be read
);
CREATE INDEX IF NOT EXISTS by_time ON answers (time);
CREATE TABLE IF NOT EXISTS inputs (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""
OLD = "DELETE FROM answers WHERE time < ?"
UNUSED = "DELETE FROM inputs WHERE sha256 NOT IN (SELECT input FROM answers)"


class Log:
    """The log in a folder; used by one thread.

    Args:
        folder: where requests.sqlite is.
        model: SHA-256 of the weights.
        keep_inputs: whether to keep contents, or their hashes alone.
        keep_days: how long to keep answers; 0 is for ever.

    Raises:
        sqlite3.Error: the file cannot be written.
    """

    def __init__(self, folder: Path, model: str, keep_inputs: bool, keep_days: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "requests.sqlite", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(TABLES)
        self._model, self._keep_inputs, self._keep = model, keep_inputs, keep_days * DAY
        self._swept = 0.0

    def write(self, contents: Sequence[Content], answers: Sequence[Answer]) -> None:
        """Commit the answers to these contents."""
        now = time.time()
        digests = [hashlib.sha256(content.content).hexdigest() for content in contents]
        said = [json.dumps(answer.record(), ensure_ascii=False) for answer in answers]
        bits = [answer.raw.tobytes() for answer in answers]
        rows = [(now, self._model, *row) for row in zip(digests, said, bits, strict=True)]
        with self._database:
            self._database.executemany(
                "INSERT INTO answers (time, model, input, answer, bits) VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            if self._keep_inputs:
                kept = [
                    (name, content.content) for name, content in zip(digests, contents, strict=True)
                ]
                self._database.executemany("INSERT OR IGNORE INTO inputs VALUES (?, ?)", kept)
            if self._keep and now - self._swept > min(self._keep, DAY):
                self._swept = now
                if self._database.execute(OLD, (now - self._keep,)).rowcount:
                    self._database.execute(UNUSED)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
