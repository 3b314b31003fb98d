"""The facts of an image depend on its content, not on this machine, and are complete."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from catalogues import DATA, decode
from conftest import PYTHONPATH, configured
from handwritten_digits import data as yours
from image_defects import chunk, deep
from numpy.typing import NDArray
from PIL import Image, features

from samebits.console.errors import UserError
from samebits.data import image as module
from samebits.data.decoder import unreadable
from samebits.data.example import TooLarge, Unreadable

LINUX = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory as on Linux")
RISING = np.arange(64, dtype=np.uint16).reshape(8, 8)
# Decodes its inputs in order; then reports each result, and the memory used.
CHILD = """
import resource, sys
from pathlib import Path
from PIL import Image
from catalogues import decode
def kib(what):
    return int(Path("/proc/self/status").read_text().partition(what + ":")[2].split()[0])
Image.init()
room = int(sys.argv[1])
contents = [Path(name).read_bytes() for name in sys.argv[2:]]
for content in contents:
    Path("/proc/self/clear_refs").write_text("5")
    before, size = kib("VmRSS"), kib("VmSize")
    most = (size + room) * 1024 if room else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    try:
        said = decode(content, channels=3).mode
    except Exception as error:
        said = type(error).__name__
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    print(said, (kib("VmHWM") - before) * 1024)
"""


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def wide(values: NDArray[np.uint16], kind: str = "PNG", **options: object) -> bytes:
    return encoded(Image.fromarray(values.astype(np.uint16)), kind, **options)


def tiff(content: bytes, *, size: int, **tags: int) -> bytes:
    """A grey TIFF with one part; `tags` by number, as t322=16; t273 or t324 locate the part."""
    entries = {256: size, 257: size, 258: 8, 259: 1, 262: 1, 277: 1}
    entries |= {int(name[1:]): value for name, value in tags.items()}
    start = 8 + 2 + 12 * len(entries) + 4
    entries |= {key: start for key in (273, 324) if key in entries}
    rows = [struct.pack("<HHII", key, 4, 1, entries[key]) for key in sorted(entries)]
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(rows) + bytes(4) + content


def frames(kind: str) -> bytes:
    greys = [Image.new("L", (8, 8), value) for value in (10, 200)]
    return encoded(greys[0], kind, save_all=True, append_images=greys[1:])


def large(mode: str, side: int) -> Image.Image:
    tone = np.arange(side * side, dtype=np.uint8).reshape(side, side)
    return Image.merge(mode, [Image.fromarray(tone)] * len(mode))


def varied(side: int) -> dict[str, bytes]:
    """Images of one size whose decoders take much memory."""
    return {
        "RGB.png": encoded(large("RGB", side)),
        "RGBA.png": encoded(large("RGBA", side)),
        "I;16.png": wide(np.full((side, side), 9999)),
        "CMYK.jpg": encoded(large("CMYK", side), "JPEG", progressive=True),
        "RGB.jpg": encoded(large("RGB", side), "JPEG", progressive=True, subsampling=0),
        "RGBA.tif": encoded(large("RGBA", side), "TIFF", compression="tiff_lzw"),
        "P.gif": encoded(large("RGB", side), "GIF"),
        "RGB.bmp": encoded(large("RGB", side), "BMP"),
        "RGBA.webp": encoded(large("RGBA", side), "WEBP", lossless=True, method=0),
    }


def told(folder: Path, contents: dict[str, bytes], room: int = 0) -> dict[str, tuple[str, int]]:
    """A process's results on images, with `room` KiB of additional memory; 0 is unlimited."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-c", CHILD, str(room), *contents]
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    rows = (line.split() for line in run.stdout.splitlines())
    return {name: (said, int(size)) for name, (said, size) in zip(contents, rows, strict=True)}


@LINUX
def test_want_of_memory_is_no_fact_of_a_content(tmp_path: Path) -> None:
    images = varied(1500)
    little = told(tmp_path, images, room=2000)
    assert {said for said, _ in little.values()} == {"MemoryError"}, little
    assert "MemoryError" not in str(told(tmp_path, images))


