"""One file for each stage of dvc.yaml: read its sections, call the library, write its outputs."""

from ..reproducibility import determinism

# Before a stage imports NumPy; one that computes with torch calls `apply`, which says it again.
determinism.choose("portable", 1)
