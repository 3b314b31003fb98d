"""Shards read as one array, are written in constant memory, and change only where data does."""

import hashlib
import io
import pickle
import sys
import tracemalloc
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samebits.console.errors import UserError
from samebits.data import shard_writer
from samebits.data.fields import Field, Fields, record
from samebits.data.prepared import COLUMNS, Example, Index, read_examples, read_words
from samebits.data.shard_writer import Writer
from samebits.data.shards import LazyArray, open_shards


def example(number: int) -> Example:
    content = hashlib.md5(str(number).encode()).hexdigest()
    facts = {"width": 9, "height": 7, "brightness": number % 100 / 100}
    return Example(f"tree/{number:06d}.png", "tree", content, "", facts)


def of(*shape: int) -> Fields:
    return {"image": Field("uint8", shape)}


def opened(folder: Path, images: NDArray[np.uint8], count: int) -> LazyArray:
    """The shards of such images as one array."""
    return open_shards(folder, of(*images.shape[1:]), count)["image"]


def write(
    folder: Path, images: NDArray[np.uint8], most: int, numbers: Iterable[int] | None = None
) -> str:
    """Write images into shards of at most `most`."""
    with Writer(folder, of(*images.shape[1:]), most * images[0].size) as writer:
        for number in range(len(images)) if numbers is None else numbers:
            writer.add(example(number), number % 3, images[number].tobytes())
        return writer.close()


