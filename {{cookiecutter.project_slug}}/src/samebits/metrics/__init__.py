"""One number to decide by, and the figures that explain it."""

from . import (
    class_metrics as class_metrics,  # so that the built-in metrics stand in the table before yours
)
from .registry import Metric, Scored, mean_of, number_of

__all__ = ["Metric", "Scored", "mean_of", "number_of"]
