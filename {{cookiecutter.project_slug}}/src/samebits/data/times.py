"""When an example was taken: from the text of a cell to a number that can be ordered."""

import re
from datetime import UTC, datetime

from .findings import shown

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Reads the times of a table, which must be of one kind to be compared.

    A time is a number, or an ISO 8601 date with an optional time of day (as Python's
    `fromisoformat` reads it). Dates with an offset from UTC and those without are different kinds.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._kind = self._first = ""

    def __call__(self, text: str) -> float:
        """Return the number, or the seconds of a date since 1970.

        Raises:
            ValueError: it is not a time, or of another kind than the first; the message follows
                the words "the row".
        """
        kind, time = self._read(text)
        if not self._kind:
            self._kind, self._first = kind, text
        if kind != self._kind:
            raise ValueError(
                f"has {kind} as {shown(self._name)}, {shown(text)}, but others are like "
                f"{shown(self._first)}; write all alike"
            )
        return time

    def _read(self, text: str) -> tuple[str, float]:
        if not text:
            raise ValueError(f"has no {shown(self._name)}; fill it in, or remove the line")
        if NUMBER.fullmatch(text) and abs(float(text)) != float("inf"):
            return "a number", float(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"has {shown(text)} as {shown(self._name)}, which is neither a number nor a date "
                "such as 2026-11-30 or 2026-11-30T08:15"
            ) from None
        if moment.tzinfo:
            return "a date with an offset", (moment - EPOCH).total_seconds()
        return "a date", (moment.replace(tzinfo=UTC) - EPOCH).total_seconds()
