"""What augmentation, loss and schedule must keep for training to end with the same bits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..core.config import read
from ..core.sections import Optimization, Regularization, Runtime
from ..data.loader import Batch, Batches
from ..training.distributed import ALONE, Group
from ..training.loop import Settings, train
from ..training.microbatch import fold
from ..training.network import built
from ..training.recipe import Recipe
from .base import Checks, check_section, disturb, reproducibility, yours

STEPS = 3  # of an epoch
SHARDS = 8


class TrainingChecks(Checks):
    """Checks of training.py, together with model.py."""

    steps = 60  # in which one batch must be learnt
    fall = 0.2  # the part by which its loss must fall

    def settings(self, **changed: Any) -> Settings:
        """Return the sections of params.yaml for a short run; some with keys changed."""
        bits = reproducibility()
        size = max(8, 2 * bits.shards)
        optimization = replace(read(Optimization), epochs=2, batch_size=size)
        runtime = replace(read(Runtime), workers=0, checkpoint_every=2)
        return replace(Settings(optimization, read(Regularization), bits, runtime), **changed)

    def test_the_section_augmentation_parses(self) -> None:
        check_section("augmentation", yours().training.Augmentation)

    def test_it_learns_one_batch(self, tmp_path: Path) -> None:
        settings = self.settings()
        optimization = replace(settings.optimization, epochs=self.steps)
        settings = replace(settings, optimization=optimization)
        _, losses = self._trained(tmp_path, settings, optimization.batch_size)
        last = sum(losses[-5:]) / 5
        assert last < (1 - self.fall) * losses[0], (
            f"in {self.steps} steps the loss of one batch went from {losses[0]:.3f} to {last:.3f}; "
            "is the target what the network is given to say, and the learning rate high enough?"
        )

    def test_the_loss_is_finite(self) -> None:
        settings, network = self.settings(), self._network()
        images = self.examples(8).images
        for name, one in (("such as the others", images), ("black", images * 0)):
            loss = self._loss(network, self._batch(images=one))
            assert loss.ndim == 0, f"`loss` returns {list(loss.shape)}; it must be one number"
            gradients = torch.autograd.grad(loss, [*network.parameters()], materialize_grads=True)
            finite = all(value.isfinite().all() for value in (loss, *gradients))
            assert finite, f"the loss of examples that are {name}, or its gradient, is not finite"
        assert settings

    def test_the_loss_is_a_mean_over_examples(self) -> None:
        """So that it means the same with any number of shards."""
        network, batch = self._network().eval(), self._batch()
        whole = self._loss(network, batch)
        for shards in (2, 4, 8):
            parts = [self._loss(network, part) for part in _cut(batch, shards)]
            torch.testing.assert_close(
                torch.stack(parts).mean(),
                whole,
                rtol=1e-4,
                atol=1e-5,
                msg=lambda said, cut=shards: f"cut into {cut} shards the loss is another. {said}",
            )

    def test_any_number_of_processes_gives_the_same_bits(self, tmp_path: Path) -> None:
        settings = self.settings()
        settings = replace(
            settings,
            optimization=replace(settings.optimization, epochs=1, batch_size=2 * SHARDS),
            reproducibility=replace(settings.reproducibility, shards=SHARDS),
        )
        sums = {}
        for processes in (1, 2, 4, 8):
            ranks = [_Rank(rank, processes) for rank in range(processes)]
            for rank in ranks:
                folder = tmp_path / f"{rank.rank} of {processes}"
                self._trained(folder, settings, 2 * SHARDS, group=rank)
            sums[processes] = fold(rank.parts[0] for rank in ranks)
            same = torch.equal(sums[processes], sums[1])
            assert same, (
                f"{processes} processes give another gradient than one; what is computed of an "
                "example must not depend on the others, or on what was computed before"
            )

    def test_a_killed_run_resumes_to_the_same_bits(self, tmp_path: Path) -> None:
        settings = self.settings()
        count = STEPS * settings.optimization.batch_size
        whole = self._trained(tmp_path / "whole", settings, count)
        for step in range(2 * STEPS):
            folder = tmp_path / str(step)
            try:
                self._trained(folder, settings, count, dies_in=step)
            except _Killed:
                resumed = self._trained(folder, settings, count)
            assert resumed == whole, (
                f"a run that was killed in step {step} ends with other bits; what outlives a step "
                "must be a parameter or a buffer of the network"
            )

    def test_workers_change_no_bit(self, tmp_path: Path) -> None:
        settings = self.settings()
        count = STEPS * settings.optimization.batch_size
        ahead = replace(settings, runtime=replace(settings.runtime, workers=1))
        alone = self._trained(tmp_path / "alone", settings, count)
        same = self._trained(tmp_path / "ahead", ahead, count) == alone
        assert same, "batches that a worker makes give other bits"

    def test_augment_draws_nothing_but_what_it_is_given(self) -> None:
        first = self._batch(step=1)
        disturb()
        self._batch(step=0)
        second = self._batch(step=1)
        said = "`augment` gave another `{}` for the same draws; take randomness from `draws` alone"
        assert torch.equal(first.target, second.target), said.format("target")
        for name, value in first.inputs.items():
            assert torch.equal(value, second.inputs[name]), said.format(name)

    def test_a_step_draws_from_torch_alone(self) -> None:
        """Its generator is seeded for each shard, NumPy's and Python's are not."""
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
        assert again[::-1] == rates, "`schedule` gives another rate for the same step"
        assert all(0 <= rate < float("inf") for rate in rates), f"`schedule` gives {rates}"

    def _recipe(self) -> Recipe:
        return Recipe.of(yours().model, yours().training)

    def _network(self) -> nn.Module:
        torch.manual_seed(0)
        dropout = read(Regularization).dropout
        return built(yours().model, self.examples(8), dropout, reproducibility())

    def _batch(self, step: int = 0, images: Any = None) -> Batch:
        examples = self.examples(16)
        if images is not None:
            examples = replace(examples, images=images, labels=examples.labels[: len(images)])
        return Batches(examples, 8, 0, self._recipe().preparation)[step]

    def _loss(self, network: nn.Module, batch: Batch) -> Tensor:
        return self._recipe().loss(network, batch, read(Regularization))

    def _trained(
        self,
        folder: Path,
        settings: Settings,
        count: int,
        group: Group = ALONE,
        dies_in: int | None = None,
    ) -> tuple[dict[str, bytes], list[float]]:
        """Return the weights and losses of a run on `count` examples."""
        examples, recipe, network = self.examples(count), self._recipe(), self._network()
        calls = 0

        def loss(network: nn.Module, batch: Batch, given: Regularization) -> Tensor:
            nonlocal calls
            calls += 1
            if dies_in is not None and calls > dies_in * settings.reproducibility.shards:
                raise _Killed
            return recipe.loss(network, batch, given)

        watched = replace(recipe, loss=loss)
        made_of = {"of": "a check"}
        found = train(network, examples, examples, settings, watched, made_of, folder, group)
        weights = {name: one.numpy().tobytes() for name, one in network.state_dict().items()}
        return weights, found.losses


class _Killed(BaseException):
    """Stands for a kill."""


class _Rank(Group):
    """One of several processes, which keeps what it would send to the others."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size
        self.parts: list[Tensor] = []

    def sum(self, part: Tensor) -> Tensor:
        self.parts.append(part.clone())
        return part

    def union(self, part: Tensor) -> Tensor:
        return part

    def share(self, content: bytes | None) -> bytes | None:
        return content

    def agree(self, text: str) -> None:
        pass


def _cut(batch: Batch, parts: int) -> list[Batch]:
    size = len(batch.target) // parts
    cut = {name: one.split(size) for name, one in batch.inputs.items()}
    targets = batch.target.split(size)
    return [
        Batch({name: one[place] for name, one in cut.items()}, target)
        for place, target in enumerate(targets)
    ]
