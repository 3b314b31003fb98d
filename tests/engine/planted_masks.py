"""Trainings on masks with a known fault: what is wrong with each is planted, as in planted.py.

A small network of convolutions learns bars on noise in this process; it reads the params.yaml of
the current folder and writes nothing: `planted("too short a training", seed=0)`.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from handwritten_digits.training import Augmentation
from numpy.typing import NDArray
from planted import Fault, section
from predicted import masked
from torch import Tensor, nn
from torch.nn import functional

from samebits.core.config import read
from samebits.core.sections import (
    Data,
    Evaluation,
    Optimization,
    Regularization,
    Reproducibility,
    Runtime,
)
from samebits.data.loader import Batch, Preparation, Split
from samebits.data.targets import Answers
from samebits.diagnosis.diagnosis import Inputs, diagnose
from samebits.diagnosis.forms import errors_of
from samebits.diagnosis.ideas import Settings
from samebits.metrics.mask_predictions import MaskPredictions
from samebits.metrics.proportions import measured
from samebits.training import loop
from samebits.training.optimizer import cosine
from samebits.training.predict import predict
from samebits.training.recipe import Recipe
from samebits.training.target import target_of

NAMES = ["background", "across", "down"]
ANSWERS = Answers("mask", NAMES)
SIZES = {"train": 300, "train_dev": 150, "dev": 200, "test": 200, "real": 150}
NOWHERE = Path("no checkpoint is written there")
SIDE, CHUNK = 10, 50
ALLOWED = 0.03

FAULTS = {
    "too small a network": Fault(
        "gap", "bias", "model", "bigger network: width", {"model.width": 1}
    ),
    "too short a training": Fault(
        "gap", "bias", "optimization", "train longer", {"optimization.epochs": 2}
    ),
    "too high a learning rate": Fault(
        "gap", "bias", "optimization", "lower learning rate", {"optimization.learning_rate": 5.0}
    ),
    "no regularization, few examples": Fault(
        "gap",
        "variance",
        "regularization",
        "dropout",
        {"optimization.epochs": 200, "optimization.batch_size": 5, "model.width": 32},
        {"train": 5},
    ),
    "dev from another source": Fault(
        "gap",
        "mismatch",
        "data",
        "learn from some of the target's examples",
        {"data.evaluate_on": "target/*"},
        target=lambda images, _: 255 - images,
    ),
    "target met": Fault("target met", None, None, "tighter target"),
    "other examples in use": Fault(
        "gap", "real world", "evaluation", "other dev set", real=lambda images, _: 255 - images
    ),
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
        found: Tensor = self.layers(image)
        return found


def planted(name: str, seed: int) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis.

    Args:
        name: of the fault.
        seed: of the examples and of the training.
    """
    fault = FAULTS[name]
    values = {
        "optimization.batch_size": 25,
        "optimization.epochs": 25,
        "optimization.learning_rate": 0.01,
        "regularization.dropout": 0.0,
        "regularization.weight_decay": 0.0,
        "regularization.label_smoothing": 0.0,
        "model.width": 12,
        "evaluation.metric": "mean_iou",
        "evaluation.target_error": ALLOWED,
        **fault.values,
    }
    data, optimization, regularization, evaluation = (
        section(kind, values) for kind in (Data, Optimization, Regularization, Evaluation)
    )
    splits = {name: _split(fault, name, seed) for name in SIZES}
    learned = loop.Settings(
        optimization,
        regularization,
        replace(read(Reproducibility), seed=seed, shards=1),
        replace(
            read(Runtime), processes=1, workers=0, checkpoint_every=10**9, checkpoint_seconds=10**9
        ),
    )
    torch.manual_seed(seed)
    width = int(values["model.width"])
    network = Network(width, regularization.dropout)
    recipe = Recipe(Preparation(_inputs, lambda batch, _: batch, 1), _loss, cosine)
    progress = loop.train(network, splits["train"], splits["dev"], learned, recipe, {}, NOWHERE)
    predictions = {
        name: _said(network, split, first * 10**6)
        for first, (name, split) in enumerate(splits.items())
    }
    growth = {"bigger": {"width": 2 * width}, "smaller": {"width": width // 2}, "other": {}}
    settings = Settings(
        errors_of(ANSWERS, ALLOWED),
        data,
        optimization,
        regularization,
        evaluation,
        asdict(Augmentation(rotation=0.0, shift=0.0, flip=False)),
        growth,
    )
    use = predictions.pop("real").sample
    real = measured("real world", use.errors, use.groups, share=False) if fault.real else None
    counts = progress.losses, len(progress.curves)
    return fault, diagnose(
        Inputs({}, {"findings": []}, ANSWERS, predictions, *counts), settings, real
    )


def _split(fault: Fault, name: str, seed: int) -> Split:
    count = {**SIZES, **fault.sizes}[name]
    draw = np.random.default_rng([seed, *name.encode()])
    masks = np.zeros((count, SIDE, SIDE), dtype=np.uint8)
    for mask in masks:
        first, second = draw.integers(0, SIDE, 2).tolist()
        mask[first], mask[:, second] = 1, 2
    # Both are as bright: which way a bar goes, its neighbours tell.
    noise = 190 if fault.sizes else 30  # few examples of what is plain are enough
    images = 60 + 80 * (masks > 0) + draw.integers(0, noise, masks.shape)
    change = fault.target if name in ("dev", "test") else fault.real if name == "real" else None
    if change is not None:
        images = change(images, draw)
    return Split(
        {"image": images.clip(0, 255).astype(np.uint8)[:, np.newaxis]}, masks, NAMES, "", "mask"
    )


def _inputs(arrays: Any) -> dict[str, Tensor]:
    pixels: NDArray[np.uint8] = arrays["image"]
    return {"image": torch.from_numpy(pixels).float().div_(127.5).sub_(1)}


def _loss(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
    return functional.cross_entropy(network(**batch.inputs), batch.target)


def _said(network: nn.Module, split: Split, first: int) -> MaskPredictions:
    found = predict(network, _inputs, split.arrays, target_of(split), CHUNK, labels=split.labels)
    return masked(found[:, 1:].reshape(len(found), 3, -1), found[:, 0], first=first)
