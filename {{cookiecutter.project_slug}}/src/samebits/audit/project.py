"""The project under audit: its files, each read and parsed once."""

import ast
import re
from functools import cached_property
from pathlib import Path

from . import parsing
from .ignore import Ignored, tracked
from .outcomes import Finding
from .parsing import Broken, Document

LARGE = 1_000_000
NOTHING = Document(None, None)
_ALLOWED = re.compile(r"#\s*audit:\s*\S")


class Project:
    """A project tree, read lazily. Paths are relative to `root` and written with `/`."""

    def __init__(self, root: Path, *, data_alone: bool = False) -> None:
        """`data_alone`: the commit changes data only; its results come with the next commit."""
        self.root = root.resolve()
        self.data_alone = data_alone
        self.tracked = tracked(self.root)
        self.allowed_lines: set[tuple[str, int]] = set()
        self._texts: dict[str, str | None] = {}
        self._ignored = Ignored(self.root)

    @cached_property
    def sources(self) -> list[str]:
        """The Python files below src/, tracked by Git or not."""
        files = (self.root / "src").rglob("*.py")
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    @cached_property
    def files(self) -> list[str]:
        """Every file of the project: those that Git tracks, and the sources."""
        return sorted({*self.tracked, *self.sources})

    @cached_property
    def modules(self) -> dict[str, str]:
        """The file of every module below src/ by dotted name; a package is its `__init__.py`."""
        return {module_name(path): path for path in self.sources}

    @cached_property
    def package(self) -> str:
        """The folder of the project's own package, for example `src/digits`."""
        try:
            name = parsing.toml(self.text("pyproject.toml") or "")["project"]["name"]
        except (Broken, KeyError, TypeError):
            name = "package"
        return f"src/{str(name).replace('-', '_')}"

    def exists(self, path: str) -> bool:
        """Whether a file or a folder exists at `path`."""
        return (self.root / path).exists()

    def ignored(self, path: str) -> bool:
        """Whether the .gitignore files ignore `path`."""
        return self._ignored.covers(path)

    def size(self, path: str) -> int:
        """The size of a file in bytes; 0 if it does not exist."""
        try:
            return (self.root / path).stat().st_size
        except OSError:
            return 0

    def text(self, path: str) -> str | None:
        """The text of a file; None if it is missing, over 1 MB, or not UTF-8."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str | None:
        try:
            if self.size(path) > LARGE:
                return None
            return (self.root / path).read_bytes().decode("utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError):
            return None

    def line_of(self, path: str, needle: str) -> int:
        """The first line of the file that contains `needle`, or 1."""
        before, match, _ = (self.text(path) or "").partition(needle)
        return before.count("\n") + 1 if match else 1

    def allows(self, path: str, first: int, last: int | None = None) -> bool:
        """Whether one of these lines has `# audit: reason`; if so, it counts as allowed."""
        lines = (self.text(path) or "").split("\n")[first - 1 : last or first]
        allowed = any(_ALLOWED.search(line) for line in lines)
        if allowed:
            self.allowed_lines.add((path, first))
        return allowed

    def tree(self, path: str) -> ast.Module | None:
        """The syntax tree of a Python file; None if it does not parse."""
        try:
            return parsing.python(self.text(path) or "")
        except Broken:
            return None

    def yaml(self, path: str) -> Document:
        """The first document of a YAML file; an empty one if it is missing or does not parse."""
        try:
            documents = parsing.yaml_documents(self.text(path) or "")
        except Broken:
            return NOTHING
        return documents[0] if documents else NOTHING

    def unusable(self, path: str, *keys: str) -> list[Finding]:
        """A finding if a YAML file has no mapping at `keys`: missing, malformed or empty."""
        if not self.exists(path):
            return [Finding(path, 1, f"is missing; restore it with `git checkout {path}`")]
        if self.yaml(path).mapping(*keys):
            return []
        place = f" under {'.'.join(keys)!r}" if keys else ""
        line = self.yaml(path).line(*keys)
        return [Finding(path, line, f"has no readable mapping{place}; fix the file")]


def module_name(path: str) -> str:
    """`src/digits/data/__init__.py` is `digits.data`; `src/digits/model.py` is `digits.model`."""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
