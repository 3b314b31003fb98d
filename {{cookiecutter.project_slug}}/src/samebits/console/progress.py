"""Progress of long work: a bar at a terminal, a line now and then in a log."""

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

from tqdm import tqdm

SECONDS = 30.0  # between two lines; shorter work prints nothing
# Between two states of a training: at a terminal, and in a log at first and at most.
TERMINAL_SECONDS, LOG_SECONDS, MOST_SECONDS = 0.2, 10.0, 600.0
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


class TrainingLine:
    """Says how far a training is: a line that updates at a terminal; in a log one now and then.

    Those of a log come after ten seconds, and later every twentieth of the time so far, so that a
    long training never writes thousands. Both end with a line that stays.
    """

    def __init__(self, steps: int, done: int, *, quiet: bool = False) -> None:
        """Begin.

        Args:
            steps: of the whole training.
            done: those of them that a run before this one made.
            quiet: whether another process says it.
        """
        self._steps, self._done, self._quiet = steps, done, quiet
        self._terminal = sys.stderr.isatty()
        self._started = self._shown = monotonic()
        self._open = False  # whether the cursor stands in the line

    def due(self) -> bool:
        """Whether it is time for `show`, whose words may be slow to know."""
        wait = min(max(LOG_SECONDS, (monotonic() - self._started) / 20), MOST_SECONDS)
        waited = monotonic() - self._shown
        return not self._quiet and waited >= (TERMINAL_SECONDS if self._terminal else wait)

    def show(self, step: int, words: Sequence[str]) -> None:
        """Show how far it is, with `words` such as "epoch 2 of 9" and "loss 0.52"."""
        self._shown = monotonic()
        speed = (step - self._done) / max(self._shown - self._started, 1e-9)
        left = _clock((self._steps - step) / speed) if speed else "?"
        self._write([*words[:1], f"{left} left", *words[1:], f"{speed:.3g} steps/s"])

    def end(self, step: int, words: Sequence[str]) -> None:
        """Show the last state, which stays."""
        if not self._quiet:
            took = _clock(monotonic() - self._started)
            self._write([*words, f"{step - self._done} steps in {took}"])
        self.close()

    def close(self) -> None:
        """Let what others write begin on a line of its own."""
        if self._open:
            sys.stderr.write("\n")
        self._open = False

    def say(self, sentence: str) -> None:
        """Write a sentence on a line of its own."""
        self.close()
        sys.stderr.write(f"{sentence}\n")

    def __enter__(self) -> "TrainingLine":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:  # otherwise the last state takes the place of the one before
            self.close()

    def _write(self, words: Sequence[str]) -> None:
        text = f"train: {', '.join(words)}"
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r{text[:width]:<{width}}")
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
        self._open = self._terminal


def _clock(seconds: float) -> str:
    """Return a time as 00:09, or 1:00:09 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
