"""What is known of every example: an SQLite table, filled in one pass over data/raw.

A file is read, hashed and decoded once, for both `validate` and `prepare`, and again only after it
has changed. A killed run resumes after its last block, and of new data only the new examples are
decoded. No result depends on it: without it everything is made again, with the same bytes. It may
be deleted at any time.
"""

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..console.errors import UserError, refused
from ..console.progress import progress
from ..core.sections import Data
from .decode_workers import Decoding, Job, Known, decode_all
from .decoder import Decoder
from .readers import FOLDERS, Reader
from .source import Source
from .splits import Cut, cut_of, group_of, is_target

DATABASE = "catalogue.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY,      -- of a file below data/raw, or of a line in one: <file>:<line>
    label TEXT NOT NULL,        -- the answer, as the reader has it; '' where there is none
    bytes INTEGER NOT NULL,
    md5 TEXT NOT NULL,          -- of the content; '' where it could not be read
    problem TEXT NOT NULL,      -- '' or why it is no example
    rule TEXT NOT NULL,         -- '' or the rule that says so
    facts TEXT NOT NULL,        -- what else is known, as JSON; rules name some
    format TEXT AS (coalesce(json_extract(facts, '$.format'), '')),
    width INTEGER AS (coalesce(json_extract(facts, '$.width'), 0)),
    height INTEGER AS (coalesce(json_extract(facts, '$.height'), 0)),
    mode TEXT AS (coalesce(json_extract(facts, '$.mode'), '')),
    brightness REAL AS (json_extract(facts, '$.brightness')),
    lost TEXT AS (coalesce(json_extract(facts, '$.lost'), '')),
    more INTEGER AS (coalesce(json_extract(facts, '$.more'), 0)),
    used INTEGER AS (coalesce(json_extract(facts, '$.used'), 0)),
    gist BLOB NOT NULL,         -- mean brightness of 8×8 parts of the image, if there is one
    block TEXT NOT NULL,        -- where the decoded arrays are: file, row in it, CRC-32
    place INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    file TEXT NOT NULL,         -- what holds the content, '' for `path` itself; from which byte on
    start INTEGER NOT NULL,
    stamp TEXT NOT NULL,        -- another one where the content has changed
    time REAL,                  -- when it was taken, where a column says that
    grouped TEXT NOT NULL       -- its group; '' where it stands alone
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS classes (label TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
DROP TABLE IF EXISTS seen;
CREATE TABLE seen (
    path TEXT PRIMARY KEY, file TEXT NOT NULL, start INTEGER NOT NULL, bytes INTEGER NOT NULL,
    stamp TEXT NOT NULL, answer TEXT NOT NULL, rule TEXT NOT NULL, problem TEXT NOT NULL, time REAL,
    grouped TEXT NOT NULL
) WITHOUT ROWID;
"""
# If a reader refuses an example, its rule and problem count as the content, which was never read.
CHANGED = """
FROM seen LEFT JOIN files USING (path)
WHERE ((seen.file, seen.start, seen.stamp) IS NOT (files.file, files.start, files.stamp)
       OR CASE seen.rule WHEN '' THEN files.label = ''
          ELSE (seen.rule, seen.problem) IS NOT (files.rule, files.problem) END)
"""
# A new answer does not require reading the content again.
ANSWERS = """
UPDATE files SET label = answer, time = seen.time, grouped = seen.grouped FROM seen
WHERE seen.path = files.path
      AND (label, files.time, files.grouped) IS NOT (answer, seen.time, seen.grouped)
"""
CLASSES = "INSERT OR IGNORE INTO classes SELECT DISTINCT answer FROM seen WHERE answer != ''"
COLUMNS = ("path", "label", "bytes", *Known._fields, "file", "start", "stamp", "time", "grouped")


class Place(NamedTuple):
    """The place of an example's arrays: the block, the row in it, and their CRC-32."""

    block: str
    place: int
    checksum: int


class Catalogued(NamedTuple):
    """An example without a problem: its uncorrected label, its facts, the place of its arrays."""

    path: str
    label: str
    md5: str
    facts: str  # as JSON
    time: float | None
    group: str
    place: Place


class Catalogue:
    """The catalogue of examples that `decoder` decoded; `open_catalogue` makes one.

    `database` has the tables `files` and `classes` of `TABLES`.
    """

    def __init__(
        self, folder: Path, database: sqlite3.Connection, decoder: Decoder, reader: Reader
    ) -> None:
        self.folder = folder
        self.decoder = decoder
        self.reader = reader
        self.database = database

    def fill(self, raw: Path, workers: int) -> int:
        """Update the tables to what is below `raw` now.

        Returns:
            How many examples were decoded.

        Raises:
            UserError: the folder is missing, the name of a file is not UTF-8, the reader refuses a
                table, or a process has ended.
        """
        self._see(raw)
        self._forget_damaged()
        # Another limit may accept what the last one refused.
        most = round(self.decoder.data.megapixels * 1e6)
        self.database.execute(
            "DELETE FROM files WHERE rule = 'too-large' OR width * height > ?", (most,)
        )
        self.database.execute("DELETE FROM files WHERE path NOT IN (SELECT path FROM seen)")
        (new,) = self.database.execute(f"SELECT count(*) {CHANGED}").fetchone()
        decoding = Decoding(raw, self.folder, self.decoder, self.reader)
        decoded = 0
        with progress(total=new, desc="read", unit=" examples", leave=False) as bar:
            for jobs, known in decode_all(decoding, self._changed(decoding.most), workers):
                decoded += self._keep(jobs, known)
                bar.update(len(jobs))
        with self.database:
            self.database.execute(ANSWERS)
        self._remove_unused()
        return decoded

    def examples(self) -> Iterator[Catalogued]:
        """Yield the examples without a problem, in the order of their paths."""
        columns = "path, label, md5, facts, time, grouped, block, place, checksum"
        rows = self.database.execute(
            f"SELECT {columns} FROM files WHERE problem = '' ORDER BY path"
        )
        for path, label, md5, facts, time, group, *place in rows:
            yield Catalogued(path, label, md5, facts, time, group, Place(*place))

    def cut(self, data: Data) -> Cut | None:
        """Return where to cut the times of the examples into splits; None without times."""
        query = "SELECT path, time FROM files WHERE problem = '' AND time NOT NULL ORDER BY time"
        rows = self.database.execute(query)
        return cut_of([time for path, time in rows if is_target(path, data)], data)

    @property
    def grouped(self) -> bool:
        """Whether examples are in groups, each of which stays in one split."""
        return bool(self.reader.group or self.decoder.data.group)

    def counts(self, query: str) -> dict[str, int]:
        """Return the rows (name, number) of a query, in its order."""
        return dict(self.database.execute(query).fetchall())

    def _see(self, raw: Path) -> None:
        data = self.decoder.data
        grouped = (
            source._replace(group=group_of(source, data)) for source in self.reader.sources(raw)
        )
        rows = progress(grouped, desc="list", unit=" examples", leave=False)
        with self.database:
            self.database.execute("DELETE FROM seen")
            self.database.execute("DELETE FROM classes")
            self.database.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
            self.database.executemany(
                "INSERT INTO classes VALUES (?)", ((name,) for name in self.reader.classes(raw))
            )
            self.database.execute(CLASSES)

    def _changed(self, most: int) -> Iterator[list[Job]]:
        """Yield the examples to decode, `most` at a time."""
        last = ""
        query = f"""
            SELECT path, seen.file, seen.start, seen.bytes, seen.stamp, answer, seen.rule,
                   seen.problem, seen.time, seen.grouped, coalesce(md5, '') {CHANGED}
            AND path > ? ORDER BY path LIMIT {most}"""
        while rows := self.database.execute(query, (last,)).fetchall():
            yield [(Source(*row[:-1]), row[-1]) for row in rows]
            last = rows[-1][0]

    def _keep(self, jobs: list[Job], known: list[Known | None]) -> int:
        marks = ", ".join("?" * len(COLUMNS))
        new = [
            (
                *(source.path, source.answer, source.size, *facts),
                *(source.file, source.offset, source.stamp, source.time, source.group),
            )
            for (source, _), facts in zip(jobs, known, strict=True)
            if facts is not None
        ]
        same = [
            (source.file, source.offset, source.stamp, source.path)
            for (source, _), facts in zip(jobs, known, strict=True)
            if facts is None
        ]
        names = {facts.block for facts in known if facts is not None and facts.block}
        sizes = [(name, self.block(name).stat().st_size) for name in sorted(names)]
        with self.database:
            self.database.executemany(
                f"INSERT OR REPLACE INTO files ({', '.join(COLUMNS)}) VALUES ({marks})", new
            )
            self.database.executemany(
                "UPDATE files SET file = ?, start = ?, stamp = ? WHERE path = ?", same
            )
            self.database.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?)", sizes)
        return sum(1 for facts in known if facts is not None and facts.block)

    def block(self, name: str) -> Path:
        """Return the file of a block."""
        return self.folder / f"{name}.npy"

    def forget(self, blocks: Sequence[str]) -> None:
        """Forget the examples of damaged blocks, so that the next `fill` decodes them again."""
        names = json.dumps(blocks)
        with self.database:
            for column in ("files WHERE block", "blocks WHERE name"):
                self.database.execute(
                    f"DELETE FROM {column} IN (SELECT value FROM json_each(?))", (names,)
                )

    def _forget_damaged(self) -> None:
        known = self.database.execute("SELECT name, bytes FROM blocks")
        damaged = [name for name, size in known if _size(self.block(name)) != size]
        if damaged:
            self.forget(damaged)

    def _remove_unused(self) -> None:
        with self.database:
            self.database.execute("DELETE FROM seen")
            self.database.execute("DELETE FROM blocks WHERE name NOT IN (SELECT block FROM files)")
        used = {name for (name,) in self.database.execute("SELECT name FROM blocks")}
        for path in sorted(self.folder.iterdir()):
            if path.stem not in used and not path.name.startswith(DATABASE):
                path.unlink()


@contextlib.contextmanager
def open_catalogue(root: Path, decoder: Decoder, reader: Reader = FOLDERS) -> Iterator[Catalogue]:
    """Open the catalogue below `root`, or begin a new one; remove those of other decoders.

    Args:
        root: the folder of catalogues.
        decoder: decodes examples into arrays.
        reader: finds the examples and their answers below data/raw.

    Raises:
        UserError: another process has it open.
    """
    made_for = decoder.made_by + TABLES
    folder = root / hashlib.sha256(made_for.encode()).hexdigest()[:16]
    for path in sorted(root.glob("*/")):
        if path != folder:
            shutil.rmtree(path)
    try:
        database = _opened(folder)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise UserError(
                f"another process is using {folder.as_posix()}; wait until it has ended."
            ) from None
        if refused(error):
            raise  # a full disk does not mean a damaged table
        shutil.rmtree(folder)
        database = _opened(folder)
    with contextlib.closing(database):
        yield Catalogue(folder, database, decoder, reader)


def _opened(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / DATABASE, timeout=0)
    try:
        # One process at a time, so that no memory is shared, which network file systems cannot do.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(TABLES)
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
    except BaseException:
        database.close()
        raise
    return database


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
