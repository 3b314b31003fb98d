"""Records of what a run was and where it ran: everything besides the outputs that may differ.

provenance/here/<stage>.json is the latest run on this machine. provenance/<stage>.json is the run
that made the committed bits; Git keeps it, so it names no user, host or folder. A run of the same
code, data and params that gives the same bits leaves it unchanged.
"""

import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch  # audit: to name its version and the device, after the computation

from ..core.determinism import INHERITED, environment
from ..core.files import read_json, write_json
from ..core.seals import hash_of
from ..programs import NoRepository, git, git_says

MADE, HERE = Path("provenance"), Path("provenance/here")
# Other variables that affect numbers, order or text; none of them is secret or personal.
WATCHED = (
    "CUDA_VISIBLE_DEVICES",
    "GLIBC_TUNABLES",
    "KMP_AFFINITY",
    "LANG",
    "LC_ALL",
    "MKL_DYNAMIC",
    "MKL_THREADING_LAYER",
    "OMP_DYNAMIC",
    "OMP_PROC_BIND",
    "OMP_SCHEDULE",
    "TZ",
)


@contextmanager
def recorded(stage: str, outputs: Sequence[Path], **details: Any) -> Iterator[None]:
    """Write the record of `stage` if the block, which makes `outputs`, succeeds.

    Args:
        stage: a stage of dvc.yaml.
        outputs: the files that the block writes, relative to the project.
        details: what else to record, such as the identity of the run.

    Raises:
        UserError: Git refuses to read the repository.
    """
    started = datetime.now(UTC)  # audit: a record of when, outside the tracked outputs
    clock = time.perf_counter()  # audit: a record of how long, outside the tracked outputs
    commit = _git()
    yield
    seconds = time.perf_counter() - clock  # audit: a record of how long
    made = {path.as_posix(): hash_of(path) for path in outputs}
    record = {
        "stage": stage,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "git": commit,
        "outputs": made,
        "machine": machine(),
        "environment": _environment(),
    } | details
    write_json(HERE / f"{stage}.json", record)
    if any(_made(stage).get(name) != record.get(name) for name in ("outputs", "identity")):
        write_json(MADE / f"{stage}.json", record)


def machine() -> dict[str, Any]:
    """Describe the hardware and the system's software; memory is in GiB.

    What this machine does not report is None.
    """
    listed = _nvidia_smi() if torch.version.cuda else []
    return {
        "processor": _processor(),
        "flags": _flags(),
        "processors": os.cpu_count(),
        "memory": _memory(),
        "gpus": _gpus(listed),
        "driver": listed[0][3] if listed else None,
        "architecture": platform.machine(),
        "system": platform.system(),
        "distribution": _distribution(),
        "kernel": platform.release().partition("-")[0],
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "torch": str(torch.__version__),
        "torch_parts": _parts(torch.__config__.show()),
        "threads": torch.get_num_threads(),
    }


def _parts(shown: str) -> list[str]:
    # MKL, oneDNN, OpenMP, CUDA and the kernels in use; compiler settings add nothing.
    lines = [line.removeprefix("  - ") for line in shown.splitlines() if line.startswith("  - ")]
    return [line for line in lines if not line.startswith("Build settings")]


def _processor() -> str | None:
    return _cpuinfo("model name") or platform.processor() or None


def _flags() -> str | None:
    flags = _cpuinfo("flags") or _cpuinfo("Features")
    return flags and " ".join(sorted(flags.split()))


def _cpuinfo(name: str) -> str | None:
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    rows = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for key, _, value in rows if key.strip() == name), None)


def _memory() -> float | None:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not available on Windows
        return None
    return round(size / 2**30, 1)


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()


def _gpus(listed: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    # Asking CUDA would initialise it, which costs a run without a GPU time and memory.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        devices = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
        return [
            _gpu(device.name, f"{device.major}.{device.minor}", device.total_memory)
            for device in devices
        ]
    return [_gpu(row[0], row[1], int(row[2]) * 2**20) for row in listed]


def _gpu(name: str, capability: str, size: int) -> dict[str, Any]:
    return {"name": name, "capability": capability, "memory": round(size / 2**30)}


def _nvidia_smi() -> list[list[str]]:
    """Name, compute capability, memory in MiB and driver of each GPU; [] if there is none."""
    query = "--query-gpu=name,compute_cap,memory.total,driver_version"
    try:
        shown = _output("nvidia-smi", query, "--format=csv,noheader,nounits")
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in shown.splitlines()]
    return [row for row in rows if len(row) == 4 and row[2].isdigit()]


def _environment() -> Mapping[str, str]:
    names = {*environment("portable", 1), *INHERITED, *WATCHED}
    return {name: os.environ[name] for name in sorted(names) if name in os.environ}


def _git() -> dict[str, Any]:
    """The commit, and whether this project's folder has changed since; None without a commit."""
    try:
        commit = git("rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()
    except NoRepository:
        commit = ""
    if not commit:
        return {"commit": None, "changed": None}
    return {"commit": commit, "changed": bool(git_says("status", "--porcelain", "--", "."))}


def _output(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def _made(stage: str) -> dict[str, Any]:
    try:
        record = read_json((MADE / f"{stage}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
