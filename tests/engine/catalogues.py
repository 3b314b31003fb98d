"""Catalogues of tiny examples, shared by the tests of decoding."""

import resource
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conftest import shipped
from handwritten_digits import data as yours
from PIL import Image

from samebits.core.sections import Data, Task
from samebits.data.decoder import Decoder
from samebits.data.index import open_catalogue
from samebits.data.preparation import prepare

DATA, TASK = shipped(Data), shipped(Task)


def decoder(data: Data = DATA, **changed: Any) -> Decoder:
    """The shipped `decode` to 8×8 grey pixels, with some keys changed: decoder(channels=3)."""
    settings = yours.Input(**{"size": 8, "channels": 1} | changed)
    fields = yours.fields(settings)
    return Decoder(yours.decode, settings, data, fields, f"{settings} {data.bits}")


def decode_with_little_memory(content: bytes, settings: Any) -> Any:
    """The shipped `decode` in a process that may use little more memory than it already has."""
    Image.init()
    size = int(Path("/proc/self/status").read_text().partition("VmSize:")[2].split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, ((size + 10_000) * 1024, before[1]))
    try:
        return yours.decode(content, settings)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def decode(content: bytes, data: Data = DATA, **changed: Any) -> Any:
    """The pixels and facts that `decoder` returns for a content, as attributes."""
    decoded = decoder(data, **changed)(content)
    return SimpleNamespace(pixels=decoded.arrays["image"], **decoded.facts)


def run(raw: Path, folder: Path, workers: int = 0) -> tuple[dict[str, bytes], int]:
    """Prepare into shards of 7 examples: every file, and how many examples were decoded."""
    out = folder / "prepared"
    with open_catalogue(folder / "decoded", decoder()) as catalogue:
        new = prepare(catalogue, raw, out, DATA, TASK, "version", workers, shard_bytes=7 * 64)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in files}, new


def filled(raw: Path, folder: Path) -> list[tuple[object, ...]]:
    with open_catalogue(folder, decoder()) as catalogue:
        catalogue.fill(raw, workers=0)
        return catalogue.database.execute("SELECT * FROM files ORDER BY path").fetchall()


def scratch(folder: Path) -> Path:
    (file,) = folder.rglob("*.sqlite")
    return file
