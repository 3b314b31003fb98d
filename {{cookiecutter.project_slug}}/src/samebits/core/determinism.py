"""Everything that must be set for two runs to give the same bits, in one place.

The processor decides which kernels the mathematics libraries choose, and kernels differ in their
last bits. These libraries read the environment once, when they are first imported. So the launcher
calls `choose` before it imports anything else, and what uses torch calls `configure`.
"""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..console.errors import UserError

NUMPY = "NPY_DISABLE_CPU_FEATURES"
# The newest kernels that every x86-64 processor since about 2015 has. MKL's COMPATIBLE mode is the
# only one that gives the same bits on processors of different vendors.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
}
# All that NumPy has kernels for above AVX2: there its exp, log and power have other last bits. None
# implies another. NumPy complains of names that it has no kernels for, as on other machines.
if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
    PORTABLE[NUMPY] = "X86_V4 AVX512_ICL AVX512_SPR"
# What a shell may carry and a run must not inherit.
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

# What to use instead of operators that have no deterministic form on a GPU.
REPLACEMENTS = {
    "adaptive_avg_pool": "mean over the last two dimensions, or nn.AvgPool2d of a fixed size",
    "adaptive_max_pool": "amax over the last two dimensions, or nn.MaxPool2d of a fixed size",
    "avg_pool3d": "a strided nn.Conv3d",
    "bincount": "a one-hot sum",
    "ctc_loss": "the CPU for the loss",
    "cumsum": "a product with a triangular matrix of ones",
    "embedding_bag": "nn.Embedding and a sum or mean",
    "fractional_max_pool": "nn.MaxPool2d",
    "grid_sampl": "sampling with gather, as training/augmentation.py does",
    "histc": "torch.bucketize and a one-hot sum",
    "max_unpool": "nn.ConvTranspose2d",
    "median": "a sort and its middle",
    "nll_loss2d": "cross entropy over flattened pixels",
    "put_": "index_put_ with accumulate=False",
    "reflection_pad": "nn.ZeroPad2d, or torch.cat of flipped borders",
    "replication_pad": "nn.ZeroPad2d, or torch.cat of repeated borders",
    "scatter": "a one-hot product, or index_add_",
    "upsample": "nearest up-sampling with repeat_interleave, or nn.ConvTranspose2d",
}


def environment(level: str, threads: int) -> dict[str, str]:
    """Return the variables that `level` asks for, with `threads` threads for each process."""
    libraries = ("OMP", "MKL", "OPENBLAS")
    shared = {f"{library}_NUM_THREADS": str(threads) for library in libraries}
    # cuBLAS picks among several workspaces unless it is given a fixed one.
    fixed = {} if level == "off" else {CUBLAS: ":4096:8", COMPILER: "1"}
    return shared | fixed | (PORTABLE if level == "portable" else {})


# Every variable that is set or taken away here, and what the shell said of them.
NAMES = frozenset({*environment("portable", 1), *INHERITED})
SHELL = {name: os.environ[name] for name in sorted(NAMES) if name in os.environ}


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
                f"{library} is imported before determinism.choose was called, so its kernels are "
                "already chosen; move that import below the call."
            )
    wanted = environment(level, threads)
    for name in sorted(NAMES - wanted.keys()):
        os.environ.pop(name, None)
    os.environ.update(wanted)


def overridden() -> dict[str, str]:
    """Return the variables of the shell that count for nothing here, with what they said."""
    return {name: text for name, text in SHELL.items() if text != os.environ.get(name)}


@contextmanager
def refusing() -> Iterator[None]:
    """Turn torch's complaint of an operator without a deterministic form into a `UserError`."""
    try:
        yield
    except RuntimeError as error:
        operator, refused, _ = str(error).partition(" does not have a deterministic implementation")
        if not refused:
            raise
        ways = [way for part, way in REPLACEMENTS.items() if part in operator]
        instead = f"use {ways[0]}" if ways else "use other operators"
        raise UserError(
            f"{operator} of the network has no deterministic form on this device; {instead}, or "
            "set reproducibility.level to off, which promises nothing."
        ) from None


def configure(level: str, threads: int, device: str) -> None:
    """Set torch's own switches.

    Raises:
        UserError: this machine has no such device.
    """
    import torch  # audit: most of what is launched needs none

    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("reproducibility.device is cuda, but torch finds no CUDA device here.")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UserError("reproducibility.device is mps, but torch finds no Metal device here.")
    deterministic = level != "off"
    # The same switch as use_deterministic_algorithms, which would import the compiler for seconds;
    # the compiler reads TORCHINDUCTOR_DETERMINISTIC instead.
    torch.set_deterministic_debug_mode("error" if deterministic else "default")
    # Filling fresh memory costs time and hides nothing in a correct program; the tests turn it on.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.mkldnn.set_flags(_deterministic=deterministic)  # type: ignore[no-untyped-call]
    # TF32 rounds the inputs of a product to 10 bits, on some GPUs and not on others.
    torch.backends.cuda.matmul.allow_tf32 = not deterministic
    torch.backends.cudnn.allow_tf32 = not deterministic
