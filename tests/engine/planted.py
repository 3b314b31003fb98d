"""Trainings with a planted fault, small enough for a test.

They learn the example digits in this process, in the folder of a project, of which they read
params.yaml and the user's files, and write nothing: `planted("too short a training", seed=0)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from predicted import example

from samebits.checks.label_errors import label_findings
from samebits.core.config import read
from samebits.core.random import key
from samebits.core.sections import (
    Data,
    Evaluation,
    Optimization,
    Regularization,
    Reproducibility,
    Runtime,
)
from samebits.core.yours import Yours
from samebits.data.index import Place
from samebits.data.loader import Preparation, Split
from samebits.data.prepared import Example
from samebits.data.targets import Answers
from samebits.diagnosis.diagnosis import DiagnosisInputs, diagnose
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.ideas import DiagnosisSettings
from samebits.metrics.class_predictions import ClassPredictions, ClassScoring
from samebits.metrics.intervals import measure
from samebits.metrics.proportions import Measured, measured
from samebits.metrics.registry import METRICS
from samebits.training import loop
from samebits.training import network as networks
from samebits.training.class_target import ClassTarget
from samebits.training.predict import predict
from samebits.training.recipe import Recipe
from samebits.training.softmax_regression import out_of_fold

CLASSES = [str(digit) for digit in range(10)]
SIZES = {"train": 700, "train_dev": 200, "dev": 300, "test": 300}
NOWHERE = Path("no checkpoint is written there")
CHUNK = 128  # examples that go through a network at once

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Draw = np.random.Generator


@dataclass(frozen=True)
class Fault:
    """How a faulty training differs from a good one, and what a diagnosis should say.

    `state`, `link` and `section` are the right answer, `idea` one that must be among the first
    three. `values` are keys of params.yaml, `sizes` those of data sets.
    """

    state: str
    link: str | None
    section: str | None
    idea: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    wrong_labels: float = 0.0
    target: Callable[[NDArray[Any], Draw], NDArray[Any]] | None = None
    real: Callable[[NDArray[Any], Draw], NDArray[Any]] | None = None
    candidates: int = 1  # of which the one that does best on dev was taken


def noisy(images: Images, draw: Draw) -> Images:
    """Inverted, with noise: another camera."""
    noise = draw.normal(0, 40, images.shape)
    return np.clip(255 - images.astype(np.float64) + noise, 0, 255).astype(np.uint8)


def blurred(images: Images, draw: Draw) -> Images:
    """Each pixel the mean of its neighbours, half as bright."""
    edged = np.pad(images.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    parts = [edged[..., y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
    return np.asarray(sum(parts) / 18, dtype=np.uint8)


def shifted(images: Images, draw: Draw) -> Images:
    """Moved by two pixels: cut out otherwise."""
    return np.roll(images, (2, 1), axis=(2, 3))


FAULTS = {
    "too small a network": Fault(
        "gap", "bias", "model", "bigger network: width", {"model.width": 2, "model.depth": 2}
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
    "gradient descent at Adam's rate": Fault(
        "gap",
        "bias",
        "optimization",
        "higher learning rate",
        {"optimization.optimizer": "sgd", "optimization.learning_rate": 0.0003},
    ),
    "too much regularization": Fault(
        "gap", "bias", "regularization", "less dropout", {"regularization.dropout": 0.95}
    ),
    "too much weight decay": Fault(
        "gap", "bias", "regularization", "less weight decay", {"regularization.weight_decay": 100.0}
    ),
    "no regularization, few examples": Fault(
        "gap", "variance", "regularization", "dropout", {"optimization.epochs": 200}, {"train": 70}
    ),
    "dev from another source": Fault(
        "gap",
        "mismatch",
        "data",
        "learn from some of the target's examples",
        {"data.evaluate_on": "target/*"},
        target=noisy,
    ),
    "dev split by another rule": Fault(
        "gap",
        "mismatch",
        "data",
        "learn from some of the target's examples",
        {"data.evaluate_on": "target/*"},
        target=shifted,
    ),
    "dev used up by selection": Fault(
        "gap",
        "dev",
        "data",
        "bigger dev set",
        {"evaluation.target_error": 0.15},
        {"dev": 40, "pool": 340},
        candidates=2000,
    ),
    "wrong labels": Fault("gap", None, "data", "correct labels", wrong_labels=0.1),
    "target met": Fault("target met", None, None, "tighter target"),
    "other examples in use": Fault(
        "gap", "real world", "evaluation", "other dev set", real=blurred
    ),
}


def planted(name: str, seed: int, doubts: bool = True) -> tuple[Fault, dict[str, Any]]:
    """Train with a fault, and return it with the diagnosis.

    Args:
        name: of the fault.
        seed: of the examples and of the training.
        doubts: look for wrong labels, as `validate` does; it takes longer than such a training.
    """
    fault = FAULTS[name]
    inputs, settings, real = trained(fault, seed, doubts)
    return fault, diagnose(inputs, settings, real)


def right(fault: Fault, diagnosis: Mapping[str, Any]) -> bool:
    """Whether the diagnosis names the fault, and a remedy for it among the first three ideas."""
    said = [idea["idea"] for idea in diagnosis["ideas"][:3]]
    link = diagnosis["link"] if fault.section != "data" or fault.link else fault.link
    return (
        diagnosis["state"],
        link,
        diagnosis["section"],
        fault.idea in said or not fault.idea,
    ) == (
        fault.state,
        fault.link,
        fault.section,
        True,
    )


def trained(
    fault: Fault, seed: int, doubts: bool = True
) -> tuple[DiagnosisInputs, DiagnosisSettings, Measured | None]:
    """Return what the stages before `diagnose` would have left, and the sections."""
    values = {
        "optimization.batch_size": 50,
        "optimization.epochs": 25,
        "regularization.dropout": 0.0,
        "regularization.weight_decay": 0.0,
        "regularization.label_smoothing": 0.0,
        "augmentation.rotation": 0.0,
        "augmentation.shift": 0.0,
        "model.width": 8,
        "evaluation.target_error": 0.06,
        **fault.values,
    }
    yours = Yours(("model", "training"))
    data, optimization, regularization, evaluation = (
        section(kind, values) for kind in (Data, Optimization, Regularization, Evaluation)
    )
    model, augmentation = (
        section(kind, values) for kind in (yours.model.Model, yours.training.Augmentation)
    )
    examples = _examples(fault, seed)
    learned = loop.Settings(
        optimization,
        regularization,
        replace(read(Reproducibility), seed=seed, shards=1),
        replace(
            read(Runtime),
            processes=1,
            workers=0,
            checkpoint_every=10**9,
            checkpoint_seconds=10**9,
        ),
    )
    training, dev = examples["train"].split(), examples["dev"].split()
    with mock.patch.object(networks, "read", lambda _: model):
        network = networks.built(
            yours.model, training, regularization.dropout, learned.reproducibility
        )
        growth = networks.growth(yours.model, training)
    answers = Answers("class", CLASSES)
    errors = errors_of(answers, evaluation.target_error)
    settings = DiagnosisSettings(
        errors, data, optimization, regularization, evaluation, asdict(augmentation), growth
    )
    augment = partial(yours.training.augment, settings=augmentation)
    preparation = Preparation(yours.model.inputs, augment, yours.training.DRAWS)
    recipe = Recipe(preparation, yours.training.loss, yours.training.schedule)
    progress = loop.train(network, training, dev, learned, recipe, {}, NOWHERE)
    answer = partial(_probabilities, network, yours.model.inputs)
    if fault.candidates > 1:
        _worsened(network, answer, examples["train"], seed)
        size = len(examples["dev"].labels)
        examples["dev"] = _luckiest(answer, examples["pool"], size, fault.candidates, seed)
    known = ("train", "train_dev", "dev", "test")
    predictions = {name: _predictions(name, examples[name], answer) for name in known}
    metrics = {name: _accuracy(scored) for name, scored in predictions.items()}
    real = None
    if fault.real:
        seen = _predictions("real", examples["real"], answer)
        wrong = (seen.answers != seen.labels).astype(np.float64)
        real = measured("real world", wrong, np.arange(len(wrong)))
    findings = _findings([examples[name] for name in known], settings.data) if doubts else []
    losses, epochs = progress.losses, len(progress.curves)
    inputs = DiagnosisInputs(metrics, {"findings": findings}, answers, predictions, losses, epochs)
    return inputs, settings, real


@dataclass(frozen=True)
class _Part:
    """Examples of one data set: images uint8 [n, 1, 8, 8], labels and places in the whole [n]."""

    images: Images
    labels: Labels
    places: Labels

    def split(self) -> Split:
        return Split({"image": self.images}, self.labels, CLASSES, "")

    def examples(self) -> list[Example]:
        return [
            example(f"{label}/{place}.png", CLASSES[label], f"{_hash(place):032x}")
            for label, place in zip(self.labels.tolist(), self.places.tolist(), strict=True)
        ]


Answer = Callable[[_Part], NDArray[np.float32]]


def _examples(fault: Fault, seed: int) -> dict[str, _Part]:
    images, labels = _digits()
    draw = np.random.default_rng([seed, 7])
    order = draw.permutation(len(labels))
    if fault.wrong_labels:
        moved = draw.random(len(labels)) < fault.wrong_labels
        labels = np.where(moved, (labels + draw.integers(1, 10, len(labels))) % 10, labels)
    splits, start = {}, 0
    for name, size in {**SIZES, "real": 150, "pool": 140, **fault.sizes}.items():
        places = np.sort(order[start : start + size])
        start += size
        seen = images[places]
        if fault.target and name in ("dev", "test"):
            seen = fault.target(seen, draw)
        if fault.real and name == "real":
            seen = fault.real(seen, draw)
        splits[name] = _Part(seen, labels[places], places)
    return splits


@cache
def _digits() -> tuple[Images, Labels]:
    from sklearn.datasets import load_digits

    bundle = load_digits()
    images = (bundle.images * 255 / 16).round().astype(np.uint8)[:, None]
    return images, bundle.target.astype(np.int64)


def _hash(place: int) -> int:
    return key(place, "example") * key(place, "of the digits")


def section(kind: Any, values: Mapping[str, Any]) -> Any:
    name = kind.__name__.lower()
    own = {
        key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{name}.")
    }
    return replace(read(kind), **own)


def _probabilities(network: torch.nn.Module, inputs: Any, part: _Part) -> NDArray[np.float32]:
    return predict(network, inputs, {"image": part.images}, ClassTarget(len(CLASSES)), CHUNK)


def _predictions(name: str, part: _Part, answer: Answer) -> ClassPredictions:
    return ClassScoring(CLASSES).scored(name, part.examples(), part.labels, answer(part))


def _accuracy(predictions: ClassPredictions) -> dict[str, Any]:
    figure = measure(METRICS["accuracy"], predictions.sample, 0)
    return {
        "accuracy": figure.value,
        "examples": len(predictions.labels),
        "intervals": [["accuracy", *figure.interval()]],
    }


def _worsened(network: torch.nn.Module, answer: Answer, train: _Part, seed: int) -> None:
    """Add noise to the weights, so that it errs on a fifth of all examples, seen or not."""
    drawn = torch.Generator().manual_seed(seed)
    start = {name: weights.clone() for name, weights in network.state_dict().items()}
    for _ in range(200):
        noisy = {
            name: weights + 0.35 * weights.std() * torch.randn(weights.shape, generator=drawn)
            if weights.ndim > 1
            else weights
            for name, weights in start.items()
        }
        network.load_state_dict(noisy)
        if 0.18 <= _error(answer, train) <= 0.22:
            return


def _luckiest(answer: Answer, pool: _Part, size: int, draws: int, seed: int) -> _Part:
    """Return, of many draws of examples, the one on which the network does best.

    It is as if as many equally good networks had been compared on one dev set, and the best taken.
    """
    wrong = answer(pool).argmax(axis=1) != pool.labels
    draw = np.random.default_rng([seed, 8])
    orders = (draw.permutation(len(wrong))[:size] for _ in range(draws))
    best = np.sort(min(orders, key=lambda order: int(wrong[order].sum())))
    return _Part(pool.images[best], pool.labels[best], pool.places[best])


def _error(answer: Answer, part: _Part) -> float:
    return float((answer(part).argmax(axis=1) != part.labels).mean())


def _findings(parts: list[_Part], data: Data) -> list[dict[str, Any]]:
    images = np.concatenate([part.images for part in parts])
    examples = [known for part in parts for known in part.examples()]
    sampled = [(example, Place("", row, 0)) for row, example in enumerate(examples)]
    doubts = label_findings(
        sampled, lambda at: {"image": images[[place.place for place in at]]}, out_of_fold, data
    )
    return [doubt.record() for doubt in doubts]
