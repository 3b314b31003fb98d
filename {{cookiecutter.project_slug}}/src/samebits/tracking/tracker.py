"""A training's values for a tracker, which can neither change nor stop the training.

The tracker runs in a process and an environment of its own, and gets lines through a pipe that this
side never waits for. What it does not take in time is dropped, and a sentence says so, once.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

FOLDER = ".trackers"  # beside .venv, so that copies of the project for experiments share it
END_SECONDS = 20.0  # in which a tracker must have taken everything and have ended
MOST_BYTES = 2**20  # that may wait for it
LATER = 0.02  # seconds between two looks at a tracker that ends
PROGRAM = Path(__file__).with_name("adapters.py")
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
# A tracker keeps what it gets on this machine, and reports to nobody.
OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_ERROR_REPORTING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
}
STEERING = ("WANDB_", "MLFLOW_", "PYTHON")  # beginnings of variables that it does not see


def home(name: str) -> Path:
    """Return the folder of a tracker: its environment `.venv`, and all that it keeps."""
    return Path(sys.prefix).parent / FOLDER / name


class Tracker:
    """Hands a training's values to a tracker; every failure is one sentence, never an error.

    Args:
        name: `runtime.tracker`; "none" is no tracker.
        run: the name of the run, the same when it is resumed.
        params: what the run is made of, by section.
        say: says a sentence to the user.
    """

    def __init__(
        self, name: str, run: str, params: Mapping[str, Any], say: Callable[[str], None]
    ) -> None:
        self._name, self._say = name, say
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting = b""
        self._home = home(name)
        if name != "none":
            self._guarded(lambda: self._start(run, params))

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Hand over what was measured after a step."""
        self._guarded(lambda: self._put({"step": step, "values": {**values}}))

    def end(self) -> None:
        """Let the tracker end; wait for it, but not long."""
        self._guarded(self._finish)

    def __enter__(self) -> "Tracker":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do something with the tracker; if it fails, say so and go on without one."""
        try:
            act()
        except _Failed as failed:
            self._drop(str(failed))
        except Exception as error:  # whatever it is, the training is worth more
            self._drop(f"failed ({type(error).__name__}: {error})")
        except BaseException:  # Ctrl-C while it ends
            self._kill()
            raise

    def _start(self, run: str, params: Mapping[str, Any]) -> None:
        python = self._home / ".venv" / PYTHON
        if not python.exists():
            raise _Failed(
                "is not installed; run "
                f"'sh scripts/venv python -I scripts/setup.py --tracker {self._name}'"
            )
        flat = {f"{name}.{key}": keys[key] for name, keys in params.items() for key in keys}
        given = (self._name, str(self._home), run, json.dumps(flat))
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [str(python), "-I", str(PROGRAM), *given],
                stdin=subprocess.PIPE,
                bufsize=0,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the training
            )
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        self._process = process

    @property
    def _log(self) -> Path:
        return self._home / "log.txt"

    def _put(self, message: Mapping[str, Any]) -> None:
        if self._process is None:
            return
        self._waiting += json.dumps(message).encode() + b"\n"
        self._send()
        if len(self._waiting) > MOST_BYTES:
            raise _Failed("does not take its values")

    def _send(self) -> None:
        """Send as much of what waits as the tracker's pipe has room for."""
        process = self._process
        assert process is not None and process.stdin is not None
        if process.poll() is not None:
            raise _Failed(f"ended early ({self._reason()})")
        try:
            sent = os.write(process.stdin.fileno(), self._waiting)
        except BlockingIOError:
            return
        except BrokenPipeError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)  # so that its reason is written
            raise _Failed(f"ended early ({self._reason()})") from None
        self._waiting = self._waiting[sent:]

    def _finish(self) -> None:
        self._put({})
        process, until = self._process, monotonic() + END_SECONDS
        if process is None:
            return
        while self._waiting and monotonic() < until:
            self._send()
            sleep(LATER)
        _close(process)
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(max(0.0, until - monotonic()))
            self._process = None
            if status:
                raise _Failed(f"ended with an error ({self._reason()})")
            return
        raise _Failed(f"did not end within {END_SECONDS:.0f} seconds")

    def _reason(self) -> str:
        """The last line that the tracker wrote."""
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return f"{lines[-1].strip()[:200]}; more in {self._log}" if lines else "it does not say why"

    def _drop(self, fault: str) -> None:
        self._kill()
        self._say(f"runtime.tracker: {self._name} {fault}; training goes on without it.")

    def _kill(self) -> None:
        """End the tracker and all that it has started."""
        process, self._process, self._waiting = self._process, None, b""
        if process is None:
            return
        _close(process)
        if process.poll() is not None:
            return
        with suppress(OSError, subprocess.TimeoutExpired):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(1.0)


class _Failed(Exception):
    """The tracker failed; the message goes on from its name."""


def _close(process: "subprocess.Popen[bytes]") -> None:
    """Let the tracker read the end of its lines."""
    if process.stdin is not None:
        process.stdin.close()


def _environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(STEERING)}
    return kept | OFFLINE
