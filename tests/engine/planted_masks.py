"""Trainings on masks with a planted fault.

A small network of convolutions learns bars on noise: `planted("too short a training", seed=0)`.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from planted import Fault
from planted_training import Kind, faults, few
from predicted import masked
from torch import Tensor, nn
from torch.nn import functional

from samebits.checks.mask_label_errors import doubted_masks
from samebits.core.sections import Regularization
from samebits.data.loader import Batch, Split
from samebits.data.targets import Answers
from samebits.metrics.mask_predictions import MaskPredictions
from samebits.training.pixel_forest import out_of_fold
from samebits.training.predict import predict
from samebits.training.target_base import target_of

NAMES = ["background", "across", "down"]
ANSWERS = Answers("mask", NAMES)
SIZES = {"train": 300, "train_dev": 150, "dev": 200, "test": 200, "real": 150}
SIDE, CHUNK = 10, 50
ALLOWED = 0.03


def _inverted(images: NDArray[Any], _: np.random.Generator) -> NDArray[Any]:
    return 255 - images


FAULTS = {
    **faults((1e-4, 5.0), _inverted, _inverted),
    **few({"optimization.epochs": 200, "optimization.batch_size": 5, "model.width": 32}, 5),
    "wrong masks": Fault("gap", None, "data", "correct labels", wrong_labels=0.12),
}


class Network(nn.Module):
    """Three convolutions of `width` channels."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (1, width, width):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Dropout(dropout), nn.Conv2d(width, len(NAMES), 1))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers(image)
        return logits


def planted(name: str, seed: int) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis."""
    return KIND.planted(FAULTS[name], seed)


def _splits(fault: Fault, seed: int) -> dict[str, Split]:
    return {name: _split(fault, name, seed) for name in SIZES}


def _split(fault: Fault, name: str, seed: int) -> Split:
    count = {**SIZES, **fault.sizes}[name]
    draw = np.random.default_rng([seed, *name.encode()])
    masks = np.zeros((count, SIDE, SIDE), dtype=np.uint8)
    for mask in masks:
        first, second = draw.integers(0, SIDE, 2).tolist()
        mask[first], mask[:, second] = 1, 2
    # Both are equally bright: the neighbours show the direction of a bar.
    noise = 190 if fault.sizes else 30  # few examples of something plain are enough
    images = 60 + 80 * (masks > 0) + draw.integers(0, noise, masks.shape)
    change = fault.target if name in ("dev", "test") else fault.real if name == "real" else None
    if change is not None:
        images = change(images, draw)
    # Those of other images.
    wrong = draw.random(count) < fault.wrong_labels
    masks[wrong] = np.roll(masks[wrong], 1, axis=0)
    return Split(
        {"image": images.clip(0, 255).astype(np.uint8)[:, np.newaxis]}, masks, NAMES, "", "mask"
    )


def _inputs(arrays: Any) -> dict[str, Tensor]:
    pixels: NDArray[np.uint8] = arrays["image"]
    return {"image": torch.from_numpy(pixels).float().div_(127.5).sub_(1)}


def _loss(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
    return functional.cross_entropy(network(**batch.inputs), batch.target)


def _said(network: nn.Module, split: Split, first: int) -> MaskPredictions:
    said = predict(network, _inputs, split.arrays, target_of(split), CHUNK, labels=split.labels)
    return masked(said[:, 1:].reshape(len(said), 3, -1), said[:, 0], first=first)


KIND = Kind(
    ANSWERS,
    {
        "data.classes": tuple(NAMES),
        "optimization.batch_size": 25,
        "optimization.epochs": 25,
        "model.width": 12,
        "evaluation.metric": "mean_iou",
        "evaluation.target_error": ALLOWED,
    },
    _splits,
    Network,
    _inputs,
    _loss,
    _said,
    (doubted_masks, out_of_fold),
)
