"""Predictions made up for the tests of the diagnosis."""

from predicted import made as made
