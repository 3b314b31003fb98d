"""Batches as a pure function of the step, so that resuming needs no loader state.

The seed, the step and the example alone decide which examples a step sees and how they are
augmented; the number of loader workers, and what ran before, cannot matter.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..console.errors import UserError
from ..core.random import uniform
from ..core.sections import Runtime
from .fields import Arrays, Shape
from .prepared import CHECKSUMS, LABELS, Index
from .sampling import draws
from .shards import Stored, open_shards, rows
from .streaming import fetch_lists, open_streamed
from .targets import TARGETS, Answers, rarest, standard

MOST_TEMPORARY = 70  # bytes of the path of a folder for sockets, whose paths have room for 107


@dataclass(frozen=True, slots=True)
class Split:
    """Prepared examples: arrays [n, ...] by name, read when they are needed, and their labels.

    Labels are numbers of classes, int64 [n]; or 1 for each of several classes that an example has,
    uint8 [n, classes]; or the answers themselves if they are numbers, float64 [n], and then `scale`
    is the mean and standard deviation of the training answers. Masks are uint8 [n, h, w], read when
    they are needed; they are not among the arrays, so no network sees them. `learnt` are the shapes
    of the arrays that `fit` of data.py returned.
    """

    arrays: Stored
    labels: Any  # NDArray, or of masks LazyArray
    classes: list[str]
    version: str
    target: str = "class"
    scale: tuple[float, ...] = ()
    learnt: Mapping[str, Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse labels that do not fit the target.

        Raises:
            UserError: their type or shape is wrong.
        """
        target = TARGETS[self.target]
        kind, wanted = np.dtype(target.dtype), [-1, *target.shape(self.classes)]
        sizes = self.labels.shape
        fits = len(sizes) == len(wanted) and all(
            length in (-1, size) for length, size in zip(wanted, sizes, strict=True)
        )
        if not fits or self.labels.dtype != kind:
            form = ["n", *(str(length) if length >= 0 else "any" for length in wanted[1:])]
            raise UserError(
                f"labels of {self.labels.dtype} {list(self.labels.shape)} are not one "
                f"{self.target} for each example, {kind} [{', '.join(form)}]; run 'dvc repro "
                "--force prepare'."
            )

    @property
    def answers(self) -> Answers:
        """The kind of the answers, and their classes."""
        return Answers(self.target, self.classes)

    def targets(self, chosen: NDArray[np.int64]) -> Tensor:
        """Return the targets of the `chosen` examples, as in a `Batch`."""
        labels = self.labels[chosen]
        if kind := TARGETS[self.target].learnt_as:
            labels = labels.astype(kind)
        return torch.from_numpy(standard(labels, self.scale) if self.scale else labels)

    @classmethod
    def open(cls, folder: Path, streamed: bool = False) -> "Split":
        """Open what the prepare stage wrote to `folder`, or what `dvc push` sent of it.

        Args:
            folder: data/prepared/<split>.
            streamed: read from DVC's remote; nothing needs to be in the folder.

        Raises:
            UserError: a file is missing or damaged, or the remote cannot be read.
        """
        source, folder = folder, lists(folder, streamed)
        index = Index.read(folder)
        field = TARGETS[index.target].field
        try:
            # As a plain array, because NumPy's memmap class is slow with each batch.
            listed = np.asarray(np.load(folder / (CHECKSUMS if field else LABELS), mmap_mode="r"))
        except FileNotFoundError as error:
            raise UserError(f"{error.filename} is missing; run 'dvc repro prepare'.") from None
        except (ValueError, TypeError, EOFError):
            raise UserError(
                f"{folder.as_posix()} holds a damaged file; run 'dvc repro --force prepare'."
            ) from None
        if streamed:
            arrays = open_streamed(source, index.fields)
        else:
            arrays = open_shards(folder, index.fields, len(listed))
        labels = arrays.pop(field) if field else listed
        kind = index.target, index.scale, index.learnt
        return cls(arrays, labels, index.classes, index.version, *kind)

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of an example's arrays, and of those that `fit` returned, by name."""
        shapes = {name: tuple(array.shape[1:]) for name, array in self.arrays.items()}
        return {**self.learnt} | shapes


def lists(folder: Path, streamed: bool) -> Path:
    """Return the folder of a split's index.json and examples.csv, fetched if `streamed`."""
    return fetch_lists(folder) if streamed else folder


