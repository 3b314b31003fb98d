"""Which labels are checked, and which are doubted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samebits.checks import label_sample
from samebits.data.findings import Table

Check = Callable[..., tuple[dict[str, Any], Table]]


def seeing(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """A model that tells the classes of the tests' examples by their brightness."""
    truth = (images.reshape(len(images), -1).mean(axis=1) // 70).astype(np.int64).clip(0, 2)
    sure = np.eye(classes, dtype=np.float32)[truth] * 0.9 + 0.1 / classes
    return np.asarray(sure, dtype=np.float32)


def doubted(check: Check, raw: Path, **settings: Any) -> list[str]:
    summary, _ = check(raw, out_of_fold=seeing, **settings)
    return [
        finding["paths"][0] for finding in summary["findings"] if finding["rule"] == "label-error"
    ]


def test_wrong_labels_are_doubted(raw: Path, check: Check) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")
    (raw / "circle/003.png").rename(raw / "square/wrong.png")
    assert sorted(doubted(check, raw)) == ["circle/wrong.png", "square/wrong.png"]


@pytest.mark.parametrize(("least", "count"), [(0.9, 1), (0.95, 0)])
def test_the_model_must_be_sure(raw: Path, check: Check, least: float, count: int) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")
    assert len(doubted(check, raw, label_error=least)) == count


def test_no_more_are_looked_at_than_allowed(
    raw: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(raw)[0]["labels_examined"] == 36
    assert check(raw, label_error_examples=20)[0]["labels_examined"] == 20
    assert check(raw, label_error_examples=0)[0]["labels_examined"] == 0
    monkeypatch.setattr(label_sample, "MOST_PROBABILITIES", 30)
    assert check(raw)[0]["labels_examined"] == 10


def test_one_of_several_copies_is_looked_at(raw: Path, check: Check) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")
    (raw / "circle/again.png").write_bytes((raw / "circle/wrong.png").read_bytes())
    assert doubted(check, raw) == ["circle/again.png"]
