"""What augmentation, loss and schedule must keep for training to end with the same bits."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ..core.config import read
from ..core.sections import Optimization, Regularization, Reproducibility, Runtime
from ..data.loader import Batches, Split
from ..training import loop
from ..training.loop import Settings, train
from ..training.network import built
from ..training.recipe import Recipe
from .made_up import split, yours

STEPS = 3  # of an epoch


class Killed(BaseException):
    """Stands for a kill."""


class LearningChecks:
    """Checks of `augment`, `loss` and `schedule` in training.py, together with model.py."""

    def examples(self, count: int) -> Split:
        """Return examples to check with; override it to take your own."""
        return split(yours().data, count)

    def settings(self, **changed: Any) -> Settings:
        """Return the sections of params.yaml, with little to do."""
        reproducibility, runtime = read(Reproducibility), read(Runtime)
        size = max(8, 2 * reproducibility.shards)
        optimization = replace(read(Optimization), epochs=2, batch_size=size)
        runtime = replace(runtime, workers=0, checkpoint_every=2, **changed)
        return Settings(optimization, read(Regularization), reproducibility, runtime)

    def test_it_learns_one_batch(self, tmp_path: Path) -> None:
        settings = self.settings()
        size = settings.optimization.batch_size
        many = replace(settings.optimization, epochs=60)
        losses = self._trained(tmp_path, replace(settings, optimization=many), size)[1]
        assert min(losses[-10:]) < losses[0]

    def test_a_killed_run_goes_on_to_the_same_bits(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = self.settings()
        count = STEPS * settings.optimization.batch_size
        whole = self._trained(tmp_path / "whole", settings, count)
        left = iter(range(2 * STEPS))
        fold = loop.fold

        def dying(parts: Any) -> torch.Tensor:
            if next(left) == STEPS + 1:
                raise Killed
            return fold(parts)

        monkeypatch.setattr(loop, "fold", dying)
        with pytest.raises(Killed):
            self._trained(tmp_path / "killed", settings, count)
        monkeypatch.setattr(loop, "fold", fold)
        assert self._trained(tmp_path / "killed", settings, count) == whole

    def test_workers_move_no_bit(self, tmp_path: Path) -> None:
        settings = self.settings()
        count = STEPS * settings.optimization.batch_size
        ahead = replace(settings, runtime=replace(settings.runtime, workers=1))
        alone = self._trained(tmp_path / "alone", settings, count)
        assert self._trained(tmp_path / "ahead", ahead, count) == alone

    def test_nothing_is_drawn_but_what_is_given(self) -> None:
        recipe = Recipe.of(yours().model, yours().training)
        batches = Batches(self.examples(16), 8, 0, recipe.preparation)
        first = batches[1]
        torch.rand(3), random.random(), np.random.random()  # audit: as a library might
        batches[0]
        second = batches[1]
        assert torch.equal(first.target, second.target)
        for name, value in first.inputs.items():
            assert torch.equal(value, second.inputs[name]), name

    def _trained(
        self, folder: Path, settings: Settings, count: int
    ) -> tuple[dict[str, bytes], list[float]]:
        examples = self.examples(count)
        torch.manual_seed(0)
        model, dropout = yours().model, settings.regularization.dropout
        network = built(model, examples, dropout, settings.reproducibility)
        recipe = Recipe.of(model, yours().training)
        progress = train(network, examples, examples, settings, recipe, {"a": "test"}, folder)
        weights = {name: one.numpy().tobytes() for name, one in network.state_dict().items()}
        return weights, progress.losses
