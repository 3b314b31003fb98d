"""One number to decide by, and the figures that explain it."""

from .registry import Metric, Scored, mean_of, number_of

__all__ = ["Metric", "Scored", "mean_of", "number_of"]
