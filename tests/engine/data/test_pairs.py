"""An image and its mask are one example: found, refused, read, packed and stored together."""

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pairs
import pytest
import torch
from numpy.typing import NDArray
from pairs import DATA, NAMES, SIDE, TASK, drawn, filled, pair, png

from samebits.console.errors import UserError
from samebits.core.sections import Data
from samebits.data.decoder import Decoder
from samebits.data.example import Unreadable
from samebits.data.fields import Field
from samebits.data.folder import read_labelled
from samebits.data.index import open_catalogue
from samebits.data.joined import content_md5, joined, parted
from samebits.data.loader import Split
from samebits.data.preparation import prepare
from samebits.data.prepared import LABELS, Index
from samebits.data.readers import Pairs, reader_named, reader_of
from samebits.data.source import archives
from samebits.data.splits import SPLITS, split_of
from samebits.data.tar_layout import pack, unpack
from samebits.data.targets import Answers

READER = Pairs()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return filled(tmp_path / "raw")


@pytest.fixture
def decoder(tmp_path: Path) -> Decoder:
    return pairs.decoder(tmp_path / "yours")


def problems(raw: Path) -> dict[str, tuple[str, str]]:
    return {
        source.path: (source.rule, source.problem) for source in READER.sources(raw) if source.rule
    }


def test_the_examples(tmp_path: Path) -> None:
    raw = filled(tmp_path, 2)
    pair(raw, "b/deep.er", 3)
    (raw / "images/001.png").rename(raw / "images/001.JPG")
    sources = {source.path: source for source in READER.sources(raw)}
    assert {path: source.answer for path, source in sources.items()} == {
        "images/000.png": "masks/000.png",
        "images/001.JPG": "masks/001.png",
        "images/b/deep.er.png": "masks/b/deep.er.png",
    }
    again = pickle.loads(pickle.dumps(READER))
    for source in sources.values():
        content = again.content(source, raw)
        files = [(raw / path).read_bytes() for path in (source.path, source.answer)]
        assert parted(content) == tuple(files)
        halves = [hashlib.md5(file).hexdigest()[:16] for file in files]
        assert READER.md5(content) == "".join(halves)


def test_what_stands_alone_or_twice(tmp_path: Path) -> None:
    raw = filled(tmp_path, 5)
    (raw / "masks/000.png").unlink()
    (raw / "images/001.png").unlink()
    (raw / "images/002.jpg").write_bytes(b"")
    (raw / "masks/003.PNG").write_bytes(b"")
    (raw / "masks/005.jpg").write_bytes(b"")
    (raw / "loose.png").write_bytes(b"")
    (raw / "images.csv").write_bytes(b"")
    both = (
        "images/002.jpg and images/002.png share a name, but masks/002.png is the mask of only one;"
    )
    assert problems(raw) == {
        "images/000.png": (
            "unlabelled",
            "there is no mask masks/000.png; add it, or remove the image",
        ),
        "images/002.jpg": ("unlabelled", f"{both} keep that one"),
        "images/002.png": ("unlabelled", f"{both} keep that one"),
        "images/003.png": (
            "unlabelled",
            "masks/003.PNG and masks/003.png are both its masks; keep one of them",
        ),
        "images.csv": ("misplaced", "images belong in images, their masks in masks; move it there"),
        "loose.png": ("misplaced", "images belong in images, their masks in masks; move it there"),
        "masks/001.png": (
            "missing-file",
            "there is no image images/001 of any type; add it, or remove the mask",
        ),
        "masks/005.jpg": (
            "misplaced",
            "masks must be PNG files, as other types change pixels; save it as .png",
        ),
    }


def test_the_section_task() -> None:
    assert reader_of(TASK, DATA) == reader_named("pairs", "", "") == READER


IMAGE, MASK = drawn(0)
WIDE = np.zeros((SIDE, SIDE + 1), dtype=np.uint8)
DEEP = (MASK.astype(np.uint16) * 256).astype(np.uint16)


