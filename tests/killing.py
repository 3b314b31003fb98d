"""Kills training from within, at a point that the environment names exactly.

It becomes the engine's __init__.py, on which no stage depends: so it is in every process of a run,
whoever starts it, and changes nothing that the outputs are made of. What kills:

    KILL_STEP and KILL_EVENTS   so many calls and returns after an optimizer step has begun
    KILL_CHECKPOINT             half of the bytes of this checkpoint are written, counted from 1
    KILL_RANK                   of several processes, only this one looks; 0 where it is not set
    KILL_ALL                    where it is set, the whole process group goes down
"""

import importlib
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any


def die() -> None:
    """End without a chance to clean up."""
    if "KILL_ALL" in os.environ:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def kill_after(events: int) -> None:
    """Kill after so many calls and returns of Python and C functions."""
    left = events

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            die()

    sys.setprofile(count)


def kill_in_step(wanted: int, events: int) -> None:
    """Kill some events after optimizer step `wanted` of this process has begun, counted from 0."""
    optimizer = importlib.import_module("torch.optim.optimizer")
    step = -1

    def begun(*_: object) -> None:
        nonlocal step
        step += 1
        if step == wanted:
            kill_after(events)

    optimizer.register_optimizer_step_pre_hook(begun)


class Half(io.FileIO):
    """A file that is killed in the middle of a write."""

    def write(self, content: Any) -> int:
        super().write(content[: len(content) // 2])
        die()
        return 0


def kill_in_checkpoint(wanted: int) -> None:
    """Kill in the middle of writing checkpoint `wanted` of this process, counted from 1."""
    make, open_ = tempfile.mkstemp, os.fdopen
    handles: list[int] = []

    def mkstemp(*arguments: Any, **kwargs: Any) -> tuple[int, str]:
        handle, name = make(*arguments, **kwargs)
        if ".ckpt" in name:
            handles.append(handle)
        return handle, name

    def fdopen(handle: int, *arguments: Any, **kwargs: Any) -> Any:
        if len(handles) == wanted and handle == handles[-1]:
            return Half(handle, "wb")
        return open_(handle, *arguments, **kwargs)

    tempfile.mkstemp, os.fdopen = mkstemp, fdopen  # type: ignore[assignment]


def arm(choose: Callable[..., Any]) -> Callable[..., Any]:
    """Calls determinism.choose, then sets the trap, which imports torch."""

    def applied(*arguments: Any, **kwargs: Any) -> Any:
        result = choose(*arguments, **kwargs)
        if "KILL_STEP" in os.environ:
            kill_in_step(int(os.environ["KILL_STEP"]), int(os.environ["KILL_EVENTS"]))
        if "KILL_CHECKPOINT" in os.environ:
            kill_in_checkpoint(int(os.environ["KILL_CHECKPOINT"]))
        return result

    return applied


armed = "KILL_STEP" in os.environ or "KILL_CHECKPOINT" in os.environ
if armed and os.environ.get("RANK", "0") == os.environ.get("KILL_RANK", "0"):
    determinism = importlib.import_module("samebits.core.determinism")
    determinism.choose = arm(determinism.choose)  # type: ignore[attr-defined]
