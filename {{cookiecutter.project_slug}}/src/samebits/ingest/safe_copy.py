"""Copy files into a new folder, trusting neither their names nor their sizes.

A name must mean the same, distinct file on every system that may pull the data later; the limit on
bytes counts the bytes written, not those that a header claims.
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
LONG = 100  # characters of a name that an error shows
_LEFT_BY_MACOS = "__MACOSX"


@dataclass(frozen=True)
class Bound:
    """A limit in bytes, its meaning, and the cure if it is exceeded."""

    bytes: int
    meaning: str
    cure: str


@dataclass(frozen=True)
class CopyLimits:
    """The most that may be added; 0 `bytes` means half of the free disk space."""

    files: int = 2_000_000
    ratio: float = 100.0
    bytes: int = 0

    def room(self, folder: Path) -> Bound:
        """Return the limit for the disk of `folder`."""
        if self.bytes:
            return Bound(self.bytes, "than --max-bytes allows", "raise it if that is right")
        # Once in data/raw, once in DVC's cache.
        free = shutil.disk_usage(folder).free // 2
        return Bound(free, "than half of the free disk space", "free some, or set --max-bytes")

    def expansion(self, packed: int) -> Bound:
        """Return the limit for an archive of `packed` bytes."""
        meaning = f"than {self.ratio:g} times its own size, as a zip bomb does"
        return Bound(int(self.ratio * packed), meaning, "raise --max-ratio if you trust it")


class Incoming:
    """A new folder that grows file by file; a context manager, since it shows progress.

    Attributes:
        files, bytes: written so far.
        hidden: files left out because they are hidden.
    """

    def __init__(self, folder: Path, source: str, most_files: int, *bounds: Bound) -> None:
        """`source` names the files' origin in errors; the smallest of the `bounds` applies."""
        self.files = self.bytes = self.hidden = self._seen = 0
        self._folder = folder
        self._source = source
        self._most_files = most_files
        self._bound = min(bounds, key=lambda bound: bound.bytes)
        self._spelled: dict[str, str] = {}
        self._ends: set[str] = set()
        self._bar = progress(desc="collect", unit=" files", leave=False)

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def refused(self, name: str, problem: str, cure: str) -> UserError:
        """Return the error about a member."""
        if len(name) > LONG:
            name = f"{name[: LONG // 2]}…{name[-LONG // 2 :]}"
        return UserError(f"{self._source}: {name!r} {problem}; {cure}. Nothing was changed.")

    def expect(self, count: int, size: int) -> None:
        """Check the limits before `count` members or `size` bytes are added.

        Raises:
            UserError: a limit would be exceeded.
        """
        if self._seen + count > self._most_files:
            raise UserError(
                f"{self._source} holds more than {self._most_files} files; raise --max-files if "
                "that is right. Nothing was changed."
            )
        if self.bytes + size > self._bound.bytes:
            raise UserError(
                f"{self._source} holds more {self._bound.meaning} ({self._bound.bytes} bytes); "
                f"{self._bound.cure}. Nothing was changed."
            )

    def folder(self, name: str) -> None:
        """Check a member that is a folder.

        Raises:
            UserError: its name is refused, or there are too many members.
        """
        self._place(name, is_file=False)
        self.expect(1, 0)
        self._seen += 1

    def file(self, name: str, content: IO[bytes], size: int) -> None:
        """Write a file of `size` bytes; hidden files, and those in hidden folders, are left out.

        Raises:
            UserError: its name is refused, its size differs from `size`, or a limit is exceeded.
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
            raise self.refused(name, problem, "get it again: it is damaged or forged")
        self.files += 1

    def look(self, name: str) -> None:
        """Check the name of a file that is in the folder already.

        Raises:
            UserError: the name is refused, or there are too many files.
        """
        self._place(name, is_file=True)
        self.expect(1, 0)
        self._seen += 1

    def _write(self, name: str, path: Path, content: IO[bytes], size: int) -> int:
        written = 0
        with self._on_disk(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a buffer would be written again, and fail again, on close.
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
            cure = "give it a shorter name" if long else "make room, or find out why"
            raise self.refused(name, f"cannot be written ({error.strerror})", cure) from None

    def _place(self, name: str, is_file: bool) -> list[str]:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        problem = name_problem(name) or ("is not a file name" if is_file and not parts else "")
        if problem:
            raise self.refused(name, problem, "use files with plain names below one folder")
        for depth in range(1, len(parts) + 1):
            self._spell("/".join(parts[:depth]), is_file and depth == len(parts))
        return parts

    def _spell(self, path: str, is_file: bool) -> None:
        key = folded(path)
        known = self._spelled.get(key)
        if known is None:
            # A single object for most names saves memory with a million of them.
            self._spelled[path if path == key else key] = path
        elif known != path:
            problem = f"and {known!a} are the same name on other systems"
            raise self.refused(path, problem, "rename one of the two")
        elif is_file and key in self._ends:
            raise self.refused(path, "is there twice", "remove one of the two")
        elif is_file or key in self._ends:
            raise self.refused(path, "is both a file and a folder", "remove one of the two")
        if is_file:
            self._ends.add(key)


def copy_folder(source: Path, into: Incoming) -> None:
    """Copy a folder file by file; links to files are followed.

    Raises:
        UserError: something in it is neither a file nor a folder, or is refused.
    """
    for path in _below(source, source, into):
        name = path.relative_to(source).as_posix()
        if not path.is_file():
            raise into.refused(name, "is neither a file nor a folder", "remove or replace it")
        try:
            with path.open("rb") as content:
                into.file(name, content, os.fstat(content.fileno()).st_size)
        except OSError as error:
            raise into.refused(name, f"cannot be read ({error.strerror})", "fix that") from None


def _below(folder: Path, source: Path, into: Incoming) -> Iterator[Path]:
    name = folder.relative_to(source).as_posix()
    if folder != source and folder.is_symlink():
        raise into.refused(name, "is a link to a folder", "replace it by the folder itself")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise into.refused(name, f"cannot be read ({error.strerror})", "fix that") from None
    for path in entries:
        if is_hidden(path.name):
            into.hidden += 1
        elif path.is_dir():
            yield from _below(path, source, into)
        else:
            yield path


def stripped(folder: Path, classes: bool = True, named: Collection[str] = ()) -> Path:
    """Return the folder that holds the data, without folders that only wrap a single folder.

    So `images/cat/1.png` and `images/dog/2.png` become `cat/1.png` and `dog/2.png`. If folders are
    `classes`, a single one without folders in it is a class. A folder that is `named` is part of
    the data.
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
    """Whether a path of these parts is not data: hidden, or left behind by macOS."""
    return any(part.startswith(".") or part == _LEFT_BY_MACOS for part in parts)


def _shown(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))
