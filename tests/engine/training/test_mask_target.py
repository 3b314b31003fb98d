"""Of masks, only counts are kept, not pixels; their sums, and the scores of simple models."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pairs
import pytest
import torch
from numpy.typing import NDArray
from pairs import drawn
from torch import Tensor, nn

from samebits.console.errors import UserError
from samebits.data.loader import Batch, Batches, Preparation, Split
from samebits.data.shards import LazyArray
from samebits.training import warp_pair
from samebits.training.mask_target import MaskTarget
from samebits.training.pixel_regression import around
from samebits.training.predict import masks, predict
from samebits.training.target_base import target_of

NAMES = [*pairs.NAMES]
SIDE = pairs.SIDE
TARGET = MaskTarget(3, (SIDE, SIDE))


def split(count: int, first: int = 0) -> Split:
    examples = [drawn(first + number) for number in range(count)]
    images = np.stack([image for image, _ in examples])[:, np.newaxis]
    return Split({"image": images}, np.stack([mask for _, mask in examples]), NAMES, "v", "mask")


def inputs(arrays: Any) -> dict[str, Tensor]:
    return {"image": torch.from_numpy(arrays["image"]).float()}


class Bright(nn.Module):
    """Predicts 1 for bright pixels and 2 for dark ones, with some doubt."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.classes, self.sure = classes, nn.Parameter(torch.tensor(2.0))

    def forward(self, image: Tensor) -> Tensor:
        grey = image[:, 0]
        parts = [(grey >= 90) & (grey < 150), grey >= 150, grey < 90]
        return torch.stack(parts, dim=1).float()[:, : self.classes] * self.sure


def counted(split: Split, network: nn.Module, chunk: int = 16) -> NDArray[np.float64]:
    return predict(network, inputs, split.arrays, TARGET, chunk, labels=split.labels)


def test_which_it_is_follows_from_the_examples() -> None:
    assert target_of(split(2)) == TARGET
    assert (TARGET.outputs, TARGET.form, TARGET.kept) == (3, (3, SIDE, SIDE), 10)


@pytest.mark.parametrize("chunk", [1, 7, 16, 64])
def test_what_is_counted(chunk: int) -> None:
    given, network = split(20), Bright()
    counts = counted(given, network, chunk)
    said = network(inputs(given.arrays)["image"]).detach().double().numpy()
    answers, true = said.argmax(axis=1), given.labels
    for name in range(3):
        kinds = (true == name, answers == name, (true == name) & (answers == name))
        for at, kind in enumerate(kinds):
            assert counts[:, 1 + 3 * at + name].tolist() == kind.sum(axis=(1, 2)).tolist()
    logs = said - np.log(np.exp(said).sum(axis=1, keepdims=True))
    losses = -np.take_along_axis(logs, true[:, np.newaxis].astype(int), axis=1).mean(axis=(1, 2, 3))
    assert counts[:, 0] == pytest.approx(losses, rel=1e-5)
    assert (counts == counted(given, network, chunk)).all()


def test_what_masks_are_judged_by() -> None:
    counts = counted(split(20), Bright())
    loss, iou = TARGET.judged(counts, None)
    assert loss == pytest.approx(counts[:, 0].mean())
    true, said, right = counts[:, 1:].sum(axis=0).reshape(3, 3)
    assert iou == pytest.approx((right / (true + said - right)).mean())
    labels = split(20).labels
    shares = np.bincount(labels.ravel()) / labels.size
    assert TARGET.blind(labels) == pytest.approx(-(shares * np.log(shares)).sum())
    none = np.array(
        [[1.0, 4, 0, 0, 4, 0, 0, 4, 0, 0]]
    )  # classes that are neither true nor predicted
    assert TARGET.judged(none, None) == (1.0, 1.0)


def test_another_shape_is_never_taken() -> None:
    with pytest.raises(
        UserError, match=r"gives \[16, 2, 8, 8\] for 16 examples, instead of \[16, "
    ):
        counted(split(3), Bright(2))


class Asked(LazyArray):
    """Rows that are made on demand, and the most that were made at once."""

    def __init__(self, count: int, part: int) -> None:
        image, mask = drawn(0, 64)
        self.row = (image[np.newaxis], mask)[part]
        self.most = 0
        super().__init__((count, *self.row.shape), np.dtype(np.uint8))

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[Any]:
        self.most = max(self.most, len(chosen))
        return np.repeat(self.row[np.newaxis], len(chosen), axis=0)


