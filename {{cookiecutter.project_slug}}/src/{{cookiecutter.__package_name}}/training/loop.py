"""The training loop."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from ..config import Optimization, Regularization, Reproducibility, Runtime
from ..data.batches import Batches, Split, stream
from ..errors import UserError
from ..reproducibility.streams import key
from . import checkpoints
from .optimizer import build, learning_rate, set_rate
from .prediction import predict

CURVES = ("epoch", "train_loss", "dev_loss", "dev_accuracy")


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
    identity: Mapping[str, Any],
    folder: Path = checkpoints.FOLDER,
) -> checkpoints.Progress:
    """Train `network` in place, going on from a checkpoint in `folder` where there is one.

    Args:
        network: logits [b, classes] from images [b, c, h, w]; already initialised.
        training, dev: the examples to learn from, and those the learning curves show.
        settings: config sections.
        identity: what the run is made of; a checkpoint of another identity is not used.
        folder: where checkpoints are kept.

    Returns:
        The loss of every step, and a row of `CURVES` for every epoch.

    Raises:
        UserError: the loss is not finite, the batch is larger than the training set, or a
            checkpoint cannot be written.
    """
    optimization, regularization = settings.optimization, settings.regularization
    seed, device = settings.reproducibility.seed, settings.reproducibility.device
    batches = Batches(training, optimization.batch_size, seed, regularization)
    steps = optimization.epochs * batches.steps_per_epoch
    network.to(device)
    optimizer = build(network, optimization, regularization)
    progress = checkpoints.restore(folder, identity, network, optimizer)
    run = _Run(batches.steps_per_epoch, progress or checkpoints.Progress(0, [], []))
    bar = tqdm(
        total=steps, initial=run.step, desc="train", unit=" steps", disable=None, leave=False
    )
    network.train()
    for images, labels in stream(batches, run.step, steps, settings.runtime):
        if run.stopped_early(regularization.early_stopping):
            break
        set_rate(optimizer, learning_rate(run.step, steps, optimization))
        # Dropout is a function of the seed and the step, whatever was drawn before.
        torch.manual_seed(key(seed, "dropout", run.step))
        logits = network(images.to(device, non_blocking=True))
        loss = functional.cross_entropy(
            logits, labels.to(device), label_smoothing=regularization.label_smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        run.count(loss.detach())
        if run.at_epoch_end():
            run.close_epoch(network, dev)
        if run.step % settings.runtime.log_every == 0:
            bar.set_postfix(loss=f"{run.latest():.4f}", refresh=False)
            bar.update(run.step - bar.n)
        if run.step % settings.runtime.checkpoint_every == 0:
            checkpoints.write(folder, identity, run.progress(), network, optimizer)
    bar.update(run.step - bar.n)
    bar.close()
    return run.progress()


class _Run:
    """What a run has measured so far."""

    def __init__(self, steps_per_epoch: int, progress: checkpoints.Progress) -> None:
        self.step = progress.step
        self._steps_per_epoch = steps_per_epoch
        self._losses = list(progress.losses)
        # Losses stay on the device until somebody looks: each look waits for it to finish.
        self._pending: list[Tensor] = []
        self._curves = [list(row) for row in progress.curves]

    def count(self, loss: Tensor) -> None:
        self._pending.append(loss)
        self.step += 1

    def latest(self) -> float:
        self._settle()
        return self._losses[-1]

    def at_epoch_end(self) -> bool:
        return self.step % self._steps_per_epoch == 0

    def close_epoch(self, network: nn.Module, dev: Split) -> None:
        self._settle()
        probabilities = predict(network, dev.images)
        right = probabilities[np.arange(len(dev.labels)), dev.labels].astype(np.float64)
        dev_loss = -math.fsum(math.log(max(one, 1e-12)) for one in right.tolist()) / len(right)
        _check(dev_loss, f"the dev loss after step {self.step - 1}")
        accuracy = int((probabilities.argmax(axis=1) == dev.labels).sum()) / len(right)
        recent = self._losses[-self._steps_per_epoch :]
        train_loss = math.fsum(recent) / len(recent)
        epoch = self.step // self._steps_per_epoch
        self._curves.append([epoch, train_loss, dev_loss, accuracy])

    def stopped_early(self, patience: int) -> bool:
        """Whether the dev loss has not fallen for `patience` epochs; 0 is never."""
        losses = [row[2] for row in self._curves]
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
        raise UserError(f"{name} is {loss}; lower optimization.learning_rate, or look at the data.")
