"""The variables that must be set for two runs to give the same bits, before any import.

The mathematics libraries choose kernels by the processor, and kernels differ in their last bits.
These libraries read the environment once, when they are first imported. So the launcher
calls `choose` before it imports anything else; what uses torch then calls `kernels.configure`.
"""

import os
import platform
import sys

from ..console.errors import UserError

NUMPY = "NPY_DISABLE_CPU_FEATURES"
# The newest kernels that every x86-64 processor since about 2015 supports. MKL's COMPATIBLE mode is
# the only one that gives the same bits on processors of different vendors.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
}
# Everything above AVX2 for which NumPy has kernels: there its exp, log and power have other last
# bits. None implies another. NumPy warns about names for which it has no kernels, as on other
# machines.
if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
    PORTABLE[NUMPY] = "X86_V4 AVX512_ICL AVX512_SPR"
# Variables that a shell may set and a run must not inherit.
INHERITED = (
    *PORTABLE,
    "DNNL_DEFAULT_FPMATH_MODE",
    "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    NUMPY,
    "NPY_ENABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
COMPILER = "TORCHINDUCTOR_DETERMINISTIC"


def environment(level: str, threads: int) -> dict[str, str]:
    """Return the variables that `level` needs, with `threads` threads per process."""
    libraries = ("OMP", "MKL", "OPENBLAS")
    shared = {f"{library}_NUM_THREADS": str(threads) for library in libraries}
    # cuBLAS picks among several workspaces unless it is given a fixed one.
    fixed = {} if level == "off" else {CUBLAS: ":4096:8", COMPILER: "1"}
    return shared | fixed | (PORTABLE if level == "portable" else {})


# Every variable that is set or removed here, and its value in the shell.
NAMES = frozenset({*environment("portable", 1), *INHERITED})
SHELL = {name: os.environ[name] for name in sorted(NAMES) if name in os.environ}
# What was chosen, before anything that reads it was imported.
_chosen: list[dict[str, str]] = []


def of_shell() -> dict[str, str]:
    """Return the environment as the shell gave it, for programs that choose kernels themselves."""
    return {name: text for name, text in os.environ.items() if name not in NAMES} | SHELL


def choose(level: str, threads: int) -> None:
    """Set the environment.

    Raises:
        UserError: torch or NumPy is already imported, so it is too late to choose kernels.
    """
    for library in ("torch", "numpy"):
        if library in sys.modules:
            raise UserError(
                f"{library} was imported before determinism.choose was called, so its kernels are "
                "already chosen; move that import below the call."
            )
    wanted = environment(level, threads)
    for name in sorted(NAMES - wanted.keys()):
        os.environ.pop(name, None)
    os.environ.update(wanted)
    _chosen.append(wanted)


def check(level: str, threads: int) -> None:
    """Refuse to continue with other kernels than these.

    Raises:
        UserError: `choose` was not called first, or with other arguments, or its settings were
            changed.
    """
    wanted = environment(level, threads)
    now = {name: os.environ[name] for name in sorted(NAMES) if name in os.environ}
    if _chosen[-1:] != [wanted] or now != wanted:
        differing = sorted(name for name in NAMES if now.get(name) != wanted.get(name))
        named = f" ({', '.join(differing[:3])})" if differing else ""
        raise UserError(
            f"the environment{named} does not match level {level} with {threads} thread(s), so "
            "other kernels may have been used; start the stage with 'samebits run', which sets it, "
            "or call determinism.choose before any import."
        )


def overridden() -> dict[str, str]:
    """Return the shell's variables that are overridden here, with their values."""
    return {name: text for name, text in SHELL.items() if text != os.environ.get(name)}