@LINUX
def test_a_broken_image_is_one_where_there_is_little_memory(tmp_path: Path) -> None:
    broken = {name: content[: len(content) // 2] for name, content in varied(50).items()}
    del broken["RGBA.webp"]  # all of which is read before anything is known
    output = told(tmp_path, broken | {"a.txt": b"no image"}, room=30_000)
    assert {said for said, _ in output.values()} == {"Unreadable"}, output


@LINUX
def test_memory_is_bounded_by_the_pixels(tmp_path: Path) -> None:
    images = varied(1500)
    for name, (said, size) in told(tmp_path, images).items():
        assert said in name
        assert size + len(images[name]) < module.PIXEL_BYTES * 1500**2 + 2**22, (name, size)


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, "Too many open files")])
def test_what_the_machine_refuses_is_raised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    monkeypatch.chdir(configured(tmp_path).parent)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(type(error)):
        decode(wide(RISING))
    with pytest.raises(type(error)):
        unreadable(wide(RISING), yours, DATA)


def test_a_library_that_is_missing_is_no_fact_of_a_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: name != "webp")
    with pytest.raises(UserError, match="Pillow was built here without WEBP; install the locked"):
        decode(b"RIFF....WEBPVP8 ")


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_the_bits_in_use_become_8(bits: int, kind: str) -> None:
    content = wide(RISING * 2 ** (bits - 6), kind)
    decoded = decode(content, replace(DATA, bits=bits))
    assert (decoded.pixels[0] == RISING * 4).all()
    assert not decoded.lost


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_12_bits_in_16_are_no_darkness(kind: str) -> None:
    lost = decode(wide(RISING * 65, kind)).lost
    assert lost.startswith("it uses 12 of 16 bits, so only 16 of 256 levels are left; set data.b")
    assert not decode(wide(RISING * 0, kind)).lost
    too_bright = decode(wide(RISING * 66, kind), replace(DATA, bits=12)).lost
    assert too_bright.startswith("it has values up to 4158, more than 12 bits; raise data.bits")


def test_hot_pixels_use_no_bits() -> None:
    values = np.tile(RISING * 65, (8, 8))
    values[:4, 0] = 65535  # of 4096
    assert decode(wide(values)).lost.startswith("it uses 12 of 16 bits, so only 16 of 256")
    values[:8, 0] = 65535
    assert not decode(wide(values)).lost


def test_the_bits_that_are_used() -> None:
    for said in (14, 16):
        assert decode(wide(RISING * 256), replace(DATA, bits=said)).used == 14
    assert decode(wide(RISING)).used == 6
    assert decode(encoded(large("L", 8))).used == 0


