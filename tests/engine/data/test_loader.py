"""A batch is a function of the step alone: workers, and what ran before, cannot matter."""

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handwritten_digits.model import inputs
from handwritten_digits.training import DRAWS, Augmentation, augment
from torch import Tensor
from torch.utils.data import DataLoader

from samebits.console.errors import UserError
from samebits.core.sections import Runtime
from samebits.data import loader as module
from samebits.data.fields import Field
from samebits.data.loader import Batch, Batches, Preparation, Split, stream
from samebits.data.prepared import Index

SIZE = 23


@pytest.fixture
def split() -> Split:
    images = np.random.default_rng(0).integers(0, 256, (SIZE, 1, 8, 8), dtype=np.uint8)
    labels = np.arange(SIZE, dtype=np.int64)
    return Split({"image": images}, labels, [str(label) for label in labels], "version")


def preparation(rotation: float = 10, shift: float = 0.1, flip: bool = True) -> Preparation:
    settings = Augmentation(rotation=rotation, shift=shift, flip=flip)
    return Preparation(inputs, partial(augment, settings=settings), DRAWS)


def runtime(workers: int = 0, prefetch: int = 2) -> Runtime:
    rare: dict[str, Any] = {"log_every": 1, "checkpoint_every": 1, "checkpoint_seconds": 60}
    return Runtime(processes=1, workers=workers, prefetch=prefetch, stream=False, **rare)


def make(split: Split, seed: int = 0, batch_size: int = 5) -> Batches:
    return Batches(split, batch_size, seed, preparation())


def pair(batch: Batch) -> tuple[Tensor, Tensor]:
    """The images of a batch, and their labels."""
    assert [*batch.inputs] == ["image"]
    return batch.inputs["image"], batch.target


def same(first: Iterator[Batch], two: Iterator[Batch]) -> bool:
    pairs = zip(map(pair, first), map(pair, two), strict=True)
    return all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in pairs)


def test_a_batch_does_not_depend_on_what_was_asked_before(split: Split) -> None:
    forth, back = make(split), make(split)
    steps = range(12)
    there = [forth[step] for step in steps]
    torch.rand(100)
    again = [back[step] for step in reversed(steps)]
    assert same(iter(there), reversed(again))
    assert not torch.equal(there[0].target, there[4].target)  # another epoch, another order


