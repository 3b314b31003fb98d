"""Where and when a stage ran: what may differ between machines, kept beside the tracked outputs.

Neither Git nor DVC tracks these files, for they would change every time.
"""

import importlib.metadata
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .artifacts import write_json
from .determinism import INHERITED, environment

FOLDER = Path("provenance")


@contextmanager
def recorded(stage: str, **details: Any) -> Iterator[dict[str, Any]]:
    """Write provenance/<stage>.json when the block ends well; it may add to what is yielded."""
    started = datetime.now(UTC)  # audit: a record of when, outside the tracked outputs
    clock = time.perf_counter()  # audit: a record of how long, outside the tracked outputs
    yield details
    seconds = time.perf_counter() - clock  # audit: a record of how long
    write_json(
        FOLDER / f"{stage}.json",
        {
            "stage": stage,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "git": _git(),
            "machine": machine(),
            "environment": _environment(),
        }
        | details,
    )


def machine() -> dict[str, Any]:
    """Describe the hardware and the software below the project's own."""
    return {
        "system": platform.platform(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"),
    }


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _environment() -> Mapping[str, str]:
    names = {*environment("portable", 1), *INHERITED}
    return {name: os.environ[name] for name in sorted(names) if name in os.environ}


def _git() -> dict[str, Any]:
    try:
        commit = _output("git", "rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_output("git", "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "changed": None}


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
