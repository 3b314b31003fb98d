"""Bring files from elsewhere into a new folder, trusting neither their names nor their sizes.

A name must mean the same file, and only one, on every system that may pull the data later; what is
counted is the bytes that were written, not those that were announced.
"""

import errno
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..console.errors import UserError
from ..console.progress import progress
from ..core.file_names import name_problem
from ..remote.dir_lists import folded

CHUNK = 2**20
LONG = 100  # letters of a name, of which an error shows no more
_LEFT_BY_MACOS = "__MACOSX"


@dataclass(frozen=True)
class Bound:
    """A number of bytes, what it is, and what to do about it."""

    bytes: int
    meaning: str
    mend: str


@dataclass(frozen=True)
class Limits:
    """The most that may come in; 0 `bytes` stand for half of the free disk space."""

    files: int = 2_000_000
    ratio: float = 100.0
    bytes: int = 0

    def room(self, folder: Path) -> Bound:
        """Return how much may be written to the disk of `folder`."""
        if self.bytes:
            return Bound(self.bytes, "than --max-bytes allows", "raise it if that is right")
        # Once in data/raw, once in DVC's cache.
        free = shutil.disk_usage(folder).free // 2
        return Bound(free, "than half of the free disk space", "free some, or set --max-bytes")

    def expansion(self, packed: int) -> Bound:
        """Return how much an archive of so many bytes may unpack to."""
        meaning = f"than {self.ratio:g} times its own size, as a bomb does"
        return Bound(int(self.ratio * packed), meaning, "raise --max-ratio if you trust it")


