"""The parts of the page that depend on the target."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from markupsafe import Markup

from ..metrics.predictions import Predictions
from .inputs import Inputs
from .markup import render

P = TypeVar("P", bound=Predictions)


class Parts(NamedTuple):
    """Sections on the predictions on test, and the table of the section on the data."""

    answers: list[Markup]
    data: Markup


def splits_of(inputs: Inputs, kind: type[P]) -> dict[str, P]:
    """Return the predictions of each data set, as this type."""
    return {name: known for name, known in inputs.predictions.items() if isinstance(known, kind)}


def counts_table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, total: bool = True
) -> Markup:
    """Return a table whose last row, if there is a `total`, sums up the others."""
    return render("counts.html", caption=caption, header=header, rows=rows, total=total)
