"""Files whose bytes depend on their content alone, written whole or not at all."""

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..console.errors import UserError

# Also after a `'`, so that a name that starts with one keeps it.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield an open file that replaces `path` at the end of the block, or not at all.

    So a kill, an error or a full disk leaves the old file or none.

    Raises:
        OSError: the file could not be written; the old file at `path` is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; ours get the mode of any other new file.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def md5(content: bytes) -> str:
    """Return the hash by which DVC names a file; nothing relies on it being hard to forge."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically, as `replacing` says."""
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON in UTF-8; NaN and infinity are a `ValueError`."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_bytes(path, f"{text}\n".encode())


def read_json(content: str | bytes, **hooks: Any) -> Any:
    """Parse JSON; endless nesting is a `ValueError`, as broken text is.

    `hooks` are those of `json.loads`, such as `parse_float`.
    """
    try:
        return json.loads(content, **hooks)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV in UTF-8 with LF line ends; cells are written as `str` gives them."""
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        text.detach()


def cell(name: str) -> str:
    """Return a name for a table: one that a spreadsheet would take for a formula gets a `'`."""
    return f"'{name}" if _FORMULA.match(name) else name


def named(cell: str) -> str:
    """Return the original of a name that `cell` wrote."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _umask() -> int:
    # The only portable way to read the umask is to set it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def refuse_conflicts(path: str, text: str) -> None:
    """Refuse a file with conflict markers.

    Raises:
        UserError: the file has them.
    """
    if re.search("^(<{7}|>{7}) ", text, re.MULTILINE):
        raise UserError(
            f"{path} has conflict markers; take one side ('git checkout --ours {path}' or "
            f"'--theirs'), or settle them by hand, then 'git add {path}'."
        )
