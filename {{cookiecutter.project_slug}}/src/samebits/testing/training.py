"""What training.py must guarantee for training to end with the same bits."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ..core.config import read
from ..core.sections import Optimization, Regularization, Runtime
from ..data.loader import Batch, Batches, Split
from ..training.checkpoint import Progress
from ..training.distributed import ALONE, Group
from ..training.loop import Settings, train
from ..training.microbatch import fold
from ..training.network import built
from ..training.recipe import Recipe
from ..training.target_base import target_of
from .base import Checks, check_section, copied, disturb, extreme, reproducibility, yours

STEPS = 3  # of an epoch
SHARDS = 8


class TrainingChecks(Checks):
    """Checks of training.py, together with model.py."""

    steps = 100  # within which one batch must be learned
    better = 0.5  # by which share the loss must then be below that of a guess

    def settings(self, *, epochs: int = 2, workers: int = 0, shards: int | None = None) -> Settings:
        """Return the sections of params.yaml for a short run."""
        bits = reproducibility()
        bits = replace(bits, shards=shards or bits.shards)
        size = max(8, 2 * bits.shards)
        return Settings(
            replace(read(Optimization), epochs=epochs, batch_size=size),
            replace(read(Regularization), early_stopping=0),
            bits,
            replace(read(Runtime), workers=workers, checkpoint_every=2, tracker="none"),
        )

    def test_the_section_augmentation_parses(self) -> None:
        check_section("augmentation", yours().training.Augmentation)

    def test_it_learns_one_batch(self, tmp_path: Path) -> None:
        """Without augmentation and dropout, and better than a guess without the examples."""
        settings, recipe = self.settings(epochs=self.steps), self._recipe()
        plain = recipe.preparation._replace(augment=lambda batch, _: batch)
        recipe = replace(recipe, preparation=plain)
        _, progress = self._trained(tmp_path, settings, 1, recipe=recipe, dropout=0.0)
        examples = self.examples(settings.optimization.batch_size)
        blind, reached = target_of(examples).blind(examples.labels), progress.curves[-1][2]
        assert reached < (1 - self.better) * blind, (
            f"after {self.steps} steps on one batch the loss is {reached:.3f}, and {blind:.3f} "
            "for a guess; does the loss fit the target, and is the learning rate high enough?"
        )

    def test_the_loss_is_finite(self) -> None:
        network, examples = self._network(), self.examples(8)
        usual = copied(examples.arrays)
        for name, arrays in {"usual": usual, **extreme(usual)}.items():
            loss = self._loss(network, self._batch(replace(examples, arrays=arrays)))
            assert loss.ndim == 0, f"`loss` returns the shape {list(loss.shape)}, not one number"
            parameters = [
                parameter for parameter in network.parameters() if parameter.requires_grad
            ]
            gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)
            finite = all(bool(value.isfinite().all()) for value in (loss, *gradients))
            assert finite, f"the loss of {name} examples, or its gradient, is not finite"

    def test_the_loss_is_a_mean_over_examples(self) -> None:
        """So that it means the same with any number of shards."""
        network, batch = self._network().eval(), self._batch()
        whole = self._loss(network, batch)
        for shards in (2, 4, 8):
            parts = torch.stack([self._loss(network, part) for part in _cut(batch, shards)])
            near = bool(torch.isclose(parts.mean(), whole, rtol=1e-4, atol=1e-5))
            assert near, f"the loss is {whole}, but {parts.mean()} in {shards} shards"

    def test_any_number_of_processes_gives_the_same_bits(self, tmp_path: Path) -> None:
        settings, alone = self.settings(epochs=1, shards=SHARDS), _Rank(0, 1)
        self._trained(tmp_path, settings, 1, group=alone)
        for processes in (2, 4, 8):
            ranks = [_Rank(rank, processes) for rank in range(processes)]
            for rank in ranks:
                folder = tmp_path / f"{rank.rank} of {processes}"
                self._trained(folder, settings, 1, group=rank)
            assert torch.equal(fold(rank.part for rank in ranks), alone.part), (
                f"{processes} processes give a different gradient than one; the computation for an "
                "example must not depend on others, or on earlier computations"
            )

    def test_a_killed_run_resumes_to_the_same_bits(self, tmp_path: Path) -> None:
        whole = self._trained(tmp_path / "whole", self.settings(), STEPS)
        for step in range(2 * STEPS):
            folder = tmp_path / str(step)
            with pytest.raises(_Killed):
                self._trained(folder, self.settings(), STEPS, killed_in=step)
            assert self._trained(folder, self.settings(), STEPS) == whole, (
                f"a run that was killed in step {step} ends with different bits; state that "
                "outlives a step must be a parameter or a buffer of the network"
            )

    def test_workers_change_no_bit(self, tmp_path: Path) -> None:
        alone = self._trained(tmp_path / "alone", self.settings(), STEPS)
        ahead = self._trained(tmp_path / "ahead", self.settings(workers=1), STEPS)
        assert ahead == alone, "batches made by a worker of the data loader give different bits"

    def test_augment_draws_nothing_but_what_it_is_given(self) -> None:
        first = self._batch(step=1)
        disturb()
        self._batch(step=0)
        second = self._batch(step=1)
        said = "`augment` returns different `{}` for the same draws; take randomness from `draws`"
        assert torch.equal(first.target, second.target), said.format("target")
        for name, value in first.inputs.items():
            assert torch.equal(value, second.inputs[name]), said.format(name)

    def test_a_step_draws_from_torch_alone(self) -> None:
        """Torch's generator is seeded for each shard; NumPy's and Python's are not."""
        network, batch, losses = self._network(), self._batch(), []
        for _ in range(2):
            disturb()
            torch.manual_seed(0)
            losses.append(self._loss(network, batch))
        assert torch.equal(*losses), "the loss of the same batch differs for the same seed"

    def test_the_schedule_depends_on_the_step_alone(self) -> None:
        schedule, given = yours().training.schedule, self.settings().optimization
        rates = [schedule(step, 10, given) for step in range(10)]
        disturb()
        again = [schedule(step, 10, given) for step in reversed(range(10))]
        assert again[::-1] == rates, "`schedule` returns different rates for the same step"
        fine = all(0 <= rate < float("inf") for rate in rates)
        assert fine, f"`schedule` must return finite rates from 0, not {rates}"

    def _recipe(self) -> Recipe:
        return Recipe.of(yours().model, yours().training)

    def _network(self, dropout: float | None = None) -> nn.Module:
        part = read(Regularization).dropout if dropout is None else dropout
        return built(yours().model, self.examples(8), part, reproducibility())

    def _batch(self, examples: Split | None = None, step: int = 0) -> Batch:
        return Batches(examples or self.examples(16), 8, 0, self._recipe().preparation)[step]

    def _loss(self, network: nn.Module, batch: Batch) -> Tensor:
        return self._recipe().loss(network, batch, read(Regularization))

    def _trained(
        self,
        folder: Path,
        settings: Settings,
        steps: int,
        *,
        group: Group = ALONE,
        killed_in: int | None = None,
        recipe: Recipe | None = None,
        dropout: float | None = None,
    ) -> tuple[dict[str, bytes], Progress]:
        """Return the weights and the progress of a run with `steps` steps in an epoch."""
        examples = self.examples(steps * settings.optimization.batch_size)
        network, given = self._network(dropout), recipe or self._recipe()
        shards, calls = settings.reproducibility.shards, count()
        last = -1 if killed_in is None else killed_in * shards + shards // 2

        def loss(network: nn.Module, batch: Batch, regularization: Regularization) -> Tensor:
            if next(calls) == last:
                raise _Killed
            return given.loss(network, batch, regularization)

        counted, made_of = replace(given, loss=loss), {"made of": "a check"}
        progress = train(network, examples, examples, settings, counted, made_of, folder, group)
        weights = {name: weight.numpy().tobytes() for name, weight in network.state_dict().items()}
        return weights, progress


class _Killed(BaseException):
    """Simulates a kill."""


class _Rank(Group):
    """One of several processes, which stores what it would send to the others."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size
        self.part = torch.empty(0)

    def sum(self, part: Tensor) -> Tensor:
        self.part = part.clone()
        return part

    def union(self, part: Tensor) -> Tensor:
        return part

    def share(self, content: bytes | None) -> bytes | None:
        return content

    def agree(self, text: str) -> None:
        pass


def _cut(batch: Batch, parts: int) -> list[Batch]:
    cut = {name: values.chunk(parts) for name, values in batch.inputs.items()}
    targets = batch.target.chunk(parts)
    return [
        Batch({name: values[place] for name, values in cut.items()}, target)
        for place, target in enumerate(targets)
    ]
