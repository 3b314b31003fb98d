"""Commands for people that are not stages: each reads its arguments and calls the library."""

from ..reproducibility import determinism

# Before a command imports NumPy, so that it computes what it would on any other machine.
determinism.choose("portable", 1)
