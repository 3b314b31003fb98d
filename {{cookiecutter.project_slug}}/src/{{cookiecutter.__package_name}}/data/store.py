"""The remote as folders and files, for what DVC's own commands do not look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from .transfer import failure, tame_plugins, words


@dataclass(frozen=True)
class Store:
    """The remote that counts where none is named, and what DVC keeps here.

    Of the remote: its name, its url, a file system of DVC's, and the folder in that which it is.
    Of this repository: `cache` has the objects, `index` what DVC concluded from lists it read.
    """

    name: str
    url: str
    system: Any
    root: str
    cache: Path
    index: Path

    @classmethod
    def open(cls) -> "Store":
        """Read DVC's settings; the remote itself is not asked yet.

        Raises:
            UserError: there is no remote, or DVC has no plugin for it.
        """
        from dvc.fs import get_cloud_fs  # audit: a tool, of dev.in, where a remote is used
        from dvc.repo import Repo  # audit: as above

        tame_plugins()
        with Repo() as repo:
            name = repo.config["core"].get("remote")
            if name not in repo.config["remote"]:
                raise UserError(
                    "there is no remote; name one with 'dvc remote add --default NAME URL'."
                )
            url = repo.config["remote"][name]["url"]
            cache, index = Path(repo.cache.local.path), Path(repo.site_cache_dir, "index", "data")
            with _explained(name, url):
                kind, settings, root = get_cloud_fs(repo.config, name=name)
                return cls(name, url, kind(**settings), root, cache, index)

    def cached(self, name: str) -> Path:
        """Where the cache has the object of this hash."""
        return self.cache / name[:2] / name[2:]

    def place(self, name: str) -> str:
        """Where the remote has the object of this hash."""
        return str(self.system.join(self.root, *location(name).split("/")))

    def fetch(self, name: str, copy: Path) -> bool:
        """Copy an object as it is on the remote; False if it is not there.

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
        """Delete the objects that a push cut off left shorter than they are here.

        Over SSH alone: elsewhere an object is in its place when it is whole, and not before.

        Raises:
            UserError: the remote cannot be used.
        """
        if self.system.protocol != "ssh":
            return
        with _explained(self.name, self.url):
            found = self.system.fs.find(self.system.join(self.root, "files", "md5"), detail=True)
            for place, about in found.items():
                whole = self.cached("".join(place.split("/")[-2:]))
                if whole.is_file() and whole.stat().st_size != about["size"]:
                    self.system.remove(place)


def location(name: str) -> str:
    """Where the object of a hash is, below the remote's url."""
    return f"files/md5/{name[:2]}/{name[2:]}"


@contextmanager
def _explained(remote: str, url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each plugin has its own
        raise failure(remote, url, words(error)) from error
