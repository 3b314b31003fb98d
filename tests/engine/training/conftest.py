"""A training run small enough to be repeated many times."""

import dataclasses
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handwritten_digits import model as network_file
from handwritten_digits import training as training_file

from samebits.core import sections
from samebits.data.loader import Preparation, Split
from samebits.training import loop
from samebits.training import microbatch as shards
from samebits.training.checkpoint import Progress
from samebits.training.distributed import ALONE, Group
from samebits.training.loop import Settings, train
from samebits.training.recipe import Recipe

IDENTITY = {"code": "c", "data": "d", "params": {"model": {"width": 4, "rate": 0.1}}}


def split(count: int, start: int) -> Split:
    labels = np.arange(start, start + count, dtype=np.int64) % 3
    images = np.random.default_rng(start).integers(0, 90, (count, 1, 6, 6), dtype=np.uint8)
    images[labels == 1, :, ::2] += 150  # lines across, lines down, or none
    images[labels == 2, :, :, ::2] += 150
    return Split({"image": images}, labels, ["a", "b", "c"], "version")


def settings(**changed: Any) -> Settings:
    """All sections, with some keys changed: settings(epochs=3, workers=1)."""
    made: list[Any] = [
        sections.Optimization(
            optimizer="adamw",
            learning_rate=0.01,
            batch_size=8,
            epochs=3,
            warmup=0.1,
            balance=0.0,
            class_weights=0.0,
            clip=0,
        ),
        sections.Regularization(
            dropout=0.2,
            weight_decay=0.01,
            label_smoothing=0.1,
            early_stopping=0,
        ),
        sections.Reproducibility(
            seed=0, level="portable", device="cpu", threads=1, shards=2, chunk=8
        ),
        sections.Runtime(
            processes=1,
            workers=0,
            prefetch=2,
            stream=False,
            tracker="none",
            log_every=10,
            checkpoint_every=4,
            checkpoint_seconds=600,
        ),
    ]
    known: set[str] = set()
    for place, section in enumerate(made):
        own = {field.name for field in dataclasses.fields(section)} & changed.keys()
        made[place] = dataclasses.replace(section, **{key: changed[key] for key in own})
        known |= own
    assert known == changed.keys()
    return Settings(*made)


def recipe(**changed: Any) -> Recipe:
    """How the shipped files learn: recipe(rotation=5)."""
    chosen = training_file.Augmentation(**{"rotation": 5.0, "shift": 0.1, "flip": True} | changed)
    augment = partial(training_file.augment, settings=chosen)
    preparation = Preparation(network_file.inputs, augment, training_file.DRAWS)
    return Recipe(preparation, training_file.loss, training_file.schedule)


class Run:
    """The result of a training run: weights as bytes, and its progress."""

    def __init__(
        self, folder: Path, identity: Any = IDENTITY, group: Group = ALONE, **changed: Any
    ) -> None:
        own = {key: changed.pop(key) for key in ("rotation", "shift", "flip") if key in changed}
        chosen = settings(**changed)
        torch.manual_seed(chosen.reproducibility.seed)
        model = network_file.Model(width=4, depth=2, activation="relu")
        shapes: dict[str, tuple[int, ...]] = {"image": (1, 6, 6)}
        network = network_file.build(model, shapes, 3, chosen.regularization.dropout)
        self.progress: Progress = train(
            network, split(30, 0), split(11, 30), chosen, recipe(**own), identity, folder, group
        )
        self.weights = {
            name: value.numpy().tobytes() for name, value in network.state_dict().items()
        }

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Run)
        return (self.weights, self.progress) == (other.weights, other.progress)

    __hash__ = None  # type: ignore[assignment]


Train = Callable[..., Run]


@pytest.fixture
def run(tmp_path: Path) -> Train:
    """Train with checkpoints in a folder: run("a", epochs=2); 3 steps are an epoch."""
    return lambda folder="checkpoints", **changed: Run(tmp_path / folder, **changed)


class Killed(BaseException):
    """Represents a kill."""


@pytest.fixture
def kill(run: Train, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Train, and end it in the middle of a step: kill(at=7), like run() otherwise."""

    def until(folder: str = "checkpoints", *, at: int, **changed: Any) -> None:
        steps = iter(range(10**6))

        def fold(parts: Iterable[torch.Tensor]) -> torch.Tensor:
            if next(steps) == at:
                raise Killed
            return shards.fold(parts)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(loop, "fold", fold)
            run(folder, **changed)

    return until
