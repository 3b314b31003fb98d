"""The releases of the data: Git's tags data-v1.0, data-v1.1 and so on, and what each of them holds.

Whatever Git keeps below data/ belongs to the data: the pointer data/raw.dvc, the record and
changelog of releases, reviewed tables. A release is a commit of these, with a tag.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..console.errors import UserError
from ..core.files import md5
from ..data.dvc_file import recorded_version
from ..data.joined import content_md5, joined
from ..data.readers import Pairs, Reader, reader_named
from ..data.release_file import CORRECTIONS, RECORD, Record, parsed
from ..data.source import Source, look_over, members
from ..programs import dvc, git, git_says
from ..remote.dir_lists import listed_files
from ..remote.filesystem import Objects
from ..remote.revisions import Revision, cache_folder, cached_object
from .diff import Versioned, examples_of

RAW, POINTER = Path("data/raw"), Path("data/raw.dvc")
TAG = "data-v"
COMMITTED = "committed"
LISTED = 3  # of the paths that DVC names, in one error
_NAME = re.compile(r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){1,3}")


def number(name: str) -> tuple[int, ...]:
    """Return the name of a release as numbers to compare: 1.10 is above 1.9, 1.0.0 is 1.0.

    Raises:
        UserError: it is no such name.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"'{name}' is no version of data; write numbers with dots, as 1.0 or 1.10.")
    parts = [int(part) for part in name.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


@dataclass(frozen=True)
class Release:
    """A version of the data that a commit holds: its name, its commit, the day of that."""

    name: str
    commit: str
    date: str

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        return (
            "the data of the last commit"
            if self.name == COMMITTED
            else f"version {self.name} of the data"
        )

    @cached_property
    def revision(self) -> Revision:
        """The commit, to read files from."""
        return Revision(self.title, self.commit)

    @cached_property
    def version(self) -> str:
        """DVC's hash of its data/raw.

        Raises:
            UserError: the commit names none.
        """
        try:
            return str(self.revision.yaml(POINTER.as_posix())["outs"][0]["md5"])
        except (KeyError, IndexError, TypeError):
            raise UserError(
                f"{POINTER.as_posix()} of {self.title} names no md5; tag another commit."
            ) from None

    @property
    def record(self) -> Record | None:
        """Its data/release.json, or None if it has none."""
        text = self.revision.text(RECORD.as_posix())
        where = f"{RECORD.as_posix()} of {self.title}"
        return None if text is None else parsed(text, where)

    def examples(self) -> list[Versioned]:
        """Return its examples; the list of them is in the cache, else on the remote.

        Raises:
            UserError: neither holds the list.
        """
        corrections = self.revision.text(CORRECTIONS.as_posix()) or ""
        files = unpacked(listing(self.version) or self._from_remote(), self.title)
        with self._tables(files) as raw:
            return examples_of(files, corrections, self.reader, raw)

    @cached_property
    def reader(self) -> Reader:
        """What finds its examples, as its own params.yaml says.

        Raises:
            UserError: this engine knows no such reader.
        """
        params = self._params
        name = str(params.get("task.reader", "folders"))  # before there was a choice
        try:
            keys = ("answer", "time", "group_by")
            answer, time, group = (str(params.get(f"task.{key}") or "") for key in keys)
            return reader_named(name, answer, time, group, self.target)
        except KeyError:
            raise UserError(
                f"{self.title} was read by {name!r}, which this engine does not know; use the code "
                "of that version."
            ) from None

    @property
    def target(self) -> str:
        """What an answer is, as its own params.yaml says."""
        return str(self._params.get("task.target", "class"))

    @cached_property
    def _params(self) -> dict[str, Any]:
        return self.revision.params() if self.revision.text("params.yaml") else {}

    @contextmanager
    def _tables(self, files: Mapping[str, str]) -> Iterator[Path]:
        """Give a folder with the tables that its reader needs."""
        with TemporaryDirectory() as folder:
            for path, name in files.items():
                if self.reader.is_table(path):
                    content = cached_object(name)
                    if content is None:
                        raise _absent(path, self.title)
                    (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                    (Path(folder) / path).write_bytes(content)
            try:
                yield Path(folder)
            except UserError as error:
                said = str(error).replace(Path(folder).as_posix(), RAW.as_posix())
                raise UserError(f"{self.title}: {said}") from None

    def contents(self, wanted: Collection[Versioned]) -> dict[Versioned, bytes]:
        """Return the files of some of its examples, those that the cache has, packed or not."""
        if isinstance(self.reader, Pairs):
            return self._pairs(wanted)
        cached = {one: cached_object(one.md5) for one in wanted}
        found = {one: content for one, content in cached.items() if content is not None}
        found |= self._rows({one.path: one for one in wanted if one not in found})
        left = {one.path: one for one in wanted if one not in found}
        for archive in _archives(listing(self.version) if left else {}).values():
            for member in members(archive) if archive.is_file() else ():
                if one := left.get(member.path):
                    content = member.content(archive.parent)
                    if md5(content) == one.md5:
                        found[one] = content
        return found

    def _pairs(self, wanted: Collection[Versioned]) -> dict[Versioned, bytes]:
        """Return the content of those that are an image with its mask."""
        paths = sorted(unpacked(listing(self.version), self.title))
        known = self.reader.examples((Source(path, "", 0, 0, "") for path in paths), Path())
        masks = {one.path: one.answer for one in known}
        files = self._files({path for one in wanted for path in (one.path, masks[one.path])})
        found = {
            one: joined(files[one.path], files[masks[one.path]])
            for one in wanted
            if one.path in files and masks[one.path] in files
        }
        return {one: content for one, content in found.items() if content_md5(content) == one.md5}

    def _files(self, wanted: Collection[str]) -> dict[str, bytes]:
        """Return the contents of those files that the cache has, packed or not."""
        names = listing(self.version)
        cached = {path: cached_object(names[path]) for path in wanted if path in names}
        found = {path: content for path, content in cached.items() if content is not None}
        for archive in _archives(names).values():
            for member in members(archive) if archive.is_file() else ():
                if member.path in wanted and member.path not in names:
                    found[member.path] = member.content(archive.parent)
        return found

    def _rows(self, wanted: Mapping[str, Versioned]) -> dict[Versioned, bytes]:
        """Return the content of those that are rows of a table."""
        tables = {path.rpartition(":")[0] for path in wanted}
        files = {path: name for path, name in listing(self.version).items() if path in tables}
        rows = dict[Versioned, bytes]()
        with self._tables(files) as raw:
            for one in self.reader.sources(raw) if files else ():
                example = wanted.get(one.path)
                if one.file and example and example.md5 == one.stamp:
                    rows[example] = self.reader.content(one, raw)
        return rows

    def _from_remote(self) -> dict[str, str]:
        try:
            content = Objects().whole(self.version)
        except UserError as error:
            raise UserError(f"the list of {self.title} is not in the cache, and {error}") from None
        return listed_files(content, RAW.as_posix())


def listing(version: str) -> dict[str, str]:
    """Return {path below data/raw: MD5} of a version whose list the cache holds, else {}.

    Raises:
        UserError: the list names what it must not.
    """
    return listed_files(cached_object(version) or b"[]", RAW.as_posix())


def unpacked(files: Mapping[str, str], title: str) -> dict[str, str]:
    """Return {path: MD5} with the examples of the packed layout in place of their archives.

    Raises:
        UserError: the cache lacks an archive, whose examples nothing else tells.
    """
    found, archives = dict[str, str](), _archives(files)
    for path, archive in archives.items():
        if not archive.is_file():
            raise _absent(path, title)
        for one in members(archive):
            found[one.path] = md5(one.content(archive.parent))
    # A file goes before a packed one of the same name.
    return found | {path: name for path, name in files.items() if path not in archives}


def _absent(path: str, title: str) -> UserError:
    return UserError(f"{path} of {title} is not in DVC's cache; run 'dvc fetch --all-tags'.")


def _archives(files: Mapping[str, str]) -> dict[str, Path]:
    """Return the archives of the packed layout, and where the cache keeps each."""
    folder = cache_folder() / "files" / "md5"
    return {
        path: folder / name[:2] / name[2:]
        for path, name in sorted(files.items())
        if "/" not in path and path.endswith(".tar")
    }


def releases() -> list[Release]:
    """Return all releases that Git knows, the oldest number first.

    Raises:
        UserError: this is no Git repository, or none that Git would read.
    """
    shown = git_says("for-each-ref", "--format=%(refname:lstrip=2)", f"refs/tags/{TAG}*")
    names = [tag.removeprefix(TAG) for tag in shown.split()]
    known = [name for name in names if _NAME.fullmatch(name)]
    return [_at(name, f"refs/tags/{TAG}{name}") for name in sorted(known, key=number)]


def find(name: str) -> Release:
    """Return the release of this name, or with the name `committed` what the last commit holds.

    Raises:
        UserError: there is no such release.
    """
    if name == COMMITTED:
        return head()
    wanted, known = number(name), releases()
    found = [one for one in known if number(one.name) == wanted]
    if not found:
        listed = ", ".join(one.name for one in known) or "none yet"
        raise UserError(
            f"there is no version {name} of the data; there are: {listed} ('git fetch --tags' "
            "brings those that others made)."
        )
    return found[0]


def head() -> Release:
    """Return the data of the last commit.

    Raises:
        UserError: there is no commit.
    """
    if git("rev-parse", "--verify", "--quiet", "HEAD").returncode != 0:
        raise UserError("Git has no commit here yet; make the first one, then release data.")
    return _at(COMMITTED, "HEAD")


def _at(name: str, reference: str) -> Release:
    shown = git_says("log", "-1", "--format=%H %cs", reference, "--")
    commit, _, date = shown.strip().partition(" ")
    return Release(name, commit, date)


def working_version() -> str | None:
    """Return the hash in data/raw.dvc as it stands here, or None if there is no such file."""
    return recorded_version(POINTER)


def keep() -> None:
    """Have DVC record what lies in data/raw, and keep it in its cache.

    Raises:
        UserError: DVC cannot.
    """
    # `dvc add` would make a pointer forget that it was imported.
    arguments = ("commit", "--force", str(POINTER)) if POINTER.exists() else ("add", str(RAW))
    done = dvc(*arguments)
    if done.returncode != 0 or working_version() is None:
        raise UserError(f"DVC could not record {RAW}: {last_line(done.stderr)}")


def state() -> str:
    """Return what DVC says of data/raw against data/raw.dvc.

    Returns:
        "" where it is what the pointer names, "modified", "deleted", or "not in cache" where it is
        what the pointer names, but nothing keeps it yet.

    Raises:
        UserError: DVC cannot say it, the pointer names nothing, or what lies there is no file.
    """
    look_over(RAW)
    if working_version() is None:
        return "modified" if RAW.is_dir() and any(RAW.iterdir()) else "deleted"
    done = dvc("data", "status", "--json", RAW.as_posix())
    if done.returncode != 0:
        raise UserError(f"DVC cannot compare {RAW.as_posix()}: {last_line(done.stderr)}")
    found = json.loads(done.stdout)
    if changed := found.get("uncommitted"):
        return "deleted" if "deleted" in changed else "modified"
    return "not in cache" if found.get("not_in_cache") else ""


def last_line(text: str) -> str:
    """Return the last thing that a message says, with the files that DVC lists below an error."""
    lines = [line.strip() for line in text.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith("ERROR: ")]
    if not errors:
        return next(filter(None, reversed(lines)), "no reason")
    first, *listed = takewhile(bool, lines[errors[-1] :])
    # An error's end is DVC's offer of help.
    listed = [line for line in listed if not line.startswith(("Is your cache", "<http"))]
    more = ["and more"] if len(listed) > LISTED else []
    return " ".join([first.removeprefix("ERROR: "), *listed[:LISTED], *more])
