"""Batches as a pure function of the step, so that resuming needs no loader state.

Which examples a step sees, and how they are augmented, follows from the seed, the step and the
example alone: the number of loader workers, and what ran before, cannot matter.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..config import Regularization, Runtime
from ..errors import UserError
from ..reproducibility.artifacts import read_json
from ..reproducibility.streams import permutation, uniform
from .storage import Pictures, open_shards
from .streaming import fetch_lists, open_streamed

MOST_TEMPORARY = 70  # bytes of the path of a folder for sockets: these have room for 107


@dataclass(frozen=True, slots=True)
class Split:
    """Prepared examples: images uint8 [n, c, h, w], read when they are needed, labels int64 [n]."""

    images: NDArray[np.uint8] | Pictures
    labels: NDArray[np.int64]
    classes: list[str]
    version: str

    @classmethod
    def open(cls, folder: Path, streamed: bool = False) -> "Split":
        """Open what the prepare stage wrote to `folder`, or what `dvc push` sent of that.

        Args:
            folder: data/prepared/<split>.
            streamed: read from DVC's remote; nothing needs to be in the folder.

        Raises:
            UserError: a file is missing or damaged, or the remote cannot be read.
        """
        source, folder = folder, lists(folder, streamed)
        try:
            index = read_json((folder / "index.json").read_text(encoding="utf-8"))
            # As a plain array: NumPy's own kind for mapped files takes its time with each batch.
            labels = np.asarray(np.load(folder / "labels.npy", mmap_mode="r"))
            images = open_streamed(source) if streamed else open_shards(folder, len(labels))
            return cls(images, labels, index["classes"], index["version"])
        except FileNotFoundError as error:
            raise UserError(f"{error.filename} is not there; run 'dvc repro prepare'.") from None
        except (ValueError, KeyError, TypeError, EOFError):
            raise UserError(
                f"{folder.as_posix()} holds a damaged file; run 'dvc repro --force prepare'."
            ) from None


def lists(folder: Path, streamed: bool) -> Path:
    """Return where index.json and examples.csv of a prepared split are, fetched if `streamed`."""
    return fetch_lists(folder) if streamed else folder


def normalise(images: NDArray[np.uint8]) -> Tensor:
    """Return images as float32 in [-1, 1]."""
    return torch.from_numpy(images.copy()).float().div_(127.5).sub_(1)


def augment(images: Tensor, draws: Tensor, regularization: Regularization) -> Tensor:
    """Rotate, shift and mirror each image; new corners repeat the border.

    Args:
        images: [b, c, h, w].
        draws: [b, 4] in [0, 1): what decides angle, two shifts and mirroring of each image.
        regularization: how far to go.
    """
    if not (regularization.rotation or regularization.shift or regularization.flip):
        return images
    height, width = images.shape[-2:]
    angle = ((draws[:, 0] * 2 - 1) * (regularization.rotation * torch.pi / 180)).view(-1, 1, 1)
    shift = ((draws[:, 1:3] * 2 - 1) * regularization.shift).view(-1, 2, 1, 1)
    mirror = 1 - 2 * ((draws[:, 3] < 0.5) & regularization.flip).float().view(-1, 1, 1)
    # Pixels' centres as parts of the side, with the middle of the picture at 0.
    y = ((torch.arange(height) + 0.5) / height - 0.5).view(1, -1, 1)
    x = ((torch.arange(width) + 0.5) / width - 0.5).view(1, 1, -1) * mirror
    cosine, sine = angle.cos(), angle.sin()
    across = (x * cosine - y * sine + shift[:, 0] + 0.5) * width - 0.5
    down = (x * sine + y * cosine + shift[:, 1] + 0.5) * height - 0.5
    return _sample(images, down, across)


def _sample(images: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Return the images at places between pixels, bilinear; beyond the border its pixels repeat.

    torch's affine_grid and grid_sample would do, but give other bits on other processors even with
    the kernels that `portable` fixes. Sums and products of single numbers are the same on all.

    Args:
        images: [b, c, h, w].
        down, across: where to look, in pixels from the first: [b, h, w] each.
    """
    height, width = images.shape[-2:]
    down, across = down.clamp(0, height - 1), across.clamp(0, width - 1)
    top, left = down.floor(), across.floor()
    lower, right = (down - top).unsqueeze(1), (across - left).unsqueeze(1)
    rows = top.long(), (top.long() + 1).clamp(max=height - 1)
    columns = left.long(), (left.long() + 1).clamp(max=width - 1)
    flat = images.flatten(2)

    def corner(row: Tensor, column: Tensor) -> Tensor:
        place = (row * width + column).flatten(1).unsqueeze(1)
        return flat.gather(2, place.expand(-1, flat.shape[1], -1)).view_as(images)

    upper_edge = corner(rows[0], columns[0]) * (1 - right) + corner(rows[0], columns[1]) * right
    lower_edge = corner(rows[1], columns[0]) * (1 - right) + corner(rows[1], columns[1]) * right
    return upper_edge * (1 - lower) + lower_edge * lower


