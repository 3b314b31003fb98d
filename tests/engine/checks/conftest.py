"""Shared by the tests of validation: examples without a finding, and a quick check of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import catalogues
import numpy as np
import pytest
from catalogues import decoder
from numpy.typing import NDArray

from samebits.checks.validation import Reviewed, validate
from samebits.data.decoder import Decoder
from samebits.data.findings import Table
from samebits.data.index import open_catalogue
from samebits.data.readers import FOLDERS, Reader

VERSION = "0123456789abcdef0123456789abcdef.dir"
DATA = replace(
    catalogues.DATA,
    train_dev_fraction=0.1,
    dev_fraction=0.25,
    test_fraction=0.25,  # of twelve examples of a class, some are in each split
    least_examples=3,
)


def trusting(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """A model that believes every label."""
    return np.eye(classes, dtype=np.float32)[labels] * 0.9 + 0.1 / classes


@pytest.fixture
def raw(tmp_path: Path, fill: Callable[..., Path]) -> Path:
    return fill(tmp_path / "raw", count=12)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., tuple[dict[str, Any], Table]]:
    """Validate a folder, with other thresholds, parts or readers: check(raw, imbalance=2.0)."""
    names = ("corrections.csv", "accepted.csv", "reference.json")
    reviewed = Reviewed(*(tmp_path / name for name in names))

    def run(
        raw: Path,
        out_of_fold: Any = trusting,
        size: int = 8,
        wrapped: Callable[[Decoder], Decoder] = lambda decoder: decoder,
        target: str = "class",
        reader: Reader = FOLDERS,
        **changes: Any,
    ) -> tuple[dict[str, Any], Table]:
        data = replace(DATA, **changes)
        given = wrapped(decoder(data, size=size))
        with open_catalogue(raw.with_name("decoded"), given, reader) as catalogue:
            return validate(catalogue, raw, data, VERSION, out_of_fold, reviewed, target=target)

    return run
