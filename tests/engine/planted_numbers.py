"""Trainings on numbers with a known fault: what is wrong with each is planted, as in planted.py.

A small network learns prices of six features in this process; it reads the params.yaml of the
current folder and writes nothing: `planted("too short a training", seed=0)`.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from handwritten_digits.training import Augmentation
from planted import Fault, section
from predicted import NUMBER, numbers
from torch import Tensor, nn
from torch.nn import functional

from samebits.checks.number_rules import doubted_numbers
from samebits.core.config import read
from samebits.core.sections import (
    Data,
    Evaluation,
    Optimization,
    Regularization,
    Reproducibility,
    Runtime,
)
from samebits.data.index import Place
from samebits.data.loader import Batch, Preparation, Split
from samebits.data.targets import scale_of
from samebits.diagnosis.diagnosis import Inputs, diagnose
from samebits.diagnosis.forms import errors_of
from samebits.diagnosis.ideas import Settings
from samebits.metrics.number_predictions import NumberPredictions
from samebits.metrics.proportions import measured
from samebits.metrics.sums import Values
from samebits.training import loop
from samebits.training.linear_regression import out_of_fold
from samebits.training.number_target import NumberTarget
from samebits.training.optimizer import cosine
from samebits.training.predict import predict
from samebits.training.recipe import Recipe

SIZES = {"train": 800, "train_dev": 250, "dev": 350, "test": 350, "real": 200}
NOWHERE = Path("no checkpoint is written there")
CHUNK = 64
ALLOWED = 12_000.0  # of prices around 300,000, with a noise of 8,000

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
    "too low a learning rate": Fault(
        "gap", "bias", "optimization", "higher learning rate", {"optimization.learning_rate": 2e-5}
    ),
    "too much weight decay": Fault(
        "gap", "bias", "regularization", "less weight decay", {"regularization.weight_decay": 100.0}
    ),
    "no regularization, few examples": Fault(
        "gap", "variance", "regularization", "dropout", {"optimization.epochs": 400}, {"train": 60}
    ),
    "dev from another source": Fault(
        "gap",
        "mismatch",
        "data",
        "learn from some of the target's examples",
        {"data.evaluate_on": "target/*"},
        target=lambda features, _: features + 1,
    ),
    "wrong answers": Fault("gap", None, "data", "correct labels", wrong_labels=0.03),
    "target met": Fault("target met", None, None, "tighter target"),
    "other examples in use": Fault(
        "gap",
        "real world",
        "evaluation",
        "other dev set",
        real=lambda features, _: features * 1.5,
    ),
}


class Network(nn.Module):
    """Two layers of `width`."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        layers = [nn.Linear(6, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(width, 1))

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.layers(features)
        return found


def planted(name: str, seed: int) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis.

    Args:
        name: of the fault.
        seed: of the examples and of the training.
    """
    fault = FAULTS[name]
    values = {
        "optimization.batch_size": 50,
        "optimization.epochs": 100,
        "optimization.learning_rate": 0.01,
        "regularization.dropout": 0.0,
        "regularization.weight_decay": 0.0,
        "regularization.label_smoothing": 0.0,
        "model.width": 64,
        "evaluation.metric": "mae",
        "evaluation.target_error": ALLOWED,
        **fault.values,
    }
    data, optimization, regularization, evaluation = (
        section(kind, values) for kind in (Data, Optimization, Regularization, Evaluation)
    )
    parts = _parts(fault, seed)
    scale = scale_of(parts["train"][1].tolist())
    splits = {name: _split(*part, scale) for name, part in parts.items()}
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
        errors_of(NUMBER, ALLOWED),
        data,
        optimization,
        regularization,
        evaluation,
        asdict(Augmentation(rotation=0.0, shift=0.0, flip=False)),
        growth,
    )
    use = predictions.pop("real").sample
    splits.pop("real")
    real = measured("real world", use.errors, use.groups, share=False) if fault.real else None
    counts = progress.losses, len(progress.curves)
    doubts = _findings(splits, predictions, data) if fault.wrong_labels else []
    inputs = Inputs({}, {"findings": doubts}, NUMBER, predictions, *counts)
    return fault, diagnose(inputs, settings, real)


def _parts(fault: Fault, seed: int) -> dict[str, tuple[Values, Values]]:
    draw = np.random.default_rng([seed, 11])
    found = {}
    for name, size in {**SIZES, **fault.sizes}.items():
        features = draw.uniform(-1, 1, (size, 6))
        if fault.target and name in ("dev", "test"):
            features = fault.target(features, draw)
        if fault.real and name == "real":
            features = fault.real(features, draw)
        prices = _price(features) + draw.normal(0, 8000, size)
        wrong = draw.random(size) < fault.wrong_labels
        found[name] = features, np.where(wrong, prices + 400_000, prices)
    return found


def _price(features: Values) -> Values:
    a, b, c, d, *_ = features.T
    price: Values = 3e5 + 1e5 * (np.sin(2 * a) + b * c + 0.5 * d**2)
    return price


def _split(features: Values, prices: Values, scale: tuple[float, float]) -> Split:
    return Split({"features": features.astype(np.float32)}, prices, [], "", "number", scale)


def _inputs(arrays: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"features": torch.from_numpy(arrays["features"])}


def _loss(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
    return functional.mse_loss(network(**batch.inputs)[:, 0], batch.target)


def _said(network: nn.Module, split: Split, first: int) -> NumberPredictions:
    found = predict(network, _inputs, split.arrays, NumberTarget(*split.scale), CHUNK)
    return numbers(split.labels, found, first=first)


def _findings(
    splits: Mapping[str, Split], predictions: Mapping[str, NumberPredictions], data: Data
) -> list[dict[str, Any]]:
    features = np.concatenate([one.arrays["features"][:] for one in splits.values()])
    examples = [known for one in predictions.values() for known in one.examples]
    sampled = [(one, Place("", row, 0)) for row, one in enumerate(examples)]
    doubts = doubted_numbers(
        sampled, lambda at: {"features": features[[one.place for one in at]]}, out_of_fold, data
    )
    return [one.record() for one in doubts]
