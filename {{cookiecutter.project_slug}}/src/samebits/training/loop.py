"""The training loop."""

import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn

from ..console.errors import UserError
from ..console.progress import TrainingLine
from ..core.kernels import refusing
from ..core.operators import check_optimizer, portable
from ..core.random import key
from ..core.sections import Optimization, Regularization, Reproducibility, Runtime
from ..data.loader import Batch, Batches, Split, stream
from ..data.shards import rows
from ..tracking.tracker import Tracker
from . import checkpoint as checkpoints
from .batch_norm import Statistics
from .class_weights import Weigh, refuse_ignored, weighing
from .distributed import ALONE, Group
from .early_stopping import Stop
from .freezing import freeze
from .kept_weights import KeptWeights
from .microbatch import Gradient, Watch, check, fold
from .optimizer import build, set_rate
from .predict import predict
from .recipe import Recipe
from .target_base import target_of

COLUMNS = ("epoch", "train_loss", "dev_loss")  # of the learning curves; the target's figure follows


@dataclass(frozen=True, slots=True)
class Settings:
    """The sections that training reads."""

    optimization: Optimization
    regularization: Regularization
    reproducibility: Reproducibility
    runtime: Runtime


def train(
    network: nn.Module,
    training: Split,
    dev: Split,
    settings: Settings,
    recipe: Recipe,
    identity: Mapping[str, Any],
    folder: Path = checkpoints.FOLDER,
    group: Group = ALONE,
) -> checkpoints.Progress:
    """Train `network` in place, resuming from a checkpoint in `folder` if there is one.

    Args:
        network: gives outputs [b, k] for what `inputs` returns; already initialised.
        training, dev: the examples to learn from, and those of the learning curves.
        settings: config sections.
        recipe: how batches are made, the loss and the schedule.
        identity: of the run; checkpoints of another identity are not used.
        folder: holds the checkpoints.
        group: the processes that train together.

    Returns:
        The loss of every step, and per epoch a row of `COLUMNS` and the target's figure.

    Raises:
        UserError: the loss is not finite, the batch is larger than the training set or cannot be
            cut into shards, the network depends on how it is cut, an operator is not deterministic
            or has different bits on different processors, a checkpoint cannot be written, or
            another process has ended.
    """
    optimization, regularization = settings.optimization, settings.regularization
    reproducibility, runtime = settings.reproducibility, settings.runtime
    part = group.rank, group.size
    size = optimization.batch_size
    seed, balance = reproducibility.seed, optimization.balance
    batches = Batches(training, size, seed, recipe.preparation, part, balance)
    steps = optimization.epochs * batches.steps_per_epoch
    inputs, target = recipe.preparation.inputs, target_of(training)
    weigh = weighing(training, optimization.class_weights)
    network.train()
    freeze(network, optimization.freeze)
    check(network, optimization.batch_size, reproducibility.shards)
    group.agree(json.dumps(identity, sort_keys=True))
    network.to(reproducibility.device)
    optimizer = build(network, optimization, regularization)
    kept = KeptWeights(network, optimization.ema, best_epoch=regularization.best_epoch)
    check_optimizer(optimizer, reproducibility)
    step = _Step(network, settings, recipe, group, weigh)
    run = _Run(
        batches.steps_per_epoch, _restored(folder, identity, network, optimizer, kept, group)
    )
    keeper = _Keeper(
        lambda: checkpoints.write(folder, identity, run.progress(), network, optimizer, kept),
        run.step,
    )
    line = TrainingLine(steps, run.step, quiet=group.rank > 0)
    name = "none" if group.rank else runtime.tracker
    params = identity.get("params", {})
    tracker = Tracker(name, checkpoints.run_name(identity), params, line.say)
    look = portable(network, reproducibility)
    if run.step < steps:
        with look:  # at the work of the loader, and of the end of an epoch
            batches[run.step]
            first = rows(dev.arrays, slice(0, 1))
            predict(network, inputs, first, target, reproducibility.chunk, ALONE, dev.labels)
    with keeper, Stop(group.rank) as stop, line, tracker:
        for batch in stream(batches, run.step, steps, runtime):
            if run.stopped_early(regularization.early_stopping):
                break
            rate = recipe.schedule(run.step, steps, optimization)
            set_rate(optimizer, rate)
            run.count(step(run.step, batch))
            with look:
                optimizer.step()
            look = nullcontext()
            kept.after_step(run.step)
            if run.at_epoch_end():
                known = (dev.arrays, target, reproducibility.chunk, group, dev.labels)
                with kept.judged():
                    answers = predict(network, inputs, *known)
                    run.close_epoch(*target.judged(answers, dev.labels))
                    kept.after_epoch(run.dev_losses())
                tracker.step(run.step, run.last_epoch(target.figure))
            if run.step % runtime.log_every == 0:
                tracker.step(run.step, {"loss": run.latest(), "learning_rate": rate})
            if line.due():
                line.show(run.step, [*run.told(optimization.epochs), f"learning rate {rate:.3g}"])
            if group.rank == 0 and (stop.asked or keeper.due(run.step, runtime)):
                keeper.keep(run.step)
            if stop.asked:
                raise KeyboardInterrupt
    kept.settle()
    line.end(run.step, run.told(optimization.epochs))
    return run.progress()


