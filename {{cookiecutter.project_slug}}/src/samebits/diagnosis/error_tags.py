"""reports/error-analysis.csv: dev mistakes, in which people write what caused them.

A row is an example, known by its content. `tags` are the causes, such as `blurry; cut off`, and are
never written by anything but a person; the other cells say what `samebits errors` last saw. `now`
is `wrong`, `right` for a tagged example that is no mistake any more, or `gone` for one that has
left dev.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.csv_table import read_table
from ..data.findings import shown
from ..metrics.predictions import Predictions
from ..metrics.registry import Metric
from .target_errors import Errors
from .words import WORDS, Words

FILE = Path("reports/error-analysis.csv")
WRONG, RIGHT, GONE = "wrong", "right", "gone"
MOST_LISTED = 100  # mistakes without a tag; who has looked at so many knows what goes wrong


@dataclass(frozen=True, slots=True)
class Row:
    """One row, in the words of the file; what `detail` says, the target knows."""

    md5: str
    path: str
    label: str
    prediction: str
    detail: str
    now: str
    tags: str

    def causes(self) -> list[str]:
        """Return the tags: each once, without regard to case and space."""
        names = (" ".join(one.split()).casefold() for one in self.tags.split(";"))
        return list(dict.fromkeys(filter(None, names)))


def columns(errors: Errors[Any]) -> tuple[str, ...]:
    """Return the header of the file."""
    return _header(errors.words)


def _header(words: Words) -> tuple[str, ...]:
    return ("md5", "path", "label", "prediction", words.detail, "now", "tags")


def read_rows(
    path: Path,
    predictions: Mapping[str, Predictions],
    errors: Errors[Any],
    gone: bool = False,
) -> list[Row]:
    """Return the rows of the file, none if it is not there.

    A row without tags holds nothing that a person wrote: it may be about any example. One with tags
    may be about an example that has moved to another data set, as another dev_fraction does.

    Args:
        path: the file.
        predictions: by data set; the rows are about the examples of `dev`.
        errors: what an answer is.
        gone: whether examples that are in no data set may stand in rows that do not say so.

    Raises:
        UserError: it is not such a table, or a row does not fit the examples.
    """
    lines, problems = read_table(path, columns(errors))
    if problems and not _tells(path):
        return []
    rows = [(line, Row(cells[0].lower(), *cells[1:])) for line, cells in lines]
    found = [*problems, *_misfits(rows, path.as_posix(), predictions, errors, gone)]
    if found:
        more = f" ({len(found) - 1} more like this)" if len(found) > 1 else ""
        raise UserError(f"{found[0]}{more}")
    return [row for _, row in rows]


def _tells(path: Path) -> bool:
    """Whether there is more than a header: that of another target is written anew."""
    empty = {",".join(_header(words)) for words in WORDS.values()}
    return path.read_bytes().decode("utf-8-sig", errors="replace").strip() not in empty


def _misfits(
    rows: Sequence[tuple[int, Row]],
    name: str,
    predictions: Mapping[str, Predictions],
    errors: Errors[Any],
    gone: bool,
) -> Iterator[str]:
    here = {one.md5 for one in predictions["dev"].examples}
    anywhere = {one.md5 for split in predictions.values() for one in split.examples}
    seen = dict[str, int]()
    for line, row in rows:
        first = seen.setdefault(row.md5, line)
        misfit = errors.misfit(row.label, row.prediction)
        if first != line:
            problem = f"line {first} is about the same example; make one of the two"
        elif row.now not in (WRONG, RIGHT, GONE):
            problem = f"`now` says {shown(row.now)} instead of {WRONG}, {RIGHT} or {GONE}"
        elif row.now == GONE or not row.causes() or (row.md5 not in here and gone):
            continue
        elif row.md5 not in anywhere:
            problem = (
                f"no example has the content {shown(row.md5)}; put the hash right, or let "
                "`samebits errors --gone` mark examples that are not there any more"
            )
        elif row.md5 not in here:
            continue
        elif misfit:
            problem = misfit
        else:
            continue
        yield f"{name}, line {line}: {problem}."


def refreshed(
    rows: Sequence[Row],
    dev: Predictions,
    errors: Errors[Any],
    metric: Metric,
    most: int = MOST_LISTED,
) -> list[Row]:
    """Return the rows for the mistakes of now, what costs most first; then the other tagged ones.

    Every row that has tags is kept, with its tags as they were written.
    """
    tagged = {row.md5: row for row in rows if row.causes()}
    mistakes = errors.ordered(metric, dev)
    wrong = list(dict.fromkeys(dev.examples[row].md5 for row in mistakes))
    listed = [md5 for place, md5 in enumerate(wrong) if place < most or md5 in tagged]
    at = {one.md5: row for row, one in enumerate(dev.examples)}
    # Of copies with other labels, the costliest mistake is shown.
    at |= {dev.examples[row].md5: row for row in reversed(mistakes)}
    mistaken = set(wrong)
    others = sorted((one for one in tagged.values() if one.md5 not in mistaken), key=_place)
    right = [one.md5 for one in others if one.md5 in at]
    left = [replace(one, now=GONE) for one in others if one.md5 not in at]
    tags = {md5: row.tags for md5, row in tagged.items()}
    return [
        *(_row(dev, errors, at[md5], WRONG, tags.get(md5, "")) for md5 in listed),
        *(_row(dev, errors, at[md5], RIGHT, tags[md5]) for md5 in right),
        *left,
    ]


def _place(row: Row) -> tuple[str, str]:
    return row.path, row.md5


def _row(dev: Predictions, errors: Errors[Any], at: int, now: str, tags: str) -> Row:
    one = dev.examples[at]
    return Row(one.md5, one.path, *errors.said(dev, at), now, tags)