@pytest.mark.parametrize("name", ["index.json", "image-00000.npy", "labels.npy"])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    Index("v", "", "class", ["a"], {"image": Field("uint8", (1, 4, 4))}).write(tmp_path)
    np.save(tmp_path / "image-00000.npy", np.zeros((1, 1, 4, 4), dtype=np.uint8))
    np.save(tmp_path / "labels.npy", np.zeros(1, dtype=np.int64))
    assert Split.open(tmp_path).classes == ["a"]
    for content in (b"", b"{"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=r"damaged.*; run 'dvc repro --force prep"):
            Split.open(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(UserError, match="is missing; run 'dvc repro prepare'"):
        Split.open(tmp_path)


def test_an_epoch_shows_each_example_at_most_once(split: Split) -> None:
    batches = make(split)
    assert batches.steps_per_epoch == 4
    for epoch in range(5):
        labels = torch.cat([batches[epoch * 4 + place].target for place in range(4)]).tolist()
        assert len(set(labels)) == 20


def test_all_examples_are_seen_in_the_end(split: Split) -> None:
    labels = torch.cat([batch.target for batch in stream(make(split), 0, 40, runtime())])
    assert set(labels.tolist()) == set(range(SIZE))


def test_another_seed_is_another_order_and_other_draws(split: Split) -> None:
    images, labels = pair(make(split, seed=0)[0])
    others, other_labels = pair(make(split, seed=1)[0])
    assert not torch.equal(labels, other_labels)
    assert not torch.equal(images, others)


@pytest.mark.parametrize(("workers", "prefetch"), [(1, 1), (2, 3)])
def test_workers_change_nothing(split: Split, workers: int, prefetch: int) -> None:
    batches = make(split)
    state = torch.random.get_rng_state()
    ahead = list(stream(batches, 3, 11, runtime(workers, prefetch)))
    assert torch.equal(state, torch.random.get_rng_state())
    assert same(iter(ahead), stream(batches, 3, 11, runtime()))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no sockets with paths")
def test_a_long_path_of_the_temporary_folder_stops_no_worker(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's path may have 107 bytes; without this guard, too long a path goes unnoticed."""
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(Queue, "_on_queue_feeder_error", lambda *_: os._exit(1))
    assert len(list(stream(make(split), 3, 11, runtime(1, 1)))) == 8


def test_spawned_workers_change_nothing(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Windows and macOS start new processes as workers, and pass them a copy of the split.
    class Spawned(DataLoader[Any]):
        def __init__(self, dataset: Batches, **options: Any) -> None:
            options["multiprocessing_context"] = "spawn"
            super().__init__(dataset, **options)

    np.save(tmp_path / "images.npy", split.arrays["image"][:])
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    mapped = Split({"image": images}, split.labels, split.classes, split.version)
    monkeypatch.setattr(module, "DataLoader", Spawned)
    ahead = list(stream(make(mapped), 0, 5, runtime(workers=1)))
    assert same(iter(ahead), stream(make(split), 0, 5, runtime()))


def test_resuming_in_the_middle(split: Split) -> None:
    batches = make(split)
    for workers in (0, 1):
        whole = list(stream(batches, 0, 9, runtime()))
        rest = stream(make(split), 6, 9, runtime(workers))
        assert same(iter(whole[6:]), rest)


def test_nothing_left_to_do(split: Split) -> None:
    assert list(stream(make(split), 4, 4, runtime())) == []
    assert list(stream(make(split), 4, 4, runtime(workers=1))) == []


def test_augmentation_belongs_to_the_sample(split: Split) -> None:
    """Within an epoch, an example is augmented the same way in any batch."""
    small, large = make(split, batch_size=4), make(split, batch_size=20)
    images, labels = pair(large[0])
    examples = dict(zip(labels.tolist(), images, strict=True))
    for step in range(small.steps_per_epoch):
        for image, label in zip(*pair(small[step]), strict=True):
            torch.testing.assert_close(image, examples[int(label)], rtol=0, atol=1e-5)


def test_augmentation_changes_with_the_epoch(split: Split) -> None:
    batches = make(split, batch_size=SIZE)
    (images, labels), (two, others) = pair(batches[0]), pair(batches[1])
    assert not torch.equal(images[labels.argsort()], two[others.argsort()])


def test_no_augmentation_is_the_example(split: Split) -> None:
    images, labels = pair(Batches(split, SIZE, 0, preparation(0, 0, False))[0])
    back = (images + 1) * 127.5
    assert torch.equal(
        back.round().to(torch.uint8), torch.from_numpy(split.arrays["image"][labels.numpy()])
    )
    assert [images.min().item(), images.max().item()] == [-1, 1]


def test_a_batch_larger_than_the_data(split: Split) -> None:
    with pytest.raises(UserError, match=r"batch_size is 24, but there are only 23.*lower it"):
        make(split, batch_size=24)
    assert make(split, batch_size=23).steps_per_epoch == 1


def test_open(split: Split, tmp_path: Path) -> None:
    Index("v", "", "class", ["a"], {"image": Field("uint8", (1, 8, 8))}).write(tmp_path)
    with pytest.raises(UserError, match=r"labels\.npy is missing; run 'dvc repro prepare'"):
        Split.open(tmp_path)
    np.save(tmp_path / "image-00000.npy", split.arrays["image"][:])
    np.save(tmp_path / "labels.npy", split.labels)
    opened = Split.open(tmp_path)
    assert (opened.arrays["image"][:] == split.arrays["image"]).all()
    assert (opened.classes, opened.version) == (["a"], "v")


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
def test_parts_of_a_batch_are_the_batch(split: Split, parts: int) -> None:
    """To the bit, however much of a batch is augmented at once."""
    strong = preparation(rotation=90, shift=0.5, flip=True)
    whole = Batches(split, 8, 0, strong)
    for step in range(6):
        batches = [Batches(split, 8, 0, strong, (place, parts))[step] for place in range(parts)]
        images, labels = pair(whole[step])
        assert torch.equal(torch.cat([pair(batch)[0] for batch in batches]), images)
        assert torch.equal(torch.cat([batch.target for batch in batches]), labels)


def test_rare_classes_come_again_with_their_labels_and_changed_in_another_way() -> None:
    """Each image is its label; two classes of 15 and 5 examples."""
    labels = np.array([1] * 15 + [2] * 5, dtype=np.int64)
    images = np.repeat(labels, 64).reshape(20, 1, 8, 8).astype(np.uint8) * 60
    images[:, :, :3] += np.arange(20, dtype=np.uint8).reshape(-1, 1, 1, 1)
    split = Split({"image": images}, labels, ["", "a", "b"], "version")

    def batch(place: int = 0, parts: int = 1, *, changed: Preparation) -> Batch:
        return Batches(split, 20, 0, changed, (place, parts), 1.0)[0]

    still, turned = preparation(0, 0, False), preparation(30, 0.2, True)
    pixels, target = pair(batch(changed=still))
    assert target.tolist().count(1) == target.tolist().count(2) == 10
    assert (pixels[:, 0, -1, -1] * 127.5 + 127.5).round().div(60).tolist() == target.tolist()
    again = [at for at in range(20) if torch.equal(pixels[at], pixels[target.tolist().index(2)])]
    assert len(again) == 2
    both = pair(batch(changed=turned))[0][again]
    assert not torch.equal(*both)
    parts = [pair(batch(place, 2, changed=turned)) for place in range(2)]
    assert torch.equal(torch.cat([part for part, _ in parts]), pair(batch(changed=turned))[0])
