"""A run that is interrupted finishes its step and leaves a checkpoint to resume from."""

import signal
import threading
from types import FrameType
from typing import Any


class Stop:
    """Whether Ctrl-C or SIGTERM came since the block began; a second one interrupts at once.

    With several processes rank 0 handles the signal, and the others end with rank 0.
    """

    def __init__(self, rank: int) -> None:
        self.asked = False
        self._answer = signal.SIG_IGN if rank else self._note
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        if threading.current_thread() is threading.main_thread():  # only it may set handlers
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._answer)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for number, answer in self._before.items():
            signal.signal(number, answer)
        # A loader worker ended first, perhaps in the middle of a message.
        if self.asked and kind and issubclass(kind, (RuntimeError, ConnectionError, EOFError)):
            raise KeyboardInterrupt from None

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
