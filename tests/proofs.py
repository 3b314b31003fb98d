"""The rows of docs/reproducibility.md: what tests found, on which machine, with which code.

A test marked `changes(what, until)` makes a row; `until` is the last stage that it runs. Each row
carries a digest of all that can move its bits, so one from other code is noticed.
"""

import ast
import hashlib
import importlib.util
import io
import json
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml
from helpers import DEFAULT, PROJECT, ROOT, filled, sources
from reproduction import STAGES, Row

HERE, DOCS = ROOT / "tests", ROOT / "docs" / "reproducibility.md"
FIRST = "what changes between two runs"
HEAD = (FIRST, "values", "runs", "differing bytes", "result", "machine", "code")
# What continuous integration sets: a row that was skipped is then a failure.
ALL_ROWS = "ALL_ROWS" in os.environ
# The rows that may say that they were not run; the docs say why.
NOT_RUN = {
    ("Python and torch's wheel", "3.12-cpu"),
    ("Python and torch's wheel", "3.13-cpu"),
    ("two runs, resume, worker count", "not measured"),
    ("cost of determinism", "not measured"),
    ("drift from CPU to GPU", "not measured"),
}


EARLIER = ", of earlier code"


class Line(NamedTuple):
    """A line of the table; its cells are text."""

    changes: str
    values: str
    runs: str
    differing: str
    result: str
    machine: str
    code: str

    @property
    def ran(self) -> bool:
        """Whether it has a result, or a reason for having none."""
        return not self.result.startswith("not run")


def rows(reports: Iterable[Any]) -> list[tuple[str, str, Row]]:
    """What changed, the digest of the code, and the result, for tests that make a row.

    Args:
        reports: pytest's, of all phases of all tests.
    """
    known_rows = []
    known = [report for report in reports if isinstance(report, pytest.TestReport)]
    for report in sorted(known, key=lambda report: (report.location[0], report.location[1] or 0)):
        properties: dict[str, Any] = dict(report.user_properties)
        if "changes" in properties and ("row" in properties or report.skipped or report.failed):
            if "row" in properties:
                row = Row(*properties["row"]) if report.when == "call" else None
            else:
                values = report.nodeid.partition("[")[2].rstrip("]")
                row = Row(values, 0, 0, _why(report) if report.skipped else "FAILED")
            known_rows += [(properties["changes"], properties["code"], row)] if row else []
    return known_rows


def _why(report: pytest.TestReport) -> str:
    assert isinstance(report.longrepr, tuple)  # the file, the line, the reason
    return f"not run here: {report.longrepr[2].removeprefix('Skipped: ')}"


def lines(noted: Iterable[tuple[str, str, Row]], machine: str) -> list[Line]:
    """The lines of the table; rows of one change and one result are one line."""
    together: dict[tuple[str, str, str], list[Row]] = {}
    for changes, code, row in noted:
        together.setdefault((changes, row.result, code), []).append(row)
    return [
        Line(
            changes,
            ", ".join(row.values for row in alike),
            str(sum(row.runs for row in alike)),
            str(sum(row.differing for row in alike)) if any(row.runs for row in alike) else "",
            result,
            *((machine, code) if any(row.runs for row in alike) else ("", "")),
        )
        for (changes, result, code), alike in together.items()
    ]


def table(entries: Iterable[Line]) -> str:
    """The lines as a table in Markdown."""
    cells = [HEAD, ("---",) * len(HEAD), *entries]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def published(docs: str) -> list[Line]:
    """The lines of the table in docs/reproducibility.md, of which this is the text."""
    shown = _shown(docs).splitlines()[2:]
    return [Line(*(cell.strip() for cell in row.strip("|").split("|"))) for row in shown]


def _shown(docs: str) -> str:
    [shown] = re.findall(rf"^\| {FIRST} \|.*(?:\n\|.*)*", docs, re.MULTILINE)
    return str(shown)


def republished(docs: str, entries: Iterable[Line]) -> str:
    """The text of docs/reproducibility.md with these lines in place of those of the same changes.

    What failed, or was skipped though it may not be, changes nothing. The order is that of `known`.
    """
    kept, new = published(docs), [*entries]
    bad = {line.changes for line in new if line.result in ("FAILED", "WRONG") or lacks(line)}
    new = [line for line in new if line.changes not in bad]
    made = {line.changes for line in new}
    codes, late = known(), lagging()
    order = [*codes]
    whole = [line for line in kept if line.changes not in made] + new
    whole = [_dated(line, codes, late) for line in whole if line.changes in order]
    whole.sort(key=lambda line: order.index(line.changes))
    return docs.replace(_shown(docs), table(whole))


def _dated(line: Line, codes: Mapping[str, str], late: set[str]) -> Line:
    """The line, marked if it is from earlier code and may be."""
    result = line.result.removesuffix(EARLIER)
    stale = line.ran and line.changes in late and line.code != codes[line.changes]
    return line._replace(result=result + EARLIER if stale else result)


def lacks(line: Line) -> bool:
    """Whether it was not run, although it must be."""
    names = line.values.split(", ")
    return not line.ran and any((line.changes, name) not in NOT_RUN for name in names)


def known() -> dict[str, str]:
    """What tests change, in their order, and the digest of the code that moves the bits there."""
    return {mark.args[0]: digest(path, *mark.args[1:], **mark.kwargs) for path, mark, _ in _marks()}


