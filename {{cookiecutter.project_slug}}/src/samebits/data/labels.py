"""Labels that were wrong, put right by a small reviewed file instead of by moving examples.

A row of data/corrections.csv says: the examples with this content (MD5) that stand in folder `old`
are `new`, by whom and why. It holds for every copy and every split.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import MappingProxyType

from ..console.errors import UserError
from ..core.csv_table import read_table
from .findings import Finding, shown

FILE = Path("data/corrections.csv")

# (MD5, name of the folder) → label
Labels = Mapping[tuple[str, str], str]
AS_THEY_STAND: Labels = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Correction:
    """One row: the content, the label that the folder gives it, the right one, by whom, why."""

    md5: str
    old: str
    new: str
    who: str
    why: str


COLUMNS = tuple(one.name for one in fields(Correction))


def read_corrections(path: Path) -> tuple[list[tuple[int, Correction]], list[Finding]]:
    """Return (line, correction) for each row that can be used, and findings for the others."""
    rows, problems = read_table(path, COLUMNS)
    found: list[tuple[int, Correction]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in rows:
        one = Correction(*cells)
        one = Correction(one.md5.lower(), *astuple(one)[1:])
        first = seen.setdefault((one.md5, one.old), line)
        problem = _problem(one, first if first != line else 0)
        if problem:
            problems.append(f"{path.as_posix()}, line {line}: {problem}")
        else:
            found.append((line, one))
    return found, [Finding("corrections", one) for one in problems]


def _problem(one: Correction, first: int) -> str:
    if missing := [name for name in COLUMNS if not getattr(one, name)]:
        return f"no {missing[0]}; fill it in."
    if one.old == one.new:
        return f"the old and the new label are both {shown(one.old)}; correct or remove the line."
    if first:
        return f"line {first} corrects the same example; keep one of them."
    return ""


def labels(corrections: Sequence[tuple[int, Correction]]) -> dict[tuple[str, str], str]:
    """Return the right label by content and folder."""
    return {(one.md5, one.old): one.new for _, one in corrections}


def read_labels(path: Path) -> Labels:
    """Return the right label by content and folder, from a file that has been validated.

    Raises:
        UserError: a row of the file cannot be used.
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
) -> Iterator[Finding]:
    """Yield a finding for each correction that does not fit the examples.

    Args:
        corrections: the rows with their lines.
        folders: for each hash of a row the folders in which such examples stand.
        unfit: says what is wrong with a label that there cannot be, "" of others.
        path: the file that holds the rows.
    """
    for line, one in corrections:
        here = folders.get(one.md5, ())
        if not here:
            problem = (
                f"no example has the content {one.md5}; remove the line or restore the example"
            )
        elif one.old not in here:
            stands = ", ".join(shown(name) for name in sorted(here))
            problem = f"the example stands in {stands}, not in {shown(one.old)}; correct the line"
        else:
            problem = unfit(one.new)
        if not problem:
            continue
        yield Finding("corrections", f"{path.as_posix()}, line {line}: {problem}.")