class Batches(Dataset[tuple[Tensor, Tensor]]):
    """The batch of every step of a training run: item `step` is (images, labels).

    Args:
        split: the training examples.
        batch_size: examples in a batch.
        seed: decides the order and the augmentation.
        regularization: how far to augment.
        part: (p, n) gives the p-th of n equal parts of each batch, p from 0.

    Raises:
        UserError: there are fewer examples than one batch needs.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        seed: int,
        regularization: Regularization,
        part: tuple[int, int] = (0, 1),
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
        self.regularization = regularization
        # Every step has a full batch; what an epoch's order leaves over differs in each epoch.
        self.steps_per_epoch = len(split.labels) // batch_size
        self._latest = (-1, np.empty(0, dtype=np.int64))

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        epoch, place = divmod(step, self.steps_per_epoch)
        start = place * self.batch_size
        chosen = self._order(epoch)[start : start + self.batch_size][self._part]
        draws = torch.from_numpy(uniform(self.seed, "augmentation", epoch, chosen, draws=4))
        images = augment(normalise(self.split.images[chosen]), draws, self.regularization)
        return images, torch.from_numpy(self.split.labels.take(chosen))

    def _order(self, epoch: int) -> NDArray[np.int64]:
        # Kept from step to step only to save time: it follows from the seed and the epoch.
        if self._latest[0] != epoch:
            order = permutation(self.seed, "order", epoch, len(self.split.labels))
            self._latest = (epoch, order)
        return self._latest[1]


def stream(
    batches: Batches, start: int, stop: int, runtime: Runtime
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of the steps from `start` up to `stop`, made ahead by workers if any."""
    if runtime.workers == 0:
        yield from (batches[step] for step in range(start, stop))
        return
    loader = DataLoader(
        _Reported(batches),
        batch_size=None,
        sampler=range(start, stop),
        num_workers=runtime.workers,
        prefetch_factor=runtime.prefetch,
        # Without its own generator a loader draws its workers' seed from the global one.
        generator=torch.Generator().manual_seed(0),
        worker_init_fn=_begin,
    )
    for batch in loader:
        if isinstance(batch, UserError):
            raise batch
        yield batch


def _begin(_worker: int) -> None:
    """Set up a loader's worker."""
    # The process that trains is asked to stop as well, and ends its workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # A batch goes through a socket in this folder. One with too long a path cannot be made, of
    # which multiprocessing tells nobody: the process that trains would wait for ever.
    if len(os.fsencode(tempfile.gettempdir())) > MOST_TEMPORARY and Path("/tmp").is_dir():
        tempfile.tempdir = "/tmp"


class _Reported(Dataset[tuple[Tensor, Tensor] | UserError]):
    """Returns errors instead of raising them: a loader would wrap them in a traceback."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor] | UserError:
        try:
            return self._batches[step]
        except UserError as error:
            return error