def lagging() -> set[str]:
    """The changes that `make test` leaves to combined runs."""
    return {
        mark.args[0] for _, mark, beside in _marks() if "apart" in beside and "long" not in beside
    }


def recorded(changes: Iterable[str]) -> set[str]:
    """Return which of these rows a tier need not run again, as docs/reproducibility.md has them."""
    if not any(map(_spared, changes := [*changes])):
        return set()
    rows, codes = published(DOCS.read_text("utf-8")), known()
    return {line.changes for line in rows if line.changes in changes and spared(line, codes)}


def spared(line: Line, codes: Mapping[str, str]) -> bool:
    """Whether it is the second of a task with everything changed at once, and of this very code.

    The first of each task is run whatever is recorded, and both of the default one.
    """
    same = line.differing == "0" and line.result == "same"
    return _spared(line.changes) and same and line.code == codes[line.changes]


def _spared(changes: str) -> bool:
    match = re.fullmatch("everything at once, (.+), other", changes)
    return match is not None and match[1] != DEFAULT


def _marks() -> Iterator[tuple[Path, pytest.Mark, set[str]]]:
    """The marks `changes` of all tests, with their file and the names of the marks beside."""
    for path in sorted(HERE.glob("test_*.py")):
        tests = vars(_loaded(path)) if "mark.changes" in path.read_text("utf-8") else {}
        for test in filter(callable, tests.values()):
            own = getattr(test, "pytestmark", [])
            own = own if isinstance(own, list) else []
            values = [
                marks_of_value
                for mark in own
                if mark.name == "parametrize"
                for marks_of_value in _of_values(mark)
            ]
            for marks in [own, *values]:
                beside = {mark.name for mark in (*own, *marks)}
                yield from ((path, mark, beside) for mark in marks if mark.name == "changes")


def _of_values(mark: pytest.Mark) -> list[list[pytest.Mark]]:
    """The marks of each value."""
    return [[param.mark for param in getattr(value, "marks", ())] for value in mark.args[1]]


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rows_of_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digest(test: Path, until: str = STAGES[-1], root: Path = ROOT, *, task: str = DEFAULT) -> str:
    """Ten digits that identify everything that can move the bits of a row.

    That is what the stages up to `until` depend on, the locks, the params, and the file of the
    test with what it starts; comments and docstrings are left out.
    """
    known = sources(root, task)
    pipeline = yaml.safe_load(filled(known["dvc.yaml"].read_text("utf-8"), task))["stages"]
    stages = [pipeline[name] for name in STAGES[: STAGES.index(until) + 1]]
    named = {path for stage in stages for path in stage["deps"]}
    chosen = [name for name in known if _within(name, named | {"data/raw.dvc", "params.yaml"})]
    missing = [path for path in named if path.startswith("src/") and not _holds(path, chosen)]
    assert not missing, f"dvc.yaml names {missing}, which the template does not have"
    parts = [json.dumps([{**stage, "desc": ""} for stage in stages])]
    parts += [f"{name}\n{_bare(known[name], task)}" for name in chosen]
    # Rows are run with the wheels of either accelerator.
    parts += [
        _bare(path, task)
        for path in sorted((root / PROJECT / "requirements").glob("*runtime.lock*"))
    ]
    own = (test, HERE / "reproduction.py", HERE / "killing.py")
    parts += [f"{path.name}\n{_bare(path, task)}" for path in own]
    parts.sort()
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def _within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def _holds(place: str, names: Iterable[str]) -> bool:
    return any(_within(name, [place]) for name in names)


def _bare(path: Path, task: str) -> str:
    """The text of a file without what only people read."""
    text = path.read_text("utf-8")
    if path.suffix == ".css":  # where `#` begins a colour
        return text
    python = path.suffix == ".py" or ".py{" in path.name
    bare = _code(text) if python else re.sub(r"(?m)(^| )#.*$", "", filled(text, task))
    return "\n".join(line.rstrip() for line in bare.splitlines() if line.strip())


@cache
def _code(text: str) -> str:
    """Python without comments and docstrings."""
    rows = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            rows[row - 1] = rows[row - 1][:column] + "\n"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            for row in range(first.lineno, (first.end_lineno or 0) + 1) if first else ():
                rows[row - 1] = "\n"
    return "".join(rows)


def minutes(reports: Iterable[Any]) -> str:
    """How long the tests of each file took, and all."""
    spent: dict[str, float] = {}
    for report in reports:
        if isinstance(report, pytest.TestReport):
            name = report.location[0]
            spent[name] = spent.get(name, 0) + report.duration / 60
    long = sorted(((time, name) for name, time in spent.items() if time >= 0.5), reverse=True)
    return "\n".join(f"{time:6.1f}  {name}" for time, name in [*long, (sum(spent.values()), "all")])


def machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor here and the widest kernels that it has."""
    pairs = (line.partition(":") for line in cpuinfo.read_text("utf-8").splitlines())
    facts: Mapping[str, str] = {key.strip(): value.strip() for key, _, value in pairs}
    flags = facts.get("flags", "").split()
    wide = {"avx512f": "AVX-512", "avx2": "AVX2"}
    return ", ".join(
        [facts.get("model name", "?"), *[wide[flag] for flag in wide if flag in flags][:1]]
    )
