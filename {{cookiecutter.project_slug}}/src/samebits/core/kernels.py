"""torch's own switches, and what it refuses with them; see determinism.py for the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..console.errors import UserError

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


def configure(level: str, threads: int, device: str) -> None:
    """Set torch's own switches.

    Raises:
        UserError: this machine has no such device.
    """
    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("reproducibility.device is cuda, but torch finds no CUDA device here.")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UserError("reproducibility.device is mps, but torch finds no Metal device here.")
    deterministic = level != "off"
    # Sets the same switch as use_deterministic_algorithms, which would import the compiler, for
    # seconds; the compiler reads TORCHINDUCTOR_DETERMINISTIC instead.
    torch.set_deterministic_debug_mode("error" if deterministic else "default")
    # Filling fresh memory costs time and hides nothing in a correct program; the tests turn it on.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.mkldnn.set_flags(_deterministic=deterministic)  # type: ignore[no-untyped-call]
    # TF32 rounds the inputs of a product to 10 bits, on some GPUs and not on others.
    torch.backends.cuda.matmul.allow_tf32 = not deterministic
    torch.backends.cudnn.allow_tf32 = not deterministic


@contextmanager
def refusing() -> Iterator[None]:
    """Turn torch's error about an operator without a deterministic form into a `UserError`."""
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
