"""The target `mask`: a network learns the class of each pixel; an example keeps only counts.

A chunk of answers is counted before the next is computed, so memory does not grow with pixels.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..data.loader import Split
from ..data.shards import LazyArray
from .baselines import Said
from .pixel_regression import Pixels

CHUNK = 64  # masks in memory at once
LEAST = 1e-12  # smaller probabilities are raised to this

Masks = NDArray[Any] | LazyArray


@dataclass(frozen=True)
class MaskTarget:
    """Turns outputs [b, classes, h, w] into counts [n, 1 + 3 * classes], and scores them.

    The counts are the mean loss of a pixel, and for each class the true, predicted and right
    pixels.
    """

    outputs: int
    sides: tuple[int, int]
    figure = "dev_mean_iou"

    @property
    def form(self) -> tuple[int, ...]:
        """Return the shape of the output for an example."""
        return (self.outputs, *self.sides)

    @property
    def kept(self) -> int:
        """Return how many numbers are kept of an example."""
        return 1 + 3 * self.outputs

    def said(self, outputs: Tensor, truth: NDArray[np.uint8]) -> Tensor:
        """Return the counts of a chunk's examples; ignore those without a true mask."""
        given = outputs.cpu()
        # Always one shape: kernels are chosen by it, and differ in their last bits.
        blank = np.zeros((len(given), *self.sides), dtype=np.int64)
        blank[: len(truth)] = truth
        true = torch.from_numpy(blank)
        losses = functional.cross_entropy(given, true, reduction="none").mean(dim=(1, 2))
        return torch.cat([losses.unsqueeze(1), self._counts(true, given.argmax(dim=1))], dim=1)

    def _counts(self, true: Tensor, said: Tensor) -> Tensor:
        """Return float32 [b, 3 * classes], whole numbers."""
        names = range(self.outputs)
        parts = [[mask == name for name in names] for mask in (true, said)]
        parts.append([here & there for here, there in zip(*parts, strict=True)])
        counts = [part.sum(dim=(1, 2)) for each in parts for part in each]
        return torch.stack(counts, dim=1).float()

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the counts as float64."""
        return said.astype(np.float64)

    def judged(self, answers: NDArray[Any], labels: Any) -> tuple[float, float]:
        """Return the mean loss, and the mean IoU of the classes that are true or predicted."""
        loss = math.fsum(answers[:, 0].tolist()) / len(answers)
        true, said, right = answers[:, 1:].sum(axis=0).reshape(3, -1).tolist()
        either = [t + s - r for t, s, r in zip(true, said, right, strict=True)]
        parts = [r / whole for r, whole in zip(right, either, strict=True) if whole]
        return loss, math.fsum(parts) / max(len(parts), 1)

    def blind(self, labels: Any) -> float:
        """Return the entropy of the pixels' classes."""
        return -math.fsum(
            share * math.log(share) for share in self._shares(labels).tolist() if share
        )

    def cell(self, value: float) -> str:
        """Format a figure with six decimals."""
        return f"{value:.6f}"

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the counts of the simple models."""
        counts = {"commonest class everywhere": self._majority(train, others)}
        regression = Pixels.learnt(train)
        if regression is not None:
            counts[f"logistic regression on {regression.seen} of each pixel"] = {
                name: self._counted(split, partial(regression.logits, split, CHUNK))
                for name, split in others.items()
            }
        return counts

    def _majority(self, train: Split, others: Mapping[str, Split]) -> Said:
        shares = torch.from_numpy(self._shares(train.labels)).float().clamp(min=LEAST).log()
        whole = shares.view(1, -1, 1, 1).expand(CHUNK, *self.form)
        return {name: self._counted(split, lambda _: whole) for name, split in others.items()}

    def _counted(self, split: Split, logits: Callable[[int], Tensor]) -> NDArray[np.float64]:
        """Return the counts of `logits`, which gives [CHUNK, classes, h, w] from an example on."""
        parts = [
            self.said(logits(start), part)[: len(part)]
            for start, part in enumerate_chunks(split.labels)
        ]
        return self.answers(torch.cat(parts).numpy())

    def _shares(self, labels: Masks) -> NDArray[np.float64]:
        """Return the share of each class among all pixels."""
        counts = sum(np.bincount(chunk.ravel(), minlength=self.outputs) for chunk in chunks(labels))
        return np.asarray(counts / np.sum(counts))


def enumerate_chunks(masks: Masks) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the start of each `CHUNK` of masks, and the masks."""
    for start in range(0, len(masks), CHUNK):
        yield start, np.require(masks[start : start + CHUNK], requirements="W")


def chunks(masks: Masks) -> Iterator[NDArray[np.uint8]]:
    """Yield masks [n, h, w], `CHUNK` at a time."""
    return (part for _, part in enumerate_chunks(masks))
