"""The reader `folders`: examples in a folder for each class."""

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
        return "files in a folder for each class, such as cat/tom.jpg"

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each file with the name of its folder as its answer."""
        for source in files:
            folder, _, name = source.path.partition("/")
            if folder and name and "/" not in name:
                yield source._replace(answer=folder)
            else:
                table = PurePosixPath(source.path).suffix in TABLES
                cure = "for a table set task.reader" if table else "move it to one"
                yield source.without("misplaced", f"files belong in a folder per class; {cure}")

    def told(self, count: int, answers: int) -> str:
        """Return the counts of examples and of classes."""
        return f"{count} {self.unit} in {answers} classes"

    def classes(self, raw: Path) -> list[str]:
        """Return the names of the folders."""
        return classes(raw)
