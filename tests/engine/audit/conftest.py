"""A project as the template makes it, to plant defects in: `pytest tests/engine/audit`."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_project import ran, rendered

from samebits.audit import dvc_yaml
from samebits.audit.outcomes import Finding
from samebits.audit.project import Project
from samebits.audit.run import audit


class Copy:
    """A copy of the project; a test's changes to it are undone after the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        self.package = self.project.package  # the user's
        self.stages = dvc_yaml.stages(self.project)
        self._before = self.findings()
        self._changed: dict[Path, bytes | None] = {}

    def findings(self) -> dict[str, set[Finding]]:
        """The findings of every check that fails."""
        return {check.name: set(check.findings) for check in audit(self.root) if check.findings}

    def new(self) -> dict[str, list[Finding]]:
        """What the audit finds now, but not in the unchanged project."""
        now = self.findings()
        fresh = {
            name: sorted(findings - self._before.get(name, set())) for name, findings in now.items()
        }
        return {name: findings for name, findings in fresh.items() if findings}

    def keep(self, path: str) -> Path:
        """Remember a file, to put it back."""
        file = self.root / path
        self._changed.setdefault(file, file.read_bytes() if file.exists() else None)
        return file

    def text(self, path: str) -> str:
        """The text of a file; empty if it is missing."""
        file = self.root / path
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file, with its folders."""
        file = self.keep(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def append(self, path: str, text: str) -> int:
        """Add text at the end of a file and return the line on which it begins."""
        before = self.text(path)
        self.write(path, before + text)
        return before.count("\n") + 1

    def replace(self, path: str, old: str, new: str) -> int:
        """Replace the first `old` in a file and return its line."""
        before = self.text(path)
        assert old in before, f"{path} has no {old!r} to replace"
        self.write(path, before.replace(old, new, 1))
        return before[: before.index(old)].count("\n") + 1

    def add(self, kind: str, entry: str) -> int:
        """Add an entry to the first list of this kind in dvc.yaml and return its line."""
        return self.replace("dvc.yaml", f"{kind} [", f"{kind} [{entry}, ")

    def drop(self, stage: str, entry: str) -> None:
        """Remove an entry from the lists of a stage in dvc.yaml."""
        before, name, after = self.text("dvc.yaml").partition(f"\n  {stage}:\n")
        changed = re.sub(rf"(?<=[ \[]){re.escape(entry)}(?:,\s*|(?=\]))", "", after, count=1)
        assert changed != after, f"stage {stage} has no {entry}"
        self.write("dvc.yaml", before + name + changed)

    def remove(self, path: str) -> None:
        """Delete a file."""
        self.keep(path).unlink()

    def restore(self) -> None:
        """Undo every change."""
        for file, content in self._changed.items():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                file.write_bytes(content)
        self._changed.clear()

    def line(self, path: str, needle: str) -> int:
        """The first line of a file that contains `needle`."""
        return self.text(path).split(needle, 1)[0].count("\n") + 1

    @property
    def code(self) -> str:
        """A file of the engine that decides results: the source of the first stage."""
        return next(iter(dvc_yaml.sources(self.project, self.stages[0])))

    @property
    def codes(self) -> tuple[str, str]:
        """That file, and the user's file that the first stage reads."""
        return self.code, f"{self.package}/data.py"

    @property
    def reading(self) -> dvc_yaml.Stage:
        """The first stage that declares a section."""
        return next(stage for stage in self.stages if stage.sections())


@pytest.fixture(scope="session")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    root = tmp_path_factory.mktemp("audit") / "project"
    rendered(root)
    ran(root)
    return Copy(root)


@pytest.fixture
def copy(_copy: Copy) -> Iterator[Copy]:
    """The copy, clean again for each test."""
    yield _copy
    _copy.restore()


Expect = Callable[..., Finding]


@pytest.fixture
def expect(copy: Copy) -> Expect:
    """Assert that only the check `name` fails now, at `path` and `line`, and says `words`.

    A change in a file that a stage depends on leaves dvc.lock behind as well; `stale` says so.
    """

    def fails(name: str, path: str, line: int, words: str = "", *, stale: bool = False) -> Finding:
        new = copy.new()
        if stale and name != "dvc.lock":
            new.pop("dvc.lock", None)
        assert list(new) == [name], new
        here = [item for item in new[name] if (item.path, item.line) == (path, line)]
        assert here, new
        assert any(words in item.message for item in here), here
        return here[0]

    return fails


Plant = Callable[..., None]


@pytest.fixture
def plant(copy: Copy) -> Plant:
    """Add code to a file of the engine and to one of the user's; `check` alone fails, in both.

    It fails at the last line of the code, and its message begins or continues with `words`.
    """

    def both(check: str, code: str, words: str = "") -> None:
        last = code.rstrip("\n").count("\n")
        places = {(path, copy.append(path, f"{code}\n") + last) for path in copy.codes}
        new = copy.new()
        assert new.keys() - {"dvc.lock"} == {check}, new
        assert places <= {finding[:2] for finding in new[check]}, new
        assert all(
            any(words in finding.message for finding in new[check] if finding[:2] == place)
            for place in places
        ), new

    return both
