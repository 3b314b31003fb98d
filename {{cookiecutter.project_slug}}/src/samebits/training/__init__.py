"""The training loop and what it needs: optimizer, checkpoints, processes."""

from ..core.sections import Optimization, Regularization
from ..data.loader import Batch
from .augmentation import warp, warp_pair
from .losses import cross_entropy
from .optimizer import cosine

__all__ = [
    "Batch",
    "Optimization",
    "Regularization",
    "cosine",
    "cross_entropy",
    "warp",
    "warp_pair",
]
