"""The releases of the data: Git's tags data-v1.0, data-v1.1 and so on, and their contents.

Everything that Git tracks below data/ belongs to the data: the pointer data/raw.dvc, the record and
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
    """Return the name of a release as numbers to compare: 1.10 is above 1.9, 1.0.0 equals 1.0.

    Raises:
        UserError: it is not a valid name.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"'{name}' is not a version of data; write numbers with dots, such as 1.0 or 1.10."
        )
    parts = [int(part) for part in name.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


@dataclass(frozen=True)
class Release:
    """A version of the data in a commit: its name, its commit, the commit's day."""

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
            UserError: the commit's pointer names no hash.
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
        """Return its examples; their list is in the cache or on the remote.

        Raises:
            UserError: neither holds the list.
        """
        corrections = self.revision.text(CORRECTIONS.as_posix()) or ""
        files = unpacked(listing(self.version) or self._from_remote(), self.title)
        with self._tables(files) as raw:
            return examples_of(files, corrections, self.reader, raw)

    @cached_property
    def reader(self) -> Reader:
        """The reader of its examples, by its own params.yaml.

        Raises:
            UserError: this engine does not know the reader.
        """
        params = self._params
        name = str(params.get("task.reader", "folders"))  # older versions had no choice
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
        """What an answer is, by its own params.yaml."""
        return str(self._params.get("task.target", "class"))

    @cached_property
    def _params(self) -> dict[str, Any]:
        return self.revision.params() if self.revision.text("params.yaml") else {}

    @contextmanager
    def _tables(self, files: Mapping[str, str]) -> Iterator[Path]:
        """Yield a temporary folder with the tables that its reader needs."""
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
                message = str(error).replace(Path(folder).as_posix(), RAW.as_posix())
                raise UserError(f"{self.title}: {message}") from None

    def contents(self, wanted: Collection[Versioned]) -> dict[Versioned, bytes]:
        """Return the contents of the wanted examples that the cache has, packed or not."""
        if isinstance(self.reader, Pairs):
            return self._pairs(wanted)
        cached = {example: cached_object(example.md5) for example in wanted}
        contents = {example: content for example, content in cached.items() if content is not None}
        contents |= self._rows(
            {example.path: example for example in wanted if example not in contents}
        )
        left = {example.path: example for example in wanted if example not in contents}
        for archive in _archives(listing(self.version) if left else {}).values():
            for member in members(archive) if archive.is_file() else ():
                if example := left.get(member.path):
                    content = member.content(archive.parent)
                    if md5(content) == example.md5:
                        contents[example] = content
        return contents

    def _pairs(self, wanted: Collection[Versioned]) -> dict[Versioned, bytes]:
        """Return the contents of the wanted examples that are an image with its mask."""
        paths = sorted(unpacked(listing(self.version), self.title))
        known = self.reader.examples((Source(path, "", 0, 0, "") for path in paths), Path())
        masks = {source.path: source.answer for source in known}
        files = self._files(
            {path for example in wanted for path in (example.path, masks[example.path])}
        )
        contents = {
            example: joined(files[example.path], files[masks[example.path]])
            for example in wanted
            if example.path in files and masks[example.path] in files
        }
        return {
            example: content
            for example, content in contents.items()
            if content_md5(content) == example.md5
        }

    def _files(self, wanted: Collection[str]) -> dict[str, bytes]:
        """Return the contents of the wanted files that the cache has, packed or not."""
        names = listing(self.version)
        cached = {path: cached_object(names[path]) for path in wanted if path in names}
        contents = {path: content for path, content in cached.items() if content is not None}
        for archive in _archives(names).values():
            for member in members(archive) if archive.is_file() else ():
                if member.path in wanted and member.path not in names:
                    contents[member.path] = member.content(archive.parent)
        return contents

    def _rows(self, wanted: Mapping[str, Versioned]) -> dict[Versioned, bytes]:
        """Return the contents of the wanted examples that are rows of a table."""
        tables = {path.rpartition(":")[0] for path in wanted}
        files = {path: name for path, name in listing(self.version).items() if path in tables}
        rows = dict[Versioned, bytes]()
        with self._tables(files) as raw:
            for source in self.reader.sources(raw) if files else ():
                example = wanted.get(source.path)
                if source.file and example and example.md5 == source.stamp:
                    rows[example] = self.reader.content(source, raw)
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
        UserError: the list names a path that is not allowed.
    """
    return listed_files(cached_object(version) or b"[]", RAW.as_posix())


def unpacked(files: Mapping[str, str], title: str) -> dict[str, str]:
    """Return {path: MD5} with the examples of the packed layout in place of their archives.

    Raises:
        UserError: the cache lacks an archive, the only place that lists its examples.
    """
    hashes, archives = dict[str, str](), _archives(files)
    for path, archive in archives.items():
        if not archive.is_file():
            raise _absent(path, title)
        for member in members(archive):
            hashes[member.path] = md5(member.content(archive.parent))
    # A file takes precedence over a packed one of the same name.
    return hashes | {path: name for path, name in files.items() if path not in archives}


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
    """Return all releases that Git knows, the lowest number first.

    Raises:
        UserError: this is not a Git repository, or Git refuses to read it.
    """
    shown = git_says("for-each-ref", "--format=%(refname:lstrip=2)", f"refs/tags/{TAG}*")
    names = [tag.removeprefix(TAG) for tag in shown.split()]
    known = [name for name in names if _NAME.fullmatch(name)]
    return [_at(name, f"refs/tags/{TAG}{name}") for name in sorted(known, key=number)]


def find(name: str) -> Release:
    """Return the release of this name; `committed` is the data of the last commit.

    Raises:
        UserError: there is no such release.
    """
    if name == COMMITTED:
        return head()
    wanted, known = number(name), releases()
    matching = [release for release in known if number(release.name) == wanted]
    if not matching:
        listed = ", ".join(release.name for release in known) or "none yet"
        raise UserError(
            f"there is no version {name} of the data; the versions are: {listed} ('git fetch "
            "--tags' gets those that others made)."
        )
    return matching[0]


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
    """Return the hash in the working tree's data/raw.dvc, or None without that file."""
    return recorded_version(POINTER)


def keep() -> None:
    """Have DVC record the content of data/raw, and keep it in its cache.

    Raises:
        UserError: DVC cannot.
    """
    # `dvc add` would drop from a pointer that its data was imported.
    arguments = ("commit", "--force", str(POINTER)) if POINTER.exists() else ("add", str(RAW))
    done = dvc(*arguments)
    if done.returncode != 0 or working_version() is None:
        raise UserError(f"DVC could not record {RAW}: {last_line(done.stderr)}")


def state() -> str:
    """Return how data/raw compares with data/raw.dvc, by DVC.

    Returns:
        "" if it is what the pointer names, "modified", "deleted", or "not in cache" if it is what
        the pointer names but is not in the cache yet.

    Raises:
        UserError: DVC cannot compare them, or data/raw holds something other than files.
    """
    look_over(RAW)
    if working_version() is None:
        return "modified" if RAW.is_dir() and any(RAW.iterdir()) else "deleted"
    done = dvc("data", "status", "--json", RAW.as_posix())
    if done.returncode != 0:
        raise UserError(f"DVC cannot compare {RAW.as_posix()}: {last_line(done.stderr)}")
    status = json.loads(done.stdout)
    if changed := status.get("uncommitted"):
        return "deleted" if "deleted" in changed else "modified"
    return "not in cache" if status.get("not_in_cache") else ""


def last_line(text: str) -> str:
    """Return the last error of a program's output, with the files that DVC lists below it."""
    lines = [line.strip() for line in text.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith("ERROR: ")]
    if not errors:
        return next(filter(None, reversed(lines)), "no reason")
    first, *listed = takewhile(bool, lines[errors[-1] :])
    # DVC ends an error with an offer of help.
    listed = [line for line in listed if not line.startswith(("Is your cache", "<http"))]
    more = ["and more"] if len(listed) > LISTED else []
    return " ".join([first.removeprefix("ERROR: "), *listed[:LISTED], *more])
