"""reports/error-analysis.csv: mistakes on dev, for people to tag with their causes.

A row is an example, identified by its content. `tags` are the causes, such as `blurry; cut off`,
written by people only; `samebits errors` updates the other cells. `now` is `wrong`, `right` for a
tagged example that is no longer a mistake, or `gone` for one that is no longer in dev.
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
from .errors_base import Errors
from .words import WORDS, Words

FILE = Path("reports/error-analysis.csv")
WRONG, RIGHT, GONE = "wrong", "right", "gone"
MOST_LISTED = 100  # mistakes without a tag: looking at so many shows what goes wrong


@dataclass(frozen=True, slots=True)
class TagRow:
    """A row of the file; the meaning of `detail` depends on the target."""

    md5: str
    path: str
    label: str
    prediction: str
    detail: str
    now: str
    tags: str

    def causes(self) -> list[str]:
        """Return the distinct tags, ignoring case and extra spaces."""
        names = (" ".join(tag.split()).casefold() for tag in self.tags.split(";"))
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
) -> list[TagRow]:
    """Return the rows of the file, none if it is missing.

    A row without tags holds nothing that a person wrote, so it may be about any example. One with
    tags may be about an example that has moved to another data set, as a new dev_fraction does.

    Args:
        path: the file.
        predictions: by data set; the rows are about the examples of `dev`.
        errors: what an answer is.
        gone: whether to accept tagged rows about examples that are in no data set.

    Raises:
        UserError: the file is not such a table, or a row does not fit the examples.
    """
    lines, unreadable = read_table(path, columns(errors))
    if unreadable and not _has_rows(path):
        return []
    rows = [(line, TagRow(cells[0].lower(), *cells[1:])) for line, cells in lines]
    problems = [*unreadable, *_misfits(rows, path.as_posix(), predictions, errors, gone)]
    if problems:
        more = f" ({len(problems) - 1} more like this)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}")
    return [row for _, row in rows]


def _has_rows(path: Path) -> bool:
    """Whether there is more than a header; another target's header alone may be overwritten."""
    empty = {",".join(_header(words)) for words in WORDS.values()}
    return path.read_bytes().decode("utf-8-sig", errors="replace").strip() not in empty


def _misfits(
    rows: Sequence[tuple[int, TagRow]],
    name: str,
    predictions: Mapping[str, Predictions],
    errors: Errors[Any],
    gone: bool,
) -> Iterator[str]:
    here = {example.md5 for example in predictions["dev"].examples}
    anywhere = {example.md5 for split in predictions.values() for example in split.examples}
    lines = dict[str, int]()
    for line, row in rows:
        first = lines.setdefault(row.md5, line)
        misfit = errors.misfit(row.label, row.prediction)
        if first != line:
            problem = f"line {first} is about the same example; merge the two lines"
        elif row.now not in (WRONG, RIGHT, GONE):
            problem = f"`now` says {shown(row.now)} instead of {WRONG}, {RIGHT} or {GONE}"
        elif row.now == GONE or not row.causes() or (row.md5 not in here and gone):
            continue
        elif row.md5 not in anywhere:
            problem = (
                f"no example has the content {shown(row.md5)}; correct the hash, or let "
                "`samebits errors --gone` mark examples that are gone"
            )
        elif row.md5 not in here:
            continue
        elif misfit:
            problem = misfit
        else:
            continue
        yield f"{name}, line {line}: {problem}."


def refreshed(
    rows: Sequence[TagRow],
    dev: Predictions,
    errors: Errors[Any],
    metric: Metric,
    most: int = MOST_LISTED,
) -> list[TagRow]:
    """Return rows for the current mistakes, the costliest first, then the other tagged rows.

    Every tagged row is kept, with its tags as written.
    """
    tagged = {row.md5: row for row in rows if row.causes()}
    mistakes = errors.ordered(metric, dev)
    wrong = list(dict.fromkeys(dev.examples[row].md5 for row in mistakes))
    listed = [md5 for place, md5 in enumerate(wrong) if place < most or md5 in tagged]
    at = {example.md5: row for row, example in enumerate(dev.examples)}
    # Of copies with different labels, show the costliest mistake.
    at |= {dev.examples[row].md5: row for row in reversed(mistakes)}
    mistaken = set(wrong)
    others = sorted((row for row in tagged.values() if row.md5 not in mistaken), key=_place)
    right = [row.md5 for row in others if row.md5 in at]
    left = [replace(row, now=GONE) for row in others if row.md5 not in at]
    tags = {md5: row.tags for md5, row in tagged.items()}
    return [
        *(_row(dev, errors, at[md5], WRONG, tags.get(md5, "")) for md5 in listed),
        *(_row(dev, errors, at[md5], RIGHT, tags[md5]) for md5 in right),
        *left,
    ]


def _place(row: TagRow) -> tuple[str, str]:
    return row.path, row.md5


def _row(dev: Predictions, errors: Errors[Any], at: int, now: str, tags: str) -> TagRow:
    example = dev.examples[at]
    return TagRow(example.md5, example.path, *errors.said(dev, at), now, tags)
