"""Trainings on numbers with a planted fault.

A small network learns prices of six features: `planted("too short a training", seed=0)`.
"""

from typing import Any

import numpy as np
from planted import Fault
from planted_training import Kind, Perceptron, faults, features_of, few
from predicted import NUMBER, numbers
from torch import Tensor, nn
from torch.nn import functional

from samebits.checks.number_rules import doubted_numbers
from samebits.core.sections import Regularization
from samebits.data.loader import Batch, Split
from samebits.data.targets import scale_of
from samebits.metrics.number_predictions import NumberPredictions
from samebits.metrics.sums import Values
from samebits.training.linear_regression import out_of_fold
from samebits.training.number_target import NumberTarget
from samebits.training.predict import predict

SIZES = {"train": 800, "train_dev": 250, "dev": 350, "test": 350, "real": 200}
CHUNK = 64
ALLOWED = 12_000.0  # of prices around 300,000, with a noise of 8,000

FAULTS = {
    **faults((2e-5, 5.0), lambda features, _: features + 1, lambda features, _: features * 1.5),
    **few({"optimization.epochs": 400}, 60),
    "wrong answers": Fault("gap", None, "data", "correct labels", wrong_labels=0.03),
}


def planted(name: str, seed: int) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis."""
    return KIND.planted(FAULTS[name], seed)


def _splits(fault: Fault, seed: int) -> dict[str, Split]:
    parts = _parts(fault, seed)
    scale = scale_of(parts["train"][1].tolist())
    return {
        name: Split({"features": features.astype(np.float32)}, prices, [], "", "number", scale)
        for name, (features, prices) in parts.items()
    }


def _parts(fault: Fault, seed: int) -> dict[str, tuple[Values, Values]]:
    draw = np.random.default_rng([seed, 11])
    splits = {}
    for name, size in {**SIZES, **fault.sizes}.items():
        features = draw.uniform(-1, 1, (size, 6))
        if fault.target and name in ("dev", "test"):
            features = fault.target(features, draw)
        if fault.real and name == "real":
            features = fault.real(features, draw)
        prices = _price(features) + draw.normal(0, 8000, size)
        wrong = draw.random(size) < fault.wrong_labels
        splits[name] = features, np.where(wrong, prices + 400_000, prices)
    return splits


def _price(features: Values) -> Values:
    a, b, c, d, *_ = features.T
    price: Values = 3e5 + 1e5 * (np.sin(2 * a) + b * c + 0.5 * d**2)
    return price


def _loss(network: nn.Module, batch: Batch, _: Regularization) -> Tensor:
    return functional.mse_loss(network(**batch.inputs)[:, 0], batch.target)


def _said(network: nn.Module, split: Split, first: int) -> NumberPredictions:
    said = predict(network, features_of, split.arrays, NumberTarget(*split.scale), CHUNK)
    return numbers(split.labels, said, first=first)


KIND = Kind(
    NUMBER,
    {
        "optimization.batch_size": 50,
        "optimization.epochs": 100,
        "model.width": 64,
        "evaluation.metric": "mae",
        "evaluation.target_error": ALLOWED,
    },
    _splits,
    lambda width, dropout: Perceptron(6, 1, width, dropout),
    features_of,
    _loss,
    _said,
    (doubted_numbers, out_of_fold),
)
