"""One number to decide by, and the figures that explain it."""

# The built-in metrics: imported here, so that they come before yours in the table.
from . import class_metrics as class_metrics
from . import class_set_metrics as class_set_metrics
from . import mask_metrics as mask_metrics
from . import number_metrics as number_metrics
from .registry import Metric, Scored, ScoredMasks, ScoredNumbers, ScoredSets, mean_of, number_of

__all__ = [
    "Metric",
    "Scored",
    "ScoredMasks",
    "ScoredNumbers",
    "ScoredSets",
    "mean_of",
    "number_of",
]