def test_memory_does_not_grow_with_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only some numbers for each example outlive a chunk, however many pixels it has."""
    kept = list[int]()
    zeros: Callable[..., Tensor] = torch.zeros

    def seen(*size: Any, **options: Any) -> Tensor:
        padded = zeros(*size, **options)
        kept.append(padded.numel())
        return padded

    monkeypatch.setattr("samebits.training.predict.torch.zeros", seen)
    for count in (50, 800):
        images, labels = Asked(count, 0), Asked(count, 1)
        target = MaskTarget(3, (64, 64))
        said = predict(Bright(), inputs, {"image": images}, target, 8, labels=labels)
        assert said.shape == (count, 10)
        assert (images.most, labels.most) == (8, 8)
        assert kept.pop() == 10 * count


def test_simple_models_hold_few_masks_at_once() -> None:
    train, dev = (
        Split({"image": Asked(count, 0)}, Asked(count, 1), NAMES, "v", "mask")
        for count in (300, 200)
    )
    scores = target_of(train).baselines(train, {"dev": dev})
    assert [score["dev"].shape for score in scores.values()] == [(200, 10)] * 2
    for part in (train, dev):
        assert max(part.labels.most, part.arrays["image"].most) <= 64  # type: ignore[union-attr]


def test_the_masks_of_a_few_examples_are_those_that_were_counted() -> None:
    given = split(20)
    shown = masks(Bright(), inputs, given.arrays, TARGET.form, 16)
    assert (shown.dtype.name, shown.shape) == ("uint8", (20, SIDE, SIDE))
    counts = counted(given, Bright())
    right = [(shown == given.labels)[:, :].sum(axis=(1, 2)).tolist()]
    assert right == [counts[:, 7:].sum(axis=1).tolist()]


def test_simple_models_of_masks() -> None:
    train, dev = split(60), split(30, 100)
    scores = target_of(train).baselines(train, {"dev": dev})
    names = ["commonest class everywhere", "logistic regression on 5×5 neighbours of each pixel"]
    assert [*scores] == names
    majority, linear = (score["dev"] for score in scores.values())
    assert (majority[:, 4] == SIDE**2).all() and (majority[:, 5:7] == 0).all()
    shares = np.bincount(train.labels.ravel()) / train.labels.size
    expected = [-np.log(shares)[mask.ravel()].mean() for mask in dev.labels]
    assert majority[:, 0] == pytest.approx(expected, rel=1e-5)
    right = [score[:, 7:].sum() / dev.labels.size for score in (majority, linear)]
    assert right[1] > 0.95 > right[0]
    again = target_of(train).baselines(train, {"dev": dev})
    assert all((scores[name]["dev"] == again[name]["dev"]).all() for name in names)


def test_without_an_image_of_their_size_there_is_no_regression() -> None:
    train = split(4)
    other = Split({"image": np.zeros((4, 1, 4, 4), np.uint8)}, train.labels, NAMES, "v", "mask")
    assert [*target_of(other).baselines(other, {})] == ["commonest class everywhere"]


def test_the_neighbours_of_a_pixel() -> None:
    images = np.arange(2 * 2 * 4 * 3, dtype=np.uint8).reshape(2, 2, 4, 3)
    columns = around(images)
    assert columns.shape == (24, 2, 5, 5)
    assert (columns[:, :, 2, 2].reshape(2, 4, 3, 2).transpose(0, 3, 1, 2) == images).all()
    corner = columns[0, 0]
    assert (corner[:3, :3] == images[0, 0, 0, 0]).all() and corner[4, 4] == images[0, 0, 2, 2]


DRAWS = torch.rand(40, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("flip", [False, True])
def test_a_mask_turns_with_its_image(side: int, flip: bool) -> None:
    """If an image equals its mask, each pixel that clearly has a class keeps it."""
    mask = torch.from_numpy(np.stack([drawn(number, side)[1] for number in range(40)])).long()
    image = mask.float().unsqueeze(1)
    angle, shift = 2 * math.pi * DRAWS[:, 0], DRAWS[:, 1:3] - 0.5
    mirror = (DRAWS[:, 3] < 0.5) & flip
    turned, moved = warp_pair(image, mask, angle, shift, mirror)
    assert moved.dtype == torch.int64 and {*moved.flatten().tolist()} <= {0, 1, 2}
    assert (turned[:, 0] - moved).abs().max() < 2  # a mixture holds a part of the nearest
    onehot = nn.functional.one_hot(mask, 3).permute(0, 3, 1, 2).float()
    parts, _ = warp_pair(onehot, mask, angle, shift, mirror)
    sure = parts.max(dim=1)
    plain = sure.values > 0.75 + 1e-4  # the nearest of four has at least a quarter
    assert plain.float().mean() > 0.4
    assert (sure.indices[plain] == moved[plain]).all()


def test_without_a_change_both_stay() -> None:
    image, mask = torch.rand(2, 1, 4, 4), torch.zeros(2, 4, 4, dtype=torch.int64)
    none = torch.zeros(2)
    warped = warp_pair(image, mask, none, torch.zeros(2, 2), none.bool())
    assert warped[0] is image and warped[1] is mask


def test_quarter_turns_and_mirrors_are_exact() -> None:
    mask = torch.from_numpy(drawn(1)[1]).long().unsqueeze(0)
    image, none = mask.float().unsqueeze(1), torch.zeros(1, 2)
    still = torch.zeros(1, dtype=torch.bool)
    for quarters in (1, 2, 3):
        angle = torch.tensor([quarters * math.pi / 2])
        turned, moved = warp_pair(image, mask, angle, none, still)
        assert (turned[:, 0].round() == moved).all()
        assert any((moved[0] == torch.rot90(mask[0], by)).all() for by in (quarters, -quarters))
    _, moved = warp_pair(image, mask, torch.zeros(1), none, ~still)
    assert (moved == mask.flip(-1)).all()


def test_the_shipped_augmentation_turns_both(tmp_path: Path) -> None:
    training = pairs.module("training", tmp_path / "yours")
    settings = training.Augmentation(rotation=90.0, shift=0.25, flip=True)
    given = split(40)

    def augment(batch: Batch, draws: Tensor) -> Batch:
        augmented: Batch = training.augment(batch, draws, settings)
        return augmented

    def image_as_mask(arrays: Any) -> dict[str, Tensor]:
        return {"image": torch.from_numpy(arrays["image"]).float()}

    same = Split({"image": given.labels[:, np.newaxis]}, given.labels, NAMES, "v", "mask")
    batches = Batches(same, 40, 0, Preparation(image_as_mask, augment, training.DRAWS))
    plain = Batches(
        same, 40, 0, Preparation(image_as_mask, lambda images, _: images, training.DRAWS)
    )
    batch, before = batches[0], plain[0]
    assert not torch.equal(batch.target, before.target)
    whole = batch.inputs["image"][:, 0]
    exact = (whole == whole.round()) & (whole != 1)  # of 0 and 2, a mixture may be 1
    assert (whole[exact] == batch.target[exact]).all() and exact.float().mean() > 0.3
