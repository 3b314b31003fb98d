"""What the page says of the answers of one target alone."""

from typing import NamedTuple


class Parts(NamedTuple):
    """Sections on what was said on test, and the table of the section on the data."""

    answers: list[str]
    data: str