@pytest.mark.parametrize("most", [4095, 65535])
def test_a_file_that_says_its_largest_value_is_believed(most: int) -> None:
    values = (RISING * (most // 63)).astype(">u2").tobytes()
    decoded = decode(b"P5 8 8 %d\n" % most + values, replace(DATA, bits=12))
    assert not decoded.lost
    assert abs(decoded.pixels[0].astype(int) - RISING * 255 // 63).max() <= 1


def test_the_smallest_image() -> None:
    assert (decode(b"P5 1 1 255\n\x07").pixels == 7).all()


def test_white_may_be_0_with_16_bits_too() -> None:
    values = (RISING * 1024).astype("<u2").tobytes()
    content = tiff(values, size=8, t258=16, t262=0, t273=0, t279=128)
    assert (decode(content).pixels[0] == 255 - RISING * 4).all()


@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (6, 4), (4, 2)])
def test_12_bits_in_the_16_of_colours(kind: int, channels: int) -> None:
    values = np.repeat(RISING[..., None], channels, axis=2)
    assert decode(deep(values * 65, kind)).lost.startswith("the upper ")
    assert not decode(deep(values * 1040, kind)).lost
    assert decode(deep(values * 1040, kind)).used == 16
    assert decode(deep(values * 130, kind)).used == 13  # of one image; a rule checks all of them
    hot = np.tile(values * 65, (8, 8, 1))
    hot[0, 0] = 65535
    assert decode(deep(hot, kind)).lost.startswith("the upper ")


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_an_image_that_is_transparent_everywhere(mode: str) -> None:
    image = large(mode, 8)
    image.putalpha(0)
    assert decode(encoded(image)).lost.startswith("all of it is transparent, and becomes whi")
    image.putpixel((0, 0), (9,) * len(mode))  # hardly visible
    assert decode(encoded(image)).lost.startswith("all of it is transparent")
    image.putpixel((0, 0), (99,) * len(mode))
    assert not decode(encoded(image)).lost


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_white_on_nothing(mode: str) -> None:
    image = Image.new(mode, (8, 8), "white")
    assert not decode(encoded(image)).lost
    image.putpixel((0, 0), (255,) * (len(mode) - 1) + (0,))
    assert decode(encoded(image)).lost.startswith("it shows white on a transparent back")
    image.putpixel((1, 0), (0,) * (len(mode) - 1) + (255,))
    assert not decode(encoded(image)).lost


@pytest.mark.parametrize(
    "content",
    [
        b"P4 9 2\n" + bytes(4),
        b"P5 3 2 255\n" + bytes(6),
        b"P5 3 2 65535\n" + bytes(12),
        b"P5 3 2 100\n" + bytes(6),
        b"P5 3 2 4095\n" + bytes(12),
        b"P6 3 2 255\n" + bytes(18),
        b"P6 3 2 4095\n" + bytes(36),
    ],
)
def test_a_ppm_with_another_behind_it(content: bytes) -> None:
    assert not decode(content).more
    assert decode(content + content).more


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_more_frames_than_one(kind: str) -> None:
    decoded = decode(frames(kind))
    assert decoded.more
    assert abs(decoded.pixels.astype(int) - 10).max() <= 2  # the first
    assert not decode(encoded(Image.new("L", (8, 8)), kind)).more


def test_the_second_image_of_a_photograph_is_the_same_scene() -> None:
    decoded = decode(frames("MPO"))
    assert (decoded.format, decoded.more) == ("MPO", False)


def test_channels_that_nothing_sees() -> None:
    values = bytes(range(8 * 8 * 4))
    tags = {"t262": 2, "t277": 4, "t338": 0, "t273": 0, "t279": 256}
    assert decode(tiff(values, size=8, **tags)).more


@pytest.mark.parametrize(
    "content",
    [
        encoded(Image.new("F", (8, 8)), "TIFF"),
        encoded(Image.new("I", (8, 8)), "TIFF"),
        tiff(bytes(64), size=8, t339=2, t273=0, t279=64),
    ],
)
def test_pixels_without_a_range(content: bytes) -> None:
    with pytest.raises(
        Unreadable, match="its pixels are signed or have 32 bits, so their range is unknown"
    ):
        decode(content)


@pytest.mark.parametrize("kind", ["EPS", "ICO", "JPEG2000", "AVIF", "PCX", "ICNS"])
def test_other_formats_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    content = encoded(Image.new("RGB", (32, 32)), kind)
    with pytest.raises(Unreadable, match=f"its format is {kind}, but only BMP, GIF, JPEG,"):
        decode(content)
    monkeypatch.chdir(configured(tmp_path).parent)
    assert f"its format is {kind}, but only" in unreadable(content, yours, DATA)
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("length", range(1, 16))
def test_a_file_shorter_than_any_format_is_none(length: int) -> None:
    """Some of Pillow's plugins read further than a short content reaches."""
    with pytest.raises(Unreadable, match="its format is unknown"):
        decode(b"abcdefghijklmnop"[:length])


def test_an_image_of_too_many_pixels_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = struct.pack(">IIBBBBB", 13300, 13300, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"\x78\x01")
    monkeypatch.chdir(configured(tmp_path).parent)
    assert unreadable(bomb, yours, DATA) == ""  # `validate` says what to do
    with pytest.raises(TooLarge, match=r"176\.9 million pixels, more than data\.megapixels, 64"):
        decode(bomb)


@pytest.mark.parametrize("width", [100, 101])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_the_limit_is_ours(recwarn: pytest.WarningsRecorder, width: int, kind: str) -> None:
    content, data = encoded(Image.new("L", (width, 100)), kind), replace(DATA, megapixels=0.01)
    if width == 100:
        assert decode(content, data).width == 100
    else:
        with pytest.raises(TooLarge, match=r"0\.0101 million pixels"):
            decode(content, data)
    assert not recwarn.list


@LINUX
def test_a_tile_that_is_larger_than_the_image(tmp_path: Path) -> None:
    side = 9000
    zeros = zlib.compress(bytes(side**2))
    tags = {"t259": 8, "t322": side, "t323": side, "t324": 0, "t325": len(zeros)}
    said, size = told(tmp_path, {"a.tif": tiff(zeros, size=16, **tags)})["a.tif"]
    assert said == "TooLarge"
    assert size < 2**24


def test_parts_of_a_large_image_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = varied(30)
    whole = {name: decode(content).pixels for name, content in contents.items()}
    monkeypatch.setattr(module, "BAND", 100)
    for name, content in contents.items():
        assert (decode(content).pixels == whole[name]).all(), name


def test_all_that_is_read_has_its_library() -> None:
    names = [kind for kind in module.FORMATS.values() if kind]
    check: Callable[[str], bool | None] = features.check
    assert all(map(check, names))