class Incoming:
    """A new folder that grows file by file; a context, for it shows its progress.

    Attributes:
        files, bytes: what was written so far.
        hidden: how many files were left out, for they were hidden.
    """

    def __init__(self, folder: Path, source: str, most_files: int, *bounds: Bound) -> None:
        """`source` is what it grows from, in a few words; the least of the `bounds` counts."""
        self.files = self.bytes = self.hidden = self._seen = 0
        self._folder = folder
        self._source = source
        self._most_files = most_files
        self._bound = min(bounds, key=lambda one: one.bytes)
        self._spelled: dict[str, str] = {}
        self._ends: set[str] = set()
        self._bar = progress(desc="collect", unit=" files", leave=False)

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def refused(self, name: str, problem: str, mend: str) -> UserError:
        """Return the error that says what is wrong with one member."""
        if len(name) > LONG:
            name = f"{name[: LONG // 2]}…{name[-LONG // 2 :]}"
        return UserError(f"{self._source}: {name!r} {problem}; {mend}. Nothing was changed.")

    def expect(self, count: int, size: int) -> None:
        """Refuse what would be too much.

        Raises:
            UserError: so many members more, or bytes more, may not come in.
        """
        if self._seen + count > self._most_files:
            raise UserError(
                f"{self._source} holds more than {self._most_files} files; raise --max-files if "
                "that is right. Nothing was changed."
            )
        if self.bytes + size > self._bound.bytes:
            raise UserError(
                f"{self._source} holds more {self._bound.meaning} ({self._bound.bytes} bytes); "
                f"{self._bound.mend}. Nothing was changed."
            )

    def folder(self, name: str) -> None:
        """Look at a member that is a folder.

        Raises:
            UserError: its name is refused, or there are too many members.
        """
        self._place(name, is_file=False)
        self.expect(1, 0)
        self._seen += 1

    def file(self, name: str, content: IO[bytes], size: int) -> None:
        """Write one file of `size` bytes; hidden ones, and those in hidden folders, are left out.

        Raises:
            UserError: its name is refused, `size` is not what there is, or it is too much.
        """
        parts = self._place(name, is_file=True)
        self.expect(1, size)
        self._seen += 1
        self._bar.update()
        if is_hidden(*parts):
            self.hidden += 1
            return
        written = self._write(name, self._folder.joinpath(*parts), content, size)
        if written != size:
            problem = f"holds {'more' if written > size else 'less'} than the {size} bytes it says"
            raise self.refused(name, problem, "get it again, for it is damaged or forged")
        self.files += 1

    def look(self, name: str) -> None:
        """Look at the name of a file that is there already.

        Raises:
            UserError: it is refused, or there are too many files.
        """
        self._place(name, is_file=True)
        self.expect(1, 0)
        self._seen += 1

    def _write(self, name: str, path: Path, content: IO[bytes], size: int) -> int:
        written = 0
        with self._on_disk(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer, for one would be written again, and fail again, when it is closed.
            file = path.open("xb", buffering=0)
        with file:
            while written <= size and (chunk := content.read(CHUNK)):
                self.expect(0, len(chunk))
                written += len(chunk)
                self.bytes += len(chunk)
                with self._on_disk(name):
                    while chunk:
                        chunk = chunk[file.write(chunk) :]
        return written

    @contextmanager
    def _on_disk(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            long = error.errno == errno.ENAMETOOLONG
            mend = "give it a shorter name" if long else "make room, or see why"
            raise self.refused(name, f"cannot be written ({error.strerror})", mend) from None

    def _place(self, name: str, is_file: bool) -> list[str]:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        problem = name_problem(name) or ("is no name of a file" if is_file and not parts else "")
        if problem:
            raise self.refused(name, problem, "bring in files with plain names below one folder")
        for depth in range(1, len(parts) + 1):
            self._spell("/".join(parts[:depth]), is_file and depth == len(parts))
        return parts

    def _spell(self, path: str, is_file: bool) -> None:
        key = folded(path)
        known = self._spelled.get(key)
        if known is None:
            # One object, not two, for most of a million names.
            self._spelled[path if path == key else key] = path
        elif known != path:
            problem = f"and {known!a} are one and the same on other systems"
            raise self.refused(path, problem, "rename one of the two")
        elif is_file and key in self._ends:
            raise self.refused(path, "stands there twice", "remove one of the two")
        elif is_file or key in self._ends:
            raise self.refused(path, "is both a file and a folder", "remove one of the two")
        if is_file:
            self._ends.add(key)


def copy_folder(source: Path, into: Incoming) -> None:
    """Copy a folder file by file; links to files count as files.

    Raises:
        UserError: something in it is neither a file nor a folder, or is refused.
    """
    for path in _below(source, source, into):
        name = path.relative_to(source).as_posix()
        if not path.is_file():
            raise into.refused(name, "is no file and no folder", "remove it, or put a file there")
        try:
            with path.open("rb") as content:
                into.file(name, content, os.fstat(content.fileno()).st_size)
        except OSError as error:
            raise into.refused(name, f"cannot be read ({error.strerror})", "mend that") from None


def _below(folder: Path, source: Path, into: Incoming) -> Iterator[Path]:
    name = folder.relative_to(source).as_posix()
    if folder != source and folder.is_symlink():
        raise into.refused(name, "is a link to a folder", "put the folder itself there")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise into.refused(name, f"cannot be read ({error.strerror})", "mend that") from None
    for path in entries:
        if is_hidden(path.name):
            into.hidden += 1
        elif path.is_dir():
            yield from _below(path, source, into)
        else:
            yield path


def stripped(folder: Path, classes: bool = True, named: Collection[str] = ()) -> Path:
    """Return the folder that holds the data: one that wraps a single folder does not.

    So `pictures/cat/1.png` and `pictures/dog/2.png` come in as `cat/1.png` and `dog/2.png`. Where
    folders are `classes`, a single one without folders in it is a class. One that is `named` is
    part of the data.
    """
    inside = _shown(folder)
    while len(inside) == 1 and inside[0].is_dir():
        if classes and not any(map(Path.is_dir, _shown(inside[0]))):
            break
        if inside[0].name in named:
            break
        folder = inside[0]
        inside = _shown(folder)
    return folder


def is_hidden(*parts: str) -> bool:
    """Whether a path of these parts names no data: hidden, or left behind by macOS."""
    return any(part.startswith(".") or part == _LEFT_BY_MACOS for part in parts)


def _shown(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if not is_hidden(one.name))