@pytest.fixture
def images(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    shape = getattr(request, "param", (3, 4, 4))
    return np.random.default_rng(0).integers(0, 256, (23, *shape), dtype=np.uint8)


@pytest.mark.parametrize("images", [(3, 4, 4), (1, 16, 16)], indirect=True)
def test_shards_read_as_one_array(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    assert write(tmp_path, images, 5) == hashlib.sha256(images.tobytes()).hexdigest()
    split = opened(tmp_path, images, 23)
    assert len(list(tmp_path.glob("image-*.npy"))) >= 5
    assert (len(split), split.shape) == (23, images.shape)
    chosen = np.random.default_rng(1).permutation(23)
    assert (split[chosen] == images[chosen]).all()
    assert (split[chosen[:0]] == images[chosen[:0]]).all()
    assert (split[3:17] == images[3:17]).all()
    assert (split[20:99] == images[20:]).all()
    assert (split[12] == images[12]).all()
    assert (split[-1] == images[-1]).all()
    with pytest.raises(IndexError):
        split[23]
    assert np.load(tmp_path / "labels.npy").tolist() == [number % 3 for number in range(23)]
    assert read_examples(tmp_path) == [example(number) for number in range(23)]
    write(tmp_path, images[:8], 5)
    assert (opened(tmp_path, images, 8)[:] == images[:8]).all()
    write(tmp_path, images, 100)
    assert (opened(tmp_path, images, 23)[chosen] == images[chosen]).all()


def test_many_shards_read_the_same(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    many = np.concatenate([images, images[::-1]])
    write(tmp_path, many, 1)
    assert len(list(tmp_path.glob("image-*.npy"))) == 46
    chosen = np.random.default_rng(1).permutation(46)
    assert (opened(tmp_path, many, 46)[chosen] == many[chosen]).all()


@pytest.mark.parametrize("images", [(3, 4, 4), (1, 16, 16)], indirect=True)
def test_a_batch_is_fetched_at_once(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    """However many examples a shard has: a Python step for each would be most of the work."""
    many = np.tile(images, (20, 1, 1, 1))
    write(tmp_path, many, 50)
    split = opened(tmp_path, many, len(many))
    assert len(list(tmp_path.glob("image-*.npy"))) > 15
    chosen = np.random.default_rng(1).permutation(len(many))

    def steps(count: int) -> int:
        seen = 0

        def step(frame: FrameType, _event: str, _what: Any) -> Any:
            nonlocal seen
            seen += 1
            frame.f_trace_opcodes = True
            return step

        before = sys.gettrace()
        sys.settrace(step)
        try:
            split[chosen[:count]]
        finally:
            sys.settrace(before)
        return seen

    assert steps(400) == steps(200)


def test_shards_go_to_another_process(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    write(tmp_path, images, 5)
    sent = pickle.loads(pickle.dumps(opened(tmp_path, images, 23)))
    assert (sent[:] == images).all()


def test_files_are_plain_numpy(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    write(tmp_path, images, 100)
    np.save(tmp_path / "same.npy", images)
    assert (tmp_path / "image-00000.npy").read_bytes() == (tmp_path / "same.npy").read_bytes()


def test_files_are_written_in_blocks(
    tmp_path: Path, images: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, images, 23)
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(shard_writer, "BLOCK", 130)
    sizes: list[int] = []

    class Counted(io.BytesIO):
        def write(self, content: Any) -> int:
            sizes.append(len(content))
            return super().write(content)

    file = Counted()
    rows = shard_writer._Rows(file, "|u1", images.shape[1:])
    for image in images:
        rows.add(image.tobytes())
    rows.finish()
    assert (np.load(io.BytesIO(file.getvalue())) == images).all()
    assert sizes == [130] * 9 + [128 + images.size - 9 * 130, 128]
    write(tmp_path, images, 23)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == whole


def test_a_truncated_or_missing_shard_is_one_sentence(tmp_path: Path) -> None:
    images = np.zeros((23, 1, 8, 8), dtype=np.uint8)
    write(tmp_path, images, 5)
    shard = tmp_path / "image-00002.npy"
    left = 23 - len(np.load(shard))
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"image-00002\.npy is truncated or damaged; run 'dvc"):
        opened(tmp_path, images, 23)
    for other in (np.zeros((0, 1, 8, 8), np.uint8), np.zeros((5, 1, 8, 8), np.uint8, order="F")):
        np.save(shard, other)
        with pytest.raises(UserError, match=r"image-00002\.npy is truncated or damaged; run 'dvc"):
            opened(tmp_path, images, 23)
    shard.unlink()
    with pytest.raises(UserError, match=f"holds {left} examples of image, not 23; run 'dvc"):
        opened(tmp_path, images, 23)


def test_what_the_machine_refuses_is_no_damage(
    tmp_path: Path, images: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, images, 5)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(np, "load", fail)
    with pytest.raises(OSError, match="Too many open files"):
        opened(tmp_path, images, len(images))


def test_an_error_leaves_what_was_there(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    write(tmp_path, images, 100)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    wrong = pytest.raises(ValueError, match="an example has 1 bytes, not 48")
    with wrong, Writer(tmp_path, of(3, 4, 4), 4800) as writer:
        writer.add(example(0), 0, images[0].tobytes())
        writer.add(example(1), 0, b"x")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def shards(folder: Path) -> set[str]:
    return {hashlib.md5(path.read_bytes()).hexdigest() for path in folder.glob("image-*.npy")}


def test_new_images_change_the_shards_they_fall_into(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3000, 1, 2, 2), dtype=np.uint8)
    # Thirty examples of one visit, in the middle.
    write(tmp_path / "a", images, 100, [*range(1000), *range(1030, 3000)])
    write(tmp_path / "b", images, 100)
    before, after = shards(tmp_path / "a"), shards(tmp_path / "b")
    assert 30 < len(after) < 120
    assert 1 <= len(after - before) <= 4
    sizes = [len(np.load(path)) for path in sorted((tmp_path / "b").glob("image-*.npy"))]
    assert all(25 <= size <= 100 for size in sizes[:-1])
    assert sum(sizes) == 3000


def test_memory_does_not_grow_with_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_writer, "SHARD_EXAMPLES", 1000)
    monkeypatch.setattr(shard_writer, "BLOCK", 1000)
    peaks = []
    image = np.zeros((1, 1, 2, 2), dtype=np.uint8).tobytes()
    for count in (2_000, 20_000):
        tracemalloc.start()
        with Writer(tmp_path, of(1, 2, 2), 2**26) as writer:
            for number in range(count):
                writer.add(example(number), 0, image)
            writer.close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 20_000


def test_every_example_has_the_same_facts(tmp_path: Path, images: NDArray[np.uint8]) -> None:
    other = replace(example(1), facts={"length": 3})
    words = (
        r"`decode` returned the facts length for tree/000001\.png, but width, height, .* for "
        r"others"
    )
    with pytest.raises(UserError, match=words), Writer(tmp_path, of(3, 4, 4), 4800) as writer:
        for row in (example(0), other):
            writer.add(row, 0, images[0].tobytes())
    assert not [*tmp_path.iterdir()]


def test_without_an_example_there_are_no_facts(tmp_path: Path) -> None:
    with Writer(tmp_path, of(1, 2, 2), 100) as writer:
        writer.close()
    assert read_examples(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["", "path,label\n", "{header}\ntree/a.png,tree,0\n", "{header},width\na,b,c,,wide\n"]
)
def test_a_damaged_table_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "examples.csv"
    path.write_text(text.format(header=",".join(COLUMNS)), encoding="utf-8")
    with pytest.raises(UserError, match=r"examples\.csv is truncated or damaged; run 'dvc"):
        read_examples(tmp_path)


FIELDS = {
    "series": Field("float64", (2, 3)),
    "known": Field("bool", (3,)),
    "age": Field("uint16", ()),
    "deep": Field("int8", (1,) * 12 + (7,)),
}


def test_all_arrays_are_cut_at_the_same_examples(tmp_path: Path) -> None:
    kind = record(FIELDS)
    assert kind.itemsize == 48 + 3 + 2 + 7
    draw = np.random.default_rng(0)
    content = draw.integers(0, 2, (300, kind.itemsize), dtype=np.uint8).tobytes()
    whole = np.frombuffer(content, kind)
    with Writer(tmp_path, FIELDS, 20 * kind.itemsize + 7) as writer:
        for number in range(300):
            writer.add(example(number), number % 3, whole[number].tobytes())
        assert writer.close() == hashlib.sha256(content).hexdigest()
    cuts = {
        name: [len(np.load(path)) for path in sorted(tmp_path.glob(f"{name}-*.npy"))]
        for name in FIELDS
    }
    assert len({*map(tuple, cuts.values())}) == 1
    assert 5 <= max(cuts["age"][:-1]) <= 20
    shards = open_shards(tmp_path, FIELDS, 300)
    chosen = draw.permutation(300)[:50]
    for name, array in shards.items():
        assert (array.shape, array.dtype) == (whole[name].shape, whole[name].dtype)
        assert (array[chosen] == whole[name][chosen]).all()
        assert (array[7] == whole[name][7]).all()
    checksums = np.load(tmp_path / "checksums.npy")
    assert checksums.tolist() == [zlib.crc32(array.tobytes()) for array in whole]


def test_of_an_earlier_run_nothing_is_left(tmp_path: Path) -> None:
    write(tmp_path, np.zeros((23, 1, 2, 2), dtype=np.uint8), 5)
    (tmp_path / "notes-00000.txt").write_bytes(b"")
    with Writer(tmp_path, {"age": Field("int8", ())}, 100) as writer:
        writer.add(example(0), 0, b"\x07")
        writer.close()
    names = ("age-00000.npy", "checksums.npy", "examples.csv", "labels.npy", "notes-00000.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names]


@pytest.mark.parametrize(
    "field", [Field("int8", (1, 8, 8)), Field("uint8", (8, 8)), Field("uint8", (1, 8, 9))]
)
def test_shards_of_another_field_are_one_sentence(tmp_path: Path, field: Field) -> None:
    write(tmp_path, np.zeros((23, 1, 8, 8), dtype=np.uint8), 5)
    with pytest.raises(UserError, match=r"image-00000\.npy is truncated or damaged; run 'dvc"):
        open_shards(tmp_path, {"image": field}, 23)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": "", "content": "", "classes": [], "fields": {"a": ["uint8"]}}',
        '{"version": "", "content": "", "classes": [], "fields": {"a": ["what", [1]]}}',
        '{"version": "", "content": "", "classes": [], "fields": {"a": ["uint8", [-1]]}}',
        '{"version": "", "content": "", "classes": [], "fields": 3}',
    ],
)
def test_a_damaged_index_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"index\.json is truncated or damaged; run 'dvc"):
        Index.read(tmp_path)


def test_an_index_comes_back(tmp_path: Path) -> None:
    index = Index("1", "content", "class", ["a", "b"], FIELDS)
    index.write(tmp_path)
    assert Index.read(tmp_path) == index
    assert [*Index.read(tmp_path).fields] == [*FIELDS]


def worded(folder: Path, images: NDArray[np.uint8], words: Iterable[str | None]) -> None:
    with Writer(folder, of(*images.shape[1:]), 10**9) as writer:
        for number, text in enumerate(words):
            writer.add(example(number), 0, images[number].tobytes(), text)
        writer.close()


def test_words_come_back_and_go_with_those_who_said_them(
    tmp_path: Path, images: NDArray[np.uint8]
) -> None:
    words = ["Öl", "two\nlines\u2028of", ""]
    worded(tmp_path, images, words)
    assert read_words(tmp_path, 3) == words
    with pytest.raises(UserError, match=r"words\.jsonl is truncated or damaged"):
        read_words(tmp_path, 4)
    (tmp_path / "words.jsonl").write_text('"a"\n"b\n"c"\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"words\.jsonl is truncated or damaged"):
        read_words(tmp_path, 3)
    worded(tmp_path, images, [None, None])
    assert read_words(tmp_path, 2) == [] and not (tmp_path / "words.jsonl").exists()


@pytest.mark.parametrize("words", [["a", None], [None, "a"]])
def test_all_examples_have_words_or_none(
    tmp_path: Path, images: NDArray[np.uint8], words: list[str | None]
) -> None:
    with pytest.raises(UserError, match="it must return the same facts for every example"):
        worded(tmp_path, images, words)
    assert not [*tmp_path.iterdir()]
