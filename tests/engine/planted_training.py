"""A small training in this process with a planted fault, for any kind of answer.

It reads the params.yaml of the current folder and writes nothing. A `Kind` says how a target's
trainings differ; planted.py, which learns with a project's own files, does not use it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from handwritten_digits.training import Augmentation
from planted import Fault, section
from torch import Tensor, nn

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
from samebits.data.targets import MASK, Answers
from samebits.diagnosis.diagnosis import DiagnosisInputs, diagnose
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.ideas import DiagnosisSettings
from samebits.metrics.predictions import Predictions
from samebits.metrics.proportions import measured
from samebits.training import loop
from samebits.training.optimizer import cosine
from samebits.training.recipe import Recipe

NOWHERE = Path("no checkpoint is written there")

# Examples and a generator → other examples.
Change = Callable[[Any, np.random.Generator], Any]


def faults(rates: tuple[float, float], target: Change, real: Change) -> dict[str, Fault]:
    """Return the faults that any kind of training can have.

    Args:
        rates: a learning rate that is too low, and one that is too high.
        target: changes the examples in dev and test.
        real: the same for examples from use.
    """
    small, short = {"model.width": 1}, {"optimization.epochs": 2}
    least, low, high = ({"optimization.learning_rate": rate} for rate in (rates[0] / 5, *rates))
    decay, source = {"regularization.weight_decay": 100.0}, {"data.evaluate_on": "target/*"}
    theirs = "learn from some of the target's examples"
    return {
        "too small a network": Fault("gap", "bias", "model", "bigger network: width", small),
        "too short a training": Fault("gap", "bias", "optimization", "train longer", short),
        "too high a learning rate": Fault(
            "gap", "bias", "optimization", "lower learning rate", high
        ),
        "too low a learning rate": Fault(
            "gap", "bias", "optimization", "higher learning rate", low
        ),
        "far too low a learning rate": Fault(
            "gap", "bias", "optimization", "higher learning rate", least
        ),
        "too much weight decay": Fault("gap", "bias", "regularization", "less weight decay", decay),
        "dev from another source": Fault("gap", "mismatch", "data", theirs, source, target=target),
        "target met": Fault("target met", None, None, "tighter target"),
        "other examples in use": Fault(
            "gap", "real world", "evaluation", "other dev set", real=real
        ),
    }


def few(values: Mapping[str, Any], count: int) -> dict[str, Fault]:
    """Return the fault of `count` training examples without regularization, with these keys."""
    learnt = Fault("gap", "variance", "regularization", "dropout", values, {"train": count})
    return {"no regularization, few examples": learnt}


@dataclass(frozen=True)
class Kind:
    """What trainings of one target have in common.

    `values` are keys of params.yaml; `splits` makes the data sets of a fault, with the examples
    from use as "real"; `network` takes a width and the dropout; `said` gives the predictions on
    a split, whose first example has this number; `doubted` is the rule that doubts answers, with
    its model, if there is one.
    """

    answers: Answers
    values: Mapping[str, Any]
    splits: Callable[[Fault, int], dict[str, Split]]
    network: Callable[[int, float], nn.Module]
    inputs: Callable[[Any], dict[str, Tensor]]
    loss: Callable[[nn.Module, Batch, Regularization], Tensor]
    said: Callable[[nn.Module, Split, int], Predictions]
    doubted: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def planted(self, fault: Fault, seed: int) -> tuple[Fault, dict[str, Any]]:
        """Train with a fault, and return it with the diagnosis.

        Args:
            fault: what is wrong.
            seed: of the examples and of the training.
        """
        values = {
            "optimization.learning_rate": 0.01,
            "regularization.dropout": 0.0,
            "regularization.weight_decay": 0.0,
            "regularization.label_smoothing": 0.0,
            **self.values,
            **fault.values,
        }
        data, optimization, regularization, evaluation = (
            section(kind, values) for kind in (Data, Optimization, Regularization, Evaluation)
        )
        splits = self.splits(fault, seed)
        never: dict[str, Any] = {"checkpoint_every": 10**9, "checkpoint_seconds": 10**9}
        learned = loop.Settings(
            optimization,
            regularization,
            replace(read(Reproducibility), seed=seed, shards=1),
            replace(read(Runtime), processes=1, workers=0, **never),
        )
        torch.manual_seed(seed)
        width = int(values["model.width"])
        network = self.network(width, regularization.dropout)
        recipe = Recipe(Preparation(self.inputs, lambda batch, _: batch, 1), self.loss, cosine)
        progress = loop.train(network, splits["train"], splits["dev"], learned, recipe, {}, NOWHERE)
        predictions = {
            name: self.said(network, split, first * 10**6)
            for first, (name, split) in enumerate(splits.items())
        }
        settings = DiagnosisSettings(
            errors_of(self.answers, evaluation.target_error),
            data,
            optimization,
            regularization,
            evaluation,
            asdict(Augmentation(rotation=0.0, shift=0.0, flip=False)),
            {"bigger": {"width": 2 * width}, "smaller": {"width": width // 2}, "other": {}},
        )
        use = predictions.pop("real").sample
        splits.pop("real")
        seen = measured("real world", use.errors, use.groups, share=use.share, each=use.each)
        findings = self._doubts(splits, predictions, data) if fault.wrong_labels else []
        counts = progress.losses, len(progress.curves)
        inputs = DiagnosisInputs({}, {"findings": findings}, self.answers, predictions, *counts)
        return fault, diagnose(inputs, settings, seen if fault.real else None)

    def _doubts(
        self, splits: Mapping[str, Split], predictions: Mapping[str, Predictions], data: Data
    ) -> list[dict[str, Any]]:
        assert self.doubted is not None
        rule, out_of_fold = self.doubted
        parts = [{**split.arrays, MASK: split.labels} for split in splits.values()]
        known = {name: np.concatenate([part[name][:] for part in parts]) for name in parts[0]}
        examples = [example for some in predictions.values() for example in some.examples]
        sampled = [(example, Place("", row, 0)) for row, example in enumerate(examples)]

        def look(places: list[Place]) -> dict[str, Any]:
            return {name: array[[at.place for at in places]] for name, array in known.items()}

        return [doubt.record() for doubt in rule(sampled, look, out_of_fold, data)]


def features_of(arrays: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return what a network gets of examples that are a few numbers each."""
    return {"features": torch.from_numpy(arrays["features"])}


class Perceptron(nn.Module):
    """Two layers of `width` on `features` numbers."""

    def __init__(self, features: int, outputs: int, width: int, dropout: float) -> None:
        super().__init__()
        layers = [nn.Linear(features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(width, outputs))

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.layers(features)
        return logits