class Batch(NamedTuple):
    """The arguments of the network by name, each [b, ...], and the targets.

    A target is the number of a class, int64 [b]; or 1 for each class that an example has, otherwise
    0, float32 [b, classes]; or a number, float32 [b], in standard deviations from the mean of the
    training answers; or the class of each pixel of a mask, int64 [b, h, w]. `weights` are those of
    the answers in the loss, float32 in the shape of `target`; None is 1 everywhere.
    """

    inputs: dict[str, Tensor]
    target: Tensor
    weights: Tensor | None = None


class Preparation(NamedTuple):
    """From stored arrays [b, ...] to a batch: `inputs`, then `augment` with draws [b, draws]."""

    inputs: Callable[[Arrays], dict[str, Tensor]]
    augment: Callable[[Batch, Tensor], Batch]
    draws: int


class Batches(Dataset[Batch]):
    """The batch of every step of a training run, by step.

    Args:
        split: the training examples.
        batch_size: examples in a batch.
        seed: decides the order and the augmentation.
        preparation: how stored arrays become a batch.
        part: (p, n) gives the p-th of n equal parts of each batch, p from 0.
        balance: `optimization.balance`, how equally often classes are seen.

    Raises:
        UserError: there are fewer examples than one batch needs.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        seed: int,
        preparation: Preparation,
        part: tuple[int, int] = (0, 1),
        balance: float = 0.0,
    ) -> None:
        if batch_size > len(split.labels):
            raise UserError(
                f"optimization.batch_size is {batch_size}, but there are only "
                f"{len(split.labels)} training examples; lower it."
            )
        self.split = split
        self.batch_size = batch_size
        place, parts = part
        self._part = slice(place * batch_size // parts, (place + 1) * batch_size // parts)
        self.seed = seed
        self.preparation = preparation
        self.balance = balance
        self._kinds = rarest(split.labels) if split.target == "classes" else split.labels
        # Every step has a full batch; the examples left over differ from epoch to epoch.
        self.steps_per_epoch = len(split.labels) // batch_size
        self._latest = (-1, np.empty(0, dtype=np.int64))

    def __getitem__(self, step: int) -> Batch:
        epoch, place = divmod(step, self.steps_per_epoch)
        start = place * self.batch_size
        drawn = self._order(epoch)[start : start + self.batch_size][self._part]
        inputs, augment, count = self.preparation
        changes = torch.from_numpy(uniform(self.seed, "augmentation", epoch, drawn, draws=count))
        chosen = drawn % len(self.split.labels)
        targets = self.split.targets(chosen)
        return augment(Batch(inputs(rows(self.split.arrays, chosen)), targets), changes)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        # Kept between steps only to save time; it follows from the seed and the epoch.
        if self._latest[0] != epoch:
            self._latest = (epoch, draws(self.seed, epoch, self._kinds, self.balance))
        return self._latest[1]


def stream(batches: Batches, start: int, stop: int, runtime: Runtime) -> Iterator[Batch]:
    """Yield the batches of the steps from `start` to before `stop`, prefetched by any workers."""
    if runtime.workers == 0:
        yield from (batches[step] for step in range(start, stop))
        return
    loader = DataLoader(
        _Reported(batches),
        batch_size=None,
        sampler=range(start, stop),
        num_workers=runtime.workers,
        prefetch_factor=runtime.prefetch,
        # Without its own generator, a loader draws its workers' seed from the global one.
        generator=torch.Generator().manual_seed(0),
        worker_init_fn=_begin,
    )
    for batch in loader:
        if isinstance(batch, UserError):
            raise batch
        yield batch


def _begin(_worker: int) -> None:
    """Set up a loader's worker."""
    # The training process gets the same signal, and ends its workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # A batch goes through a socket in this folder. If its path is too long, the socket cannot be
    # made; multiprocessing reports nothing, and the training process would wait forever.
    if len(os.fsencode(tempfile.gettempdir())) > MOST_TEMPORARY and Path("/tmp").is_dir():
        tempfile.tempdir = "/tmp"


class _Reported(Dataset[Batch | UserError]):
    """Returns errors instead of raising them: a loader would wrap them in a traceback."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def __getitem__(self, step: int) -> Batch | UserError:
        try:
            return self._batches[step]
        except UserError as error:
            return error
