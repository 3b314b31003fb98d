"""Data sets of images with a known defect: `OF_IMAGES[rule]`."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
from defects import Case, image_file
from numpy.typing import NDArray
from PIL import Image


def too_large(raw: Path) -> None:
    image_file(raw / "tree/vast.png", size=(50, 40))


def lost_content(raw: Path) -> None:
    image_file(raw / "tree/camera.png")
    pixels = np.asarray(Image.open(raw / "tree/camera.png")).astype(np.uint16)
    Image.fromarray(pixels * 16).save(raw / "tree/camera.png")
    Image.fromarray(pixels * 16).save(raw / "tree/camera.tif")


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def deep(values: NDArray[np.uint16], kind: int = 2) -> bytes:
    """A PNG with 16 bits per channel, which Pillow cannot write: [h, w, channels]."""
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, width * channels)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def unused_bits(raw: Path) -> None:
    image_file(raw / "tree/camera.png")
    pixels = np.asarray(Image.open(raw / "tree/camera.png")).astype(np.uint16)
    for factor in (32, 64):  # 13 and 14 bits
        Image.fromarray(pixels * factor).save(raw / f"tree/camera-{factor}.png")
        colours = np.repeat(pixels[..., None] * factor, 3, axis=2)
        (raw / f"tree/colours-{factor}.png").write_bytes(deep(colours))
    (raw / "tree/camera.png").unlink()


def more_frames(raw: Path) -> None:
    image_file(raw / "tree/a.png")
    image_file(raw / "tree/b.png")
    first, second = (Image.open(raw / f"tree/{name}.png") for name in "ab")
    first.save(raw / "tree/moves.gif", save_all=True, append_images=[second])
    first.save(raw / "tree/pages.tif", save_all=True, append_images=[second])
    (raw / "tree/a.png").unlink()
    (raw / "tree/b.png").unlink()


def wrong_type(raw: Path) -> None:
    image_file(raw / "tree/a.png")
    (raw / "tree/a.png").rename(raw / "tree/a.jpg")
    Image.new("L", (9, 9), 200).save(raw / "tree/b.png", "GIF")
    image_file(raw / "tree/c.png")
    (raw / "tree/c.png").rename(raw / "tree/c.TXT")


def near_duplicate(raw: Path) -> None:
    pixels = np.asarray(Image.open(raw / "tree/004.png")).copy()
    pixels[4, 4] ^= 3
    Image.fromarray(pixels).save(raw / "tree/nearly.png")


def odd_size(raw: Path) -> None:
    image_file(raw / "tree/wide.png", size=(90, 9))
    image_file(raw / "tree/low.png", size=(9, 2))


def odd_mode(raw: Path) -> None:
    image_file(raw / "tree/colour.png", mode="RGB")


def reference(raw: Path, kind: str, place: int) -> None:
    bins = {"brightness": 20, "size": 40}
    statistics = {name: [0] * count for name, count in bins.items()}
    statistics["brightness"][2] = statistics["brightness"][7] = statistics["brightness"][13] = 12
    statistics["size"][6] = 36
    statistics[kind] = [36 * (index == place) for index in range(bins[kind])]
    release = {"version": "1.4", "data": "f" * 32, "statistics": statistics}
    raw.with_name("reference.json").write_text(json.dumps([release]), encoding="utf-8")


OF_IMAGES = {
    "too-large": Case(
        too_large,
        ("tree/vast.png: 0.002 million pixels, more than data.megapixels, 0.001; make it smal",),
        {"megapixels": 0.001},
    ),
    "lost-content": Case(
        lost_content,
        ("tree/camera.png: it uses 12 of 16 bits", "tree/camera.tif: it uses 12 of 16 bits"),
        beside=("near-duplicates",),
    ),
    "wrong-type": Case(
        wrong_type,
        (
            *(
                "tree/a.jpg: its content is PNG, despite its extension .jpg",
                "tree/b.png: its content is GIF",
            ),
            "tree/c.TXT: its content is PNG, despite its extension .txt; rename or convert it",
        ),
    ),
    "more-frames": Case(
        more_frames,
        (
            "tree/moves.gif: it has more frames, pages or channels than are used; save",
            "tree/pages.tif: it has more frames",
        ),
        beside=("near-duplicates",),
    ),
    "near-duplicates": Case(near_duplicate, ("tree/004.png and tree/nearly.png differ by 0.0",)),
    "odd-size": Case(
        odd_size, ("tree/low.png: 9×2 pixels, but the median is 9×9", "tree/wide.png: 90×9")
    ),
    "odd-mode": Case(
        odd_mode, ("tree/colour.png: colour mode RGB, as in 1 of 37",), {"odd_mode": 0.1}
    ),
    "unused-bits": Case(
        unused_bits,
        (
            "none of 2 image(s) with 16-bit grey uses more than 14 of 16 bits, so only",
            "none of 2 image(s) with 16-bit colour uses more than 14 of 16 bits, so only",
        ),
        beside=("near-duplicates", "brightness-drift"),
    ),
    "brightness-drift": Case(
        lambda raw: reference(raw, "brightness", 19),
        ("brightness: 100.0 % of the examples have moved since data version 1.4",),
        {"drift": 0.5},
    ),
    "size-drift": Case(
        lambda raw: reference(raw, "size", 12),
        ("size: 100.0 % of the examples have moved since data version 1.4",),
        {"drift": 0.5},
    ),
}
