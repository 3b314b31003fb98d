"""The files below data/raw, loose or packed in tar archives."""

import errno
import os
import stat
import tarfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from ..console.errors import UserError

SHOWN = 20  # problems in an error, at most
NOWHERE = (errno.ENOENT, errno.ELOOP)  # errors of a link to nothing, or to itself


class Source(NamedTuple):
    """The place of an example, `size` bytes of a file below `raw` from `offset`; and its answer.

    `path` is its name; `file` holds it ("" if `path` does). `stamp` changes with the content. If it
    cannot be an example, whatever its content, `rule` names the rule of findings.py that refuses it
    and `problem` says why, in words; then it has no answer.
    """

    path: str
    file: str
    offset: int
    size: int
    stamp: str
    answer: str = ""
    rule: str = ""
    problem: str = ""
    time: float | None = None  # when it was taken, if known
    group: str = ""  # shared by examples that stay in one split, if a table names it

    def without(self, rule: str, problem: str) -> "Source":
        """Return the source without an answer: not an example, because of `problem`."""
        return self._replace(answer="", rule=rule, problem=problem)

    def content(self, raw: Path) -> bytes:
        """Read its bytes.

        Raises:
            UserError: its length has changed since it was listed.
        """
        with (raw / (self.file or self.path)).open("rb", buffering=0) as file:
            if self.offset:
                file.seek(self.offset)
            content = file.read(self.size)
            # A network file system may return less than asked for before the file ends.
            while len(content) < self.size and (more := file.read(self.size - len(content))):
                content += more
        if len(content) != self.size:
            raise UserError(f"{self.path} has changed while it was read; run it again.")
        return content


def sources(raw: Path) -> Iterator[Source]:
    """Yield every file below `raw`, including packed ones; skip hidden ones.

    Packed files come first, archive by archive, then loose files in the order of their paths. If
    two have the same path the later counts, so a new file replaces a packed one.

    Raises:
        UserError: the folder is missing, or an archive is damaged. At the end, for all names and
            files together: a name is not UTF-8 or has a control character such as a line end, a
            link leads nowhere or back, or something is neither a file nor a folder.
    """
    if not raw.is_dir():
        raise UserError(
            f"{raw} is missing; get the data with 'dvc pull data/raw.dvc', or the example's with "
            "'make data'."
        )
    packed = archives(raw)
    for name in packed:
        yield from members(raw / name)
    problems: list[str] = []
    yield from (source for source in _below(raw, "", problems) if source.path not in packed)
    refuse(problems)


def look_over(raw: Path) -> None:
    """Refuse whatever is below `raw` and cannot be an example; DVC would wait for a pipe.

    Raises:
        UserError: as `sources`, but archives are not opened.
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
    """Yield the examples of an archive of the packed layout.

    Raises:
        UserError: it is damaged.
    """
    size, stamp = _stamp(archive.stat())
    try:
        with tarfile.open(archive, "r:") as packed:
            while (member := packed.next()) is not None:
                cast(Any, packed).members.clear()  # a million headers would fill memory
                if member.isdir() or any(part[:1] == "." for part in member.name.split("/")):
                    continue
                if not member.isreg() or member.issparse():
                    raise tarfile.TarError(f"{member.name!r} is not a plain file")
                if problem := unfit_name(member.name):
                    raise tarfile.TarError(f"the name {problem}")
                yield Source(member.name, archive.name, member.offset_data, member.size, stamp)
            if packed.offset + tarfile.BLOCKSIZE > size:
                raise tarfile.TarError("it is truncated")
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise UserError(
            f"{archive.as_posix()} is not a tar archive of examples, or is damaged ({error}); get "
            "it back with 'dvc checkout --force data/raw.dvc', or remove it."
        ) from None


def _below(folder: Path, prefix: str, problems: list[str]) -> Iterator[Source]:
    """Yield the files below a folder; add other things to `problems`."""
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
                    problem = "is neither a file nor a folder"
        elif folder.resolve().is_relative_to(path.resolve()):
            problem = "is a link to a folder around it"
        else:
            yield from _below(path, prefix + name, problems)
        if problem:
            problems.append(f"{path.as_posix()} {problem}; remove it, or put an example there.")


def _names(folder: Path, problems: list[str] | None = None) -> list[str]:
    """Return the sorted names in the folder, with a slash after those of folders.

    Names that no table can hold are left out and added to `problems`.
    """
    with os.scandir(folder) as entries:  # audit: the names are sorted
        names = sorted(
            entry.name + "/" * _is_folder(entry) for entry in entries if entry.name[0] != "."
        )
    unfit = {name: problem for name in names if (problem := unfit_name(name))}
    if problems is not None:
        problems += [
            f"{folder.as_posix()}: the name {problem}; rename it." for problem in unfit.values()
        ]
    return [name for name in names if name not in unfit]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno not in NOWHERE:
            raise
        return False


def refuse(problems: list[str]) -> None:
    """Refuse data with problems, a line for each of the first `SHOWN`.

    Raises:
        UserError: there is a problem.
    """
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UserError("\n".join(problems[:SHOWN] + more))


def _stamp(status: os.stat_result) -> tuple[int, str]:
    """Return the size of a file, and a stamp that changes with the file.

    The time of the last inode change (ctime) reveals even a file whose modification time was set
    back. No result depends on the stamp; it only saves reading files again.
    """
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return status.st_size, f"{status.st_size} {times} {status.st_ino}"


def unfit_name(name: str) -> str:
    """Return why a table cannot hold a name, or "" if it can."""
    kinds = set() if name.isprintable() else set(map(unicodedata.category, name))
    if "Cs" in kinds:
        return f"{os.fsencode(name).decode(errors='backslashreplace')} is not in UTF-8"
    if "Cc" in kinds:
        return f"{name!r} has a control character in it"
    return ""
