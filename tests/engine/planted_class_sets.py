"""Trainings on several classes with a planted fault.

A small network learns four classes of eight features: `planted("too short a training", seed=0)`.
"""

from typing import Any

import numpy as np
from planted import Fault
from planted_training import Kind, Perceptron, faults, features_of, few
from predicted import class_sets
from torch import Tensor, nn
from torch.nn import functional

from samebits.checks.class_set_rules import doubted_classes
from samebits.core.sections import Regularization
from samebits.data.loader import Batch, Split
from samebits.data.targets import Answers
from samebits.metrics.class_set_predictions import ClassSetPredictions
from samebits.metrics.sums import Sets, Values
from samebits.training.class_set_target import ClassSetTarget
from samebits.training.logistic_regression import out_of_fold
from samebits.training.predict import predict

SIZES = {"train": 800, "train_dev": 250, "dev": 350, "test": 350, "real": 200}
NAMES = ["a", "b", "c", "d"]
ANSWERS = Answers("classes", NAMES)
CHUNK = 64
ALLOWED = 0.06  # of the answers; the network reaches 0.04


def _noisy(features: Values, draw: np.random.Generator) -> Values:
    return features + draw.normal(0, 0.3, features.shape)


FAULTS = {
    **faults((2e-5, 20.0), _noisy, _noisy),
    **few({"optimization.epochs": 400}, 60),
    "wrong labels": Fault(
        "gap", None, "data", "correct labels", {"data.label_error": 0.8}, wrong_labels=0.08
    ),
}


def planted(name: str, seed: int) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis."""
    return KIND.planted(FAULTS[name], seed)


def _splits(fault: Fault, seed: int) -> dict[str, Split]:
    draw = np.random.default_rng([seed, 12])
    splits = {}
    for name, size in {**SIZES, **fault.sizes}.items():
        features = draw.uniform(-1, 1, (size, 8))
        labels = _classes(features)  # another source shows them less clearly
        if fault.target and name in ("dev", "test"):
            features = fault.target(features, draw)
        if fault.real and name == "real":
            features = fault.real(features, draw)
        wrong = draw.random(labels.shape) < fault.wrong_labels
        said = (labels ^ wrong).astype(np.uint8)
        splits[name] = Split({"features": features.astype(np.float32)}, said, NAMES, "", "classes")
    return splits


def _classes(features: Values) -> Sets:
    """Two features determine each class, for three of them by a curve."""
    x = features.reshape(-1, 4, 2)
    bent = x[:, :, 0] + np.array([0, 1.5, 1.5, 1.5]) * (x[:, :, 1] ** 2 - 0.33) > 0.2
    return np.asarray(bent, dtype=np.uint8)


def _loss(network: nn.Module, batch: Batch, given: Regularization) -> Tensor:
    wanted = batch.target * (1 - given.label_smoothing) + given.label_smoothing / 2
    return functional.binary_cross_entropy_with_logits(network(**batch.inputs), wanted)


def _said(network: nn.Module, split: Split, first: int) -> ClassSetPredictions:
    probabilities = predict(network, features_of, split.arrays, ClassSetTarget(len(NAMES)), CHUNK)
    answers = (probabilities >= 0.5).astype(np.uint8)
    return class_sets(split.labels, answers, probabilities.astype(np.float64), NAMES, first=first)


KIND = Kind(
    ANSWERS,
    {
        "optimization.batch_size": 50,
        "optimization.epochs": 60,
        "model.width": 64,
        "evaluation.metric": "macro_f1",
        "evaluation.target_error": ALLOWED,
    },
    _splits,
    lambda width, dropout: Perceptron(8, len(NAMES), width, dropout),
    features_of,
    _loss,
    _said,
    (doubted_classes, out_of_fold),
)