@pytest.mark.parametrize(
    ("image", "mask", "words"),
    [
        (b"", png(MASK), "empty file"),
        (png(IMAGE), b"", "its mask is empty; save it as a PNG of 8 bits, in which each pixel is"),
        (png(IMAGE), b"GIF89a", "its mask is not a PNG; save it as a PNG of 8 bits"),
        (png(IMAGE), png(WIDE), "its mask has 9×8 pixels, but the image 8×8; save both at one"),
        (png(IMAGE), png(MASK, "RGB"), "its mask: it has 8 bits, mode RGB, not one channel of"),
        (png(IMAGE), png(MASK, "LA"), "its mask: it has 8 bits, mode LA, not one channel of 8"),
        (png(IMAGE), png(MASK, "1"), "its mask: it has 1 bits, mode 1, not one channel of 8"),
        (png(IMAGE), png(DEEP), "its mask: it has 16 bits, mode I;16, not one channel of 8"),
        (png(IMAGE), png(MASK)[:-12], "its mask: it is truncated"),
        (png(IMAGE), png(MASK)[:40], "its mask: "),
    ],
)
def test_what_is_no_mask(decoder: Decoder, image: bytes, mask: bytes, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decoder(joined(image, mask))
    assert str(caught.value).startswith(words)


def test_one_file_is_no_pair(decoder: Decoder) -> None:
    for content in (b"", png(IMAGE)):
        with pytest.raises(Unreadable, match="it is one file, not an image with its mask"):
            decoder(content)


@pytest.mark.parametrize("mode", ["L", "P"])
def test_what_is_decoded(decoder: Decoder, mode: str) -> None:
    decoded = decoder(joined(png(IMAGE), png(MASK, mode)))
    assert (decoded.arrays["image"][0] == IMAGE).all()
    assert (decoded.arrays["mask"] == MASK).all()
    assert decoded.facts["pixels"] == " ".join(map(str, np.bincount(MASK.ravel()).tolist()))
    assert decoded.facts["filled"] == pytest.approx((MASK > 0).mean())


def test_a_resized_mask_stays_of_classes(tmp_path: Path) -> None:
    """Resizing never makes a 1 between 0 and 2."""
    mask = (MASK > 0).astype(np.uint8) * 2
    for size in (5, 6, 13, 24):
        decoded = pairs.decoder(tmp_path / "yours", size=size)(joined(png(IMAGE), png(mask)))
        assert decoded.arrays["mask"].shape == (size, size)
        assert {*np.unique(decoded.arrays["mask"]).tolist()} == {0, 2}


def prepared(raw: Path, folder: Path, decoder: Decoder, data: Data = DATA) -> dict[str, bytes]:
    with open_catalogue(folder / "decoded", decoder, READER) as catalogue:
        prepare(catalogue, raw, folder / "prepared", data, TASK, "v", shard_bytes=9 * 128)
    out = folder / "prepared"
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def test_what_is_stored(raw: Path, tmp_path: Path, decoder: Decoder) -> None:
    for split in SPLITS:  # as a run with another target left it
        (tmp_path / "prepared" / split).mkdir(parents=True)
        (tmp_path / "prepared" / split / LABELS).write_bytes(b"old")
    prepared_files = prepared(raw, tmp_path, decoder)
    assert not any(LABELS in name for name in prepared_files)
    assert {"train/image-00000.npy", "train/mask-00001.npy"} <= prepared_files.keys()
    seen = 0
    for split in SPLITS:
        index = Index.read(tmp_path / "prepared" / split)
        assert (index.target, index.classes) == ("mask", [*NAMES])
        opened = Split.open(tmp_path / "prepared" / split)
        assert [*opened.arrays] == ["image"] and opened.shapes() == {"image": (1, SIDE, SIDE)}
        table = prepared_files[f"{split}/examples.csv"].decode().splitlines()
        assert table[0].split(",")[:6] == ["path", "label", "md5", "group", "width", "height"]
        assert "pixels" not in table[0] and table[0].endswith(",brightness,filled")
        for row, line in enumerate(table[1:]):
            number = int(line[len("images/") :][:3])
            image, mask = drawn(number)
            assert line.split(",")[1] == f"masks/{number:03d}.png"
            assert (opened.arrays["image"][row][0] == image).all()
            assert (opened.labels[row] == mask).all()
            seen += 1
        chosen = np.arange(len(opened.labels))[::-1].copy()
        targets = opened.targets(chosen)
        assert (targets.dtype, [*targets.shape]) == (torch.int64, [len(chosen), SIDE, SIDE])
        assert (targets.numpy() == opened.labels[chosen]).all()
    assert seen == 40


def test_a_mask_is_part_of_the_content(raw: Path, tmp_path: Path, decoder: Decoder) -> None:
    """Another mask is decoded again; it changes what is stored, but not dev or test."""
    before = prepared(raw, tmp_path, decoder)
    _, other = drawn(99)
    (raw / "masks/003.png").write_bytes(png(other))
    after = prepared(raw, tmp_path, decoder)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    folders = {name.partition("/")[0] for name in changed}
    assert len(folders) <= 2 and folders & {"dev", "test"} in (set(), folders)
    assert any("mask-" in name for name in changed)
    fresh = prepared(raw, tmp_path / "fresh", decoder)
    assert fresh == after


def test_a_mask_drawn_anew_moves_no_example_to_another_side() -> None:
    for number in range(200):
        image, _ = drawn(number)
        masks = [png(drawn(other)[1]) for other in (1, 2)]
        hashes = [content_md5(joined(png(image), mask)) for mask in masks]
        sides = [split_of("a", md5, "", DATA) for md5 in hashes]
        assert hashes[0] != hashes[1]
        assert sides[0] == sides[1] or not {*sides} & {"dev", "test"}


def test_there_and_back(raw: Path, tmp_path: Path, decoder: Decoder) -> None:
    before = {path.name: path.read_bytes() for path in sorted(raw.rglob("*.png"))}
    stored = prepared(raw, tmp_path / "files", decoder)
    assert pack(raw, 3000, READER) == 80
    assert len(archives(raw)) > 2 and not (raw / "masks").exists()
    assert prepared(raw, tmp_path / "packed", decoder) == stored
    # A loose file takes precedence over a packed one, for image and mask.
    _, other = drawn(99)
    (raw / "masks").mkdir()
    (raw / "masks/003.png").write_bytes(png(other))
    (source,) = (source for source in READER.sources(raw) if source.path == "images/003.png")
    assert parted(READER.content(source, raw))[1] == png(other)
    assert unpack(raw, READER) == 80
    after = {path.name: path.read_bytes() for path in sorted(raw.rglob("*.png"))}
    assert after == before | {"003.png": after["003.png"]}


def test_nothing_is_packed_that_stands_elsewhere(raw: Path) -> None:
    (raw / "notes.txt").write_bytes(b"mine")
    with pytest.raises(
        UserError, match=r"notes\.txt: images belong in images.*Nothing was changed"
    ):
        pack(raw, reader=READER)
    assert archives(raw) == []


def test_a_folder_from_use(tmp_path: Path, decoder: Decoder) -> None:
    raw = filled(tmp_path / "use", 3)
    labelled = read_labelled(raw, decoder, Answers("mask", [*NAMES]), READER)
    assert [*labelled.arrays] == ["image"]
    masks: NDArray[np.uint8] = labelled.labels
    assert (masks[2] == drawn(2)[1]).all()
    with pytest.raises(UserError, match=r"images/000\.png: its mask has the value 2, and data\.cl"):
        read_labelled(raw, decoder, Answers("mask", [*NAMES[:2]]), READER)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (None, "declares none"),
        (Field("int64", (SIDE, SIDE)), r"declares int64 \[8, 8\]"),
        (Field("uint8", (SIDE,)), r"declares uint8 \[8\]"),
    ],
)
def test_the_answer_must_be_announced(
    raw: Path, tmp_path: Path, decoder: Decoder, field: Field | None, words: str
) -> None:
    fields = {"image": decoder.fields["image"]} | ({"mask": field} if field else {})
    given = decoder.decode

    def decode(content: bytes, settings: object) -> object:
        decoded = given(content, settings)
        arrays = {"image": decoded.arrays["image"]}
        if field:
            arrays["mask"] = decoded.arrays["mask"].astype(field.dtype)[
                tuple([slice(None)] * len(field.shape)) if len(field.shape) > 1 else 0
            ]
        return decoded._replace(arrays=arrays)

    changed = Decoder(decode, decoder.settings, DATA, fields, words)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=rf"`mask`, uint8 with 2 axes, but `fields` {words}"):
        prepared(raw, tmp_path, changed)


def test_the_place_of_the_mask_stands_in_the_stamp(raw: Path) -> None:
    pack(raw, 3000, READER)
    for source in READER.sources(raw):
        _, path, file, offset, size, _ = json.loads(source.stamp)
        with (raw / file).open("rb") as archive:
            archive.seek(offset)
            assert archive.read(size) == png(drawn(int(path[6:9]))[1])


@pytest.mark.parametrize("kind", ["images", "masks"])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, decoder: Decoder, kind: str) -> None:
    raw = filled(tmp_path / "raw", 2)
    with (raw / kind / "001.png").open("ab") as file:
        file.write(bytes(2**21))
    small = replace(decoder, data=replace(DATA, megapixels=0.001))
    with open_catalogue(tmp_path / "decoded", small, READER) as catalogue:
        catalogue.fill(raw, workers=0)
        query = "SELECT path, rule FROM files WHERE rule <> ''"
        assert catalogue.database.execute(query).fetchall() == [("images/001.png", "too-large")]