class _Step:
    """Forward and backward over the shards of one step."""

    def __init__(
        self,
        network: nn.Module,
        settings: Settings,
        recipe: Recipe,
        group: Group,
        weigh: Weigh | None,
    ) -> None:
        self._network = network
        self._settings = settings
        self._loss = recipe.loss
        self._group = group
        self._weigh, self._heeded = weigh, False
        self._gradient = Gradient(network)
        self._statistics = Statistics(network)
        watched = settings.reproducibility.shards > 1
        self._watch = Watch(network, self._statistics.layers) if watched else None
        self._look: AbstractContextManager[object] = portable(network, settings.reproducibility)
        self._shapes: AbstractContextManager[object] = _comparing()

    def __call__(self, step: int, batch: Batch) -> Tensor:
        """Set the gradient; return the loss. `batch` is this process's part of the whole batch."""
        reproducibility = self._settings.reproducibility
        shards = reproducibility.shards
        own = shards // self._group.size
        first = self._group.rank * own
        self._statistics.begin()
        with refusing(), self._look, self._shapes:
            part = fold(
                self._shard(step, number, shard)
                for number, shard in enumerate(self._cut(batch, own), first)
            )
        self._look = self._shapes = nullcontext()
        if self._watch is not None:
            self._watch.check(self._network)
            self._watch = None
        clip = self._settings.optimization.clip
        summed = self._statistics.settle(self._group.sum(part), shards)
        return self._gradient.settle(summed, shards, clip)

    def _cut(self, batch: Batch, count: int) -> list[Batch]:
        """Return the batch cut into `count` shards, each answer with its weight."""
        inputs = {name: self._parts(array, count) for name, array in batch.inputs.items()}
        targets = self._parts(batch.target, count)
        weights: Sequence[Tensor | None] = [None] * count
        if self._weigh:
            weights = self._parts(self._weigh(batch.target), count)
        return [
            Batch({name: inputs[name][at] for name in inputs}, targets[at], weights[at])
            for at in range(count)
        ]

    def _parts(self, given: Tensor, count: int) -> tuple[Tensor, ...]:
        device = self._settings.reproducibility.device
        return given.to(device, non_blocking=True).chunk(count)

    def _shard(self, step: int, shard: int, batch: Batch) -> Tensor:
        # Dropout depends on the seed, the step and the shard alone, whatever was drawn before.
        reproducibility = self._settings.reproducibility
        regularization = self._settings.regularization
        if batch.weights is not None and not self._heeded:
            refuse_ignored(self._loss, self._network, batch, regularization)
            self._heeded = True
        _seed(key(reproducibility.seed, "dropout", step, shard), reproducibility.device)
        with self._precision():
            loss = self._loss(self._network, batch, regularization)
        return self._statistics.behind(self._gradient.of(loss))

    def _precision(self) -> AbstractContextManager[object]:
        if self._settings.optimization.precision == "float32":
            return nullcontext()
        return torch.autocast(self._settings.reproducibility.device, torch.bfloat16)


