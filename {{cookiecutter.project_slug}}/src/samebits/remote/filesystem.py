"""The remote as a file system, for checks that DVC's own commands do not make."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..console.errors import UserError
from ..core.files import md5
from .dvc_errors import failure, opened, tame_plugins, words

# Servers' errors on reading past the end of an object.
_BEHIND_THE_END = re.compile(r"InvalidRange|not satisfiable|\b416\b")


@dataclass(frozen=True)
class Store:
    """A remote, by default DVC's default one, and DVC's folders here.

    The remote has its name, its url, DVC's file `system`, and the folder `root` in it. In this
    repository, `cache` has the objects, and `index` DVC's index of the lists it has read.
    """

    name: str
    url: str
    system: Any
    root: str
    cache: Path
    index: Path

    @classmethod
    def open(cls, name: str | None = None) -> "Store":
        """Read DVC's settings, without contacting the remote.

        Args:
            name: of a remote; None for the default one.

        Raises:
            UserError: there is no remote, or DVC has no plugin for it.
        """
        from dvc.fs import get_cloud_fs  # audit: a tool, of dev.in, where a remote is used

        tame_plugins()
        with opened() as repo:
            name = name or repo.config["core"].get("remote")
            if name not in repo.config["remote"]:
                raise NoRemote(
                    "there is no remote; name one with 'dvc remote add --default NAME URL'."
                )
            url = repo.config["remote"][name]["url"]
            cache, index = Path(repo.cache.local.path), Path(repo.site_cache_dir, "index", "data")
            with _explained(name, url):
                kind, settings, root = get_cloud_fs(repo.config, name=name)
                return cls(name, url, kind(**settings), root, cache, index)

    def cached(self, name: str) -> Path:
        """Return the path of the object of this hash in the cache."""
        return self.cache / name[:2] / name[2:]

    def place(self, name: str) -> str:
        """Return the path of the object of this hash on the remote."""
        return str(self.system.join(self.root, *location(name).split("/")))

    def fetch(self, name: str, copy: Path) -> bool:
        """Copy an object from the remote as it is; return False if the remote lacks it.

        Raises:
            UserError: the remote cannot be used.
        """
        with _explained(self.name, self.url):
            try:
                self.system.get_file(self.place(name), str(copy))
            except FileNotFoundError:
                return False
        return True

    def drop_parts(self) -> None:
        """Delete objects that an interrupted push left shorter than they are here.

        Over SSH only: elsewhere an object appears on the remote once it is complete.

        Raises:
            UserError: the remote cannot be used.
        """
        if self.system.protocol != "ssh":
            return
        with _explained(self.name, self.url):
            objects = self.system.fs.find(self.system.join(self.root, "files", "md5"), detail=True)
            for place, about in objects.items():
                whole = self.cached("".join(place.split("/")[-2:]))
                if whole.is_file() and whole.stat().st_size != about["size"]:
                    self.system.remove(place)


class Run(NamedTuple):
    """A range of bytes of an object."""

    name: str
    start: int
    stop: int


class NoRemote(UserError):
    """No remote is configured."""


class Objects:
    """The objects of DVC's default remote, by their hashes."""

    def find(self, name: str) -> bytes | None:
        """Return the content of an object; None if it is missing, or there is no remote.

        Raises:
            UserError: the remote cannot be used, or the object does not match its hash.
        """
        try:
            store = _store(Path.cwd(), os.getpid())  # audit: each process connects for itself
        except NoRemote:
            return None
        with tempfile.TemporaryDirectory(prefix="object-") as folder:
            copy = Path(folder, "copy")
            return self._whole(name, copy.read_bytes()) if store.fetch(name, copy) else None

    def whole(self, name: str) -> bytes:
        """Return the content of an object.

        Raises:
            UserError: it cannot be read, or does not match its hash.
        """
        (content,) = self.read([Run(name, 0, 0)])
        return self._whole(name, content)

    def _whole(self, name: str, content: bytes) -> bytes:
        if md5(content) != name.removesuffix(".dir"):
            raise UserError(
                f"{location(name)} on DVC's remote is not what was pushed; delete it there and run "
                "'make push' where the data was prepared."
            )
        return content

    def read(self, runs: Sequence[Run]) -> list[bytes]:
        """Return the bytes of each run; a run that stops at 0 is the whole object.

        Raises:
            UserError: an object cannot be read.
        """
        store = _store(Path.cwd(), os.getpid())  # audit: each process connects for itself
        paths = [store.place(run.name) for run in runs]
        starts = [run.start for run in runs]
        ends = [run.stop or None for run in runs]
        contents = store.system.fs.cat_ranges(paths, starts, ends, on_error="return")
        for run, content in zip(runs, contents, strict=True):
            if isinstance(content, FileNotFoundError):
                raise UserError(
                    f"{location(run.name)} is not on DVC's remote; run 'make push' where the data "
                    "was prepared, and commit its dvc.lock."
                )
            if isinstance(content, Exception) and not _BEHIND_THE_END.search(words(content)):
                raise failure(store.name, store.url, words(content))
        # Past the end of a truncated object there are no bytes.
        return [b"" if isinstance(content, Exception) else bytes(content) for content in contents]


@cache
def _store(_project: Path, _process: int) -> Store:
    """Return the remote for this process, since connections do not survive a fork."""
    return Store.open()


def location(name: str) -> str:
    """Return the path of the object of a hash below the remote's url."""
    return f"files/md5/{name[:2]}/{name[2:]}"


@contextmanager
def _explained(remote: str, url: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:  # this machine's fault, not the remote's
        raise
    except Exception as error:  # each plugin has its own
        raise failure(remote, url, words(error)) from error
