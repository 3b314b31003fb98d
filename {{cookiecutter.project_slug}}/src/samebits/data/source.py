"""What stands below data/raw: files of their own, or packed in tar archives."""

import errno
import os
import stat
import tarfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from ..console.errors import UserError

SHOWN = 20  # of what is no file, in one error
NOWHERE = (errno.ENOENT, errno.ELOOP)  # how a link to nothing, or to itself, is refused


class Source(NamedTuple):
    """Where an example is: `size` bytes of a file below `raw`, from `offset`; and its answer.

    `path` is its name; `file` holds it ("" says that this is `path`). `stamp` is another one when
    the content was changed. Of what cannot be an example, whatever it contains, `rule` names the
    rule of findings.py that says so and `problem` says why, in words; then there is no answer.
    """

    path: str
    file: str
    offset: int
    size: int
    stamp: str
    answer: str = ""
    rule: str = ""
    problem: str = ""
    time: float | None = None  # when it was taken, where that is known
    group: str = ""  # shared by those that stay in one split, where a table says that

    def without(self, rule: str, problem: str) -> "Source":
        """Return what is no example, for the reason that `problem` gives."""
        return self._replace(answer="", rule=rule, problem=problem)

    def content(self, raw: Path) -> bytes:
        """Read its bytes.

        Raises:
            UserError: it is not as long as it was when it was listed.
        """
        with (raw / (self.file or self.path)).open("rb", buffering=0) as file:
            if self.offset:
                file.seek(self.offset)
            content = file.read(self.size)
            # A network's file system may give less than it was asked for, and it has not ended.
            while len(content) < self.size and (more := file.read(self.size - len(content))):
                content += more
        if len(content) != self.size:
            raise UserError(f"{self.path} has changed while it was read; run it again.")
        return content


def sources(raw: Path) -> Iterator[Source]:
    """Yield every file below `raw`, packed ones too; hidden ones do not count.

    Those in archives come first, archive by archive, then the files in the order of their paths: of
    two with the same path the later one counts, so that a new file takes the place of a packed one.

    Raises:
        UserError: there is no such folder, or an archive is damaged; and at the end, for all of
            them, where a name is not UTF-8 or has a control character such as a line's end, a link
            leads nowhere or back, or there is what is no file and no folder.
    """
    if not raw.is_dir():
        raise UserError(
            f"{raw} is not there; get the data with 'dvc pull data/raw.dvc', or the example's with "
            "'make data'."
        )
    packed = archives(raw)
    for name in packed:
        yield from members(raw / name)
    problems: list[str] = []
    yield from (one for one in _below(raw, "", problems) if one.path not in packed)
    refuse(problems)


def look_over(raw: Path) -> None:
    """Refuse what stands below `raw` and is no file for a picture: DVC would wait for a pipe.

    Raises:
        UserError: as for `sources`, but no archive is looked into.
    """
    problems: list[str] = []
    for _ in _below(raw, "", problems) if raw.is_dir() else ():
        pass
    refuse(problems)


def archives(raw: Path) -> list[str]:
    """Return the names of the tar archives of the packed layout, sorted."""
    return [name for name in _names(raw) if name.endswith(".tar")]


def classes(raw: Path) -> list[str]:
    """Return the names of the class folders, sorted."""
    return [name[:-1] for name in _names(raw) if name.endswith("/")]


def members(archive: Path) -> Iterator[Source]:
    """Yield the pictures of an archive of the packed layout.

    Raises:
        UserError: it is damaged.
    """
    size, stamp = _stamp(archive.stat())
    try:
        with tarfile.open(archive, "r:") as packed:
            while (member := packed.next()) is not None:
                cast(Any, packed).members.clear()  # a million headers would fill the memory
                if member.isdir() or any(part[:1] == "." for part in member.name.split("/")):
                    continue
                if not member.isreg() or member.issparse():
                    raise tarfile.TarError(f"{member.name!r} is no plain file")
                if problem := unfit_name(member.name):
                    raise tarfile.TarError(f"the name {problem}")
                yield Source(member.name, archive.name, member.offset_data, member.size, stamp)
            if packed.offset + tarfile.BLOCKSIZE > size:
                raise tarfile.TarError("it stops in the middle")
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise UserError(
            f"{archive.as_posix()} is no tar archive of pictures, or damaged ({error}); get it "
            "back with 'dvc checkout --force data/raw.dvc', or remove it."
        ) from None


def _below(folder: Path, prefix: str, problems: list[str]) -> Iterator[Source]:
    """Yield the files below a folder, and tell `problems` of what is none."""
    for name in _names(folder, problems):
        path, problem = folder / name, ""
        if not name.endswith("/"):
            try:
                status = path.stat()
            except OSError as error:
                if error.errno not in NOWHERE:
                    raise
                problem = "is a link that leads nowhere"
            else:
                if stat.S_ISREG(status.st_mode):
                    yield Source(prefix + name, "", 0, *_stamp(status))
                else:
                    problem = "is no file and no folder"
        elif folder.resolve().is_relative_to(path.resolve()):
            problem = "is a link to a folder around it"
        else:
            yield from _below(path, prefix + name, problems)
        if problem:
            problems.append(f"{path.as_posix()} {problem}; remove it, or put a picture there.")


def _names(folder: Path, problems: list[str] | None = None) -> list[str]:
    """Return what is in the folder, sorted, folders with a slash at their end.

    Names that no table can hold are left out, and `problems` is told of them.
    """
    with os.scandir(folder) as entries:  # audit: the names are sorted
        found = sorted(
            entry.name + "/" * _is_folder(entry) for entry in entries if entry.name[0] != "."
        )
    unfit = {name: problem for name in found if (problem := unfit_name(name))}
    if problems is not None:
        problems += [f"{folder.as_posix()}: the name {one}; rename it." for one in unfit.values()]
    return [name for name in found if name not in unfit]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno not in NOWHERE:
            raise
        return False


def refuse(problems: list[str]) -> None:
    """Refuse what has problems, a line for each of the first `SHOWN`.

    Raises:
        UserError: there is one.
    """
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UserError("\n".join(problems[:SHOWN] + more))


def _stamp(status: os.stat_result) -> tuple[int, str]:
    """Return the size of a file, and what changes when the file does.

    With the time of the last change of the inode (ctime), also a file whose time of modification
    was set back is seen. None of it decides a result: it tells what need not be read again.
    """
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return status.st_size, f"{status.st_size} {times} {status.st_ino}"


def unfit_name(name: str) -> str:
    """Return what is wrong with a name that tables of names cannot hold, or "" if nothing is."""
    kinds = set() if name.isprintable() else set(map(unicodedata.category, name))
    if "Cs" in kinds:
        return f"{os.fsencode(name).decode(errors='backslashreplace')} is not in UTF-8"
    if "Cc" in kinds:
        return f"{name!r} has a control character in it"
    return ""