@contextmanager
def _comparing() -> Iterator[None]:
    """Refuse a loss that compares each answer with every target; torch only warns of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Using a target size", UserWarning)
        try:
            yield
        except UserWarning as warning:
            raise UserError(
                f"training.py: in `loss`, {str(warning).partition(').')[0]}); give both the same "
                "shape, such as with `.squeeze(1)`, or each answer is compared with every target."
            ) from None


def _seed(number: int, device: str) -> None:
    # torch.manual_seed also probes unused devices, which takes a tenth of a millisecond.
    torch.default_generator.manual_seed(number)
    if device == "cuda":
        torch.cuda.manual_seed(number)
    elif device == "mps":
        torch.mps.manual_seed(number)


def _restored(
    folder: Path,
    identity: Mapping[str, Any],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: KeptWeights,
    group: Group,
) -> checkpoints.Progress:
    # Other machines of the group may not see this folder.
    body = group.share(None if group.rank else checkpoints.newest(folder, identity))
    if body is None:
        return checkpoints.Progress(0, [], [])
    return checkpoints.load(body, network, optimizer, kept)


class _Keeper:
    """Writes checkpoints, and tells where a run interrupted in the block will resume."""

    def __init__(self, write: Callable[[], None], step: int) -> None:
        self._write = write
        self._kept = step
        self._latest = monotonic()  # audit: the time of a checkpoint moves no bit

    def due(self, step: int, runtime: Runtime) -> bool:
        """Whether enough steps, or seconds, have passed since the last checkpoint."""
        waited = monotonic() - self._latest  # audit: the time of a checkpoint moves no bit
        return step % runtime.checkpoint_every == 0 or waited >= runtime.checkpoint_seconds

    def keep(self, step: int) -> None:
        self._write()
        self._kept = step
        self._latest = monotonic()  # audit: the time of a checkpoint moves no bit

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            place = f"resumes after step {self._kept}" if self._kept else "starts over"
            raise KeyboardInterrupt(f"run it again, or 'dvc repro': training {place}.") from None


class _Run:
    """The measurements of a run so far."""

    def __init__(self, steps_per_epoch: int, progress: checkpoints.Progress) -> None:
        self.step = progress.step
        self._steps_per_epoch = steps_per_epoch
        self._losses = list(progress.losses)
        # Losses stay on the device until they are read: each read waits for the device.
        self._pending: list[Tensor] = []
        self._curves = [list(row) for row in progress.curves]

    def count(self, loss: Tensor) -> None:
        self._pending.append(loss)
        self.step += 1

    def latest(self) -> float:
        self._settle()
        return self._losses[-1]

    def told(self, epochs: int) -> list[str]:
        """How far it is, in words; `epochs` is how many there shall be."""
        dev = [f"dev loss {row[2]:.4f}" for row in self._curves[-1:]]
        epoch = -(-self.step // self._steps_per_epoch)
        return [f"epoch {epoch} of {epochs}", f"loss {self.latest():.4f}", *dev]

    def at_epoch_end(self) -> bool:
        return self.step % self._steps_per_epoch == 0

    def close_epoch(self, dev_loss: float, figure: float) -> None:
        self._settle()
        _check(dev_loss, f"the dev loss after step {self.step - 1}")
        recent = self._losses[-self._steps_per_epoch :]
        train_loss = math.fsum(recent) / len(recent)
        epoch = self.step // self._steps_per_epoch
        self._curves.append([epoch, train_loss, dev_loss, figure])

    def last_epoch(self, figure: str) -> dict[str, float]:
        """The row of the last epoch by column; `figure` is the name of the target's."""
        return dict(zip((*COLUMNS, figure), self._curves[-1], strict=True))

    def dev_losses(self) -> list[float]:
        return [row[2] for row in self._curves]

    def stopped_early(self, patience: int) -> bool:
        """Whether the dev loss has not fallen for `patience` epochs; never if that is 0."""
        losses = self.dev_losses()
        if patience == 0 or not losses:
            return False
        return len(losses) - losses.index(min(losses)) > patience

    def progress(self) -> checkpoints.Progress:
        self._settle()
        return checkpoints.Progress(self.step, list(self._losses), self._curves)

    def _settle(self) -> None:
        for value in torch.stack(self._pending).tolist() if self._pending else []:
            _check(value, f"the loss of step {len(self._losses)}")
            self._losses.append(value)
        self._pending.clear()


def _check(loss: float, name: str) -> None:
    if not math.isfinite(loss):
        raise UserError(f"{name} is {loss}; lower optimization.learning_rate, or check the data.")
