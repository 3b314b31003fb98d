"""A version of the data: the commit that names it, its record, and its examples.

Everything that Git tracks below data/ belongs to the data: the pointer data/raw.dvc, the record and
changelog of releases, reviewed tables.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..console.errors import UserError
from ..core.files import md5
from ..data.joined import content_md5, joined
from ..data.readers import Pairs, Reader, reader_named
from ..data.release_file import CORRECTIONS, RECORD, Record, parsed
from ..data.source import Source, members
from ..remote.dir_lists import listed_files
from ..remote.filesystem import Objects
from ..remote.revisions import Revision, cache_folder, cached_object
from .changes import Versioned, examples_of
from .working_data import POINTER, RAW

COMMITTED = "committed"


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
