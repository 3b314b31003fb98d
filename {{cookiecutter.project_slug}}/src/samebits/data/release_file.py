"""data/release.json: the release of the data, if any.

The file names a release and its content: the raw data by DVC's hash, the reviewed label corrections
by MD5. The name applies only to that content. The stages read this file; the releases in Git are
read by `versions`.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from ..console.errors import UserError
from ..core.files import read_json, write_json

RECORD = Path("data/release.json")
CORRECTIONS = Path("data/corrections.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A release.

    `version` is DVC's hash of data/raw, `corrections` the MD5 of the label corrections or None if
    there are none, `classes` the number of examples in each class. Without classes, or if an
    example has several, the key "" holds the number of all examples.
    """

    release: str
    version: str
    corrections: str | None
    note: str
    classes: dict[str, int]


def parsed(text: str, where: str) -> Record | None:
    """Return the record in a text, or None if the data was never released.

    Raises:
        UserError: the text is not a record; the message names `where`.
    """
    try:
        content = read_json(text)
        return None if content["release"] is None else Record(**content)
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{where} is not what 'samebits data release' writes; restore it from Git."
        ) from None


def write(record: Record) -> None:
    """Write data/release.json."""
    write_json(RECORD, asdict(record))


def release_of(version: str) -> str | None:
    """Return the name of the release of this data, or None if it is not a release.

    Args:
        version: DVC's hash of data/raw.
    """
    if not RECORD.exists():
        return None
    record = parsed(RECORD.read_text(encoding="utf-8"), RECORD.as_posix())
    same = record is not None and (record.version, record.corrections) == (version, corrections())
    return record.release if same and record else None


def data_of(summary: Path) -> dict[str, str | None]:
    """Return {"version": hash, "release": name or None} of the data of a result.

    Args:
        summary: the reports/data.json of the validate stage.

    Raises:
        UserError: it is missing or damaged.
    """
    try:
        content = read_json(summary.read_text(encoding="utf-8"))
        return {name: content[name] for name in ("version", "release")}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{summary.as_posix()} is not what the validate stage writes; run 'dvc repro validate'."
        ) from None


def corrections() -> str | None:
    """Return the MD5 of data/corrections.csv, or None if it has no rows."""
    content = CORRECTIONS.read_bytes() if CORRECTIONS.exists() else b""
    _, _, rows = content.partition(b"\n")
    if not rows.strip():
        return None
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
