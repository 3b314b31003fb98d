"""Wrong labels, corrected by a small reviewed file instead of by moving examples.

A row of data/corrections.csv says that the examples with this content (MD5) in folder `old` are
`new`, by whom and why. It applies to every copy and every split.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import MappingProxyType

from ..console.errors import UserError
from ..core.csv_table import read_table
from .findings import DataFinding, shown

FILE = Path("data/corrections.csv")

# (MD5, name of the folder) → label
Labels = Mapping[tuple[str, str], str]
AS_THEY_STAND: Labels = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Correction:
    """A row: the content, its label by its folder, the right label, by whom, and why."""

    md5: str
    old: str
    new: str
    who: str
    why: str


COLUMNS = tuple(field.name for field in fields(Correction))


def read_corrections(path: Path) -> tuple[list[tuple[int, Correction]], list[DataFinding]]:
    """Return (line, correction) for each valid row, and findings for the others."""
    rows, problems = read_table(path, COLUMNS)
    valid: list[tuple[int, Correction]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in rows:
        row = Correction(*cells)
        row = Correction(row.md5.lower(), *astuple(row)[1:])
        first = seen.setdefault((row.md5, row.old), line)
        problem = _problem(row, first if first != line else 0)
        if problem:
            problems.append(f"{path.as_posix()}, line {line}: {problem}")
        else:
            valid.append((line, row))
    return valid, [DataFinding("corrections", problem) for problem in problems]


def _problem(row: Correction, first: int) -> str:
    if missing := [name for name in COLUMNS if not getattr(row, name)]:
        return f"no {missing[0]}; fill it in."
    if row.old == row.new:
        return f"the old and the new label are both {shown(row.old)}; correct or remove the line."
    if first:
        return f"line {first} corrects the same example; keep one of them."
    return ""


def labels(corrections: Sequence[tuple[int, Correction]]) -> dict[tuple[str, str], str]:
    """Return the right label by content and folder."""
    return {(row.md5, row.old): row.new for _, row in corrections}


def read_labels(path: Path) -> Labels:
    """Return the right label by content and folder, from a file that has been validated.

    Raises:
        UserError: a row of the file is not valid.
    """
    corrections, findings = read_corrections(path)
    if findings:
        raise UserError(findings[0].message)
    return labels(corrections)


def misfits(
    corrections: Sequence[tuple[int, Correction]],
    folders: Mapping[str, Collection[str]],
    unfit: Callable[[str], str],
    path: Path,
) -> Iterator[DataFinding]:
    """Yield a finding for each correction that does not fit the examples.

    Args:
        corrections: the rows with their lines.
        folders: for each hash, the folders that hold such examples.
        unfit: returns what is wrong with a label, or "".
        path: the file that holds the rows.
    """
    for line, row in corrections:
        here = folders.get(row.md5, ())
        if not here:
            problem = (
                f"no example has the content {row.md5}; remove the line or restore the example"
            )
        elif row.old not in here:
            stands = ", ".join(shown(name) for name in sorted(here))
            problem = f"the example is in {stands}, not in {shown(row.old)}; correct the line"
        else:
            problem = unfit(row.new)
        if not problem:
            continue
        yield DataFinding("corrections", f"{path.as_posix()}, line {line}: {problem}.")
