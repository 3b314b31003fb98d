"""Progress of long work: a bar at a terminal, a line now and then in a log."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from tqdm import tqdm

SECONDS = 30.0  # between two lines; shorter work prints nothing
LINE = "{desc}: {n_fmt} of {total_fmt}{unit}{postfix}, {rate_fmt}, {remaining} left"


def progress(rows: Iterable[Any] | None = None, **options: Any) -> "tqdm[Any]":
    """Return tqdm's bar over `rows`, or one to update by hand, with tqdm's `options`."""
    if sys.stderr.isatty():
        return tqdm(rows, **options)
    often = {"mininterval": SECONDS, "delay": SECONDS, "miniters": 1, "bar_format": LINE}
    kind: Any = _LogLines
    lines: tqdm[Any] = kind(rows, **often | options)
    return lines


class _LogLines(tqdm):  # type: ignore[type-arg]
    """Writes each state on a line of its own."""

    monitor_interval = 0  # no thread

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        def show(text: str) -> None:
            file.write(f"{text}\n")
            file.flush()

        return show

    def close(self) -> None:
        self.last_print_t = 0.0  # as if nothing was shown, since no line needs to be cleared
        super().close()
