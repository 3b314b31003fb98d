"""Examples that stand in a folder for each class."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .reader_base import TABLES, Reader
from .source import Source, classes


@dataclass(frozen=True)
class Folders(Reader):
    """Files in a folder for each class."""

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return "files in a folder for each class, as cat/tom.jpg"

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each file with the name of its folder as its answer."""
        for one in files:
            folder, _, name = one.path.partition("/")
            if folder and name and "/" not in name:
                yield one._replace(answer=folder)
            else:
                table = PurePosixPath(one.path).suffix in TABLES
                cure = "for a table set task.reader" if table else "move it to one"
                yield one.without("misplaced", f"files stand in one folder per class; {cure}")

    def told(self, count: int, answers: int) -> str:
        """Return how many there are, and in how many classes."""
        return f"{count} {self.unit} in {answers} classes"

    def classes(self, raw: Path) -> list[str]:
        """Return the names of the folders."""
        return classes(raw)
