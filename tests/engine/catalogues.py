"""Catalogues of tiny pictures: what the tests of decoding share."""

from dataclasses import replace
from pathlib import Path

from samebits.core.sections import Data
from samebits.core.config import read
from samebits.data.index import open_catalogue
from samebits.data.prepare import prepare

PARAMS = Path(__file__).parents[1] / "params.yaml"
DATA = replace(read(Data, PARAMS), image_size=8, channels=1)


def run(raw: Path, folder: Path, workers: int = 0) -> tuple[dict[str, bytes], int]:
    """Prepare into shards of 7 pictures: every file, and how many pictures were decoded."""
    out = folder / "prepared"
    with open_catalogue(folder / "decoded", DATA) as catalogue:
        new = prepare(catalogue, raw, out, DATA, "version", workers, shard_bytes=7 * 64)
    files = sorted(one for one in out.rglob("*") if one.is_file())
    return {one.relative_to(out).as_posix(): one.read_bytes() for one in files}, new


def filled(raw: Path, folder: Path) -> list[tuple[object, ...]]:
    with open_catalogue(folder, DATA) as catalogue:
        catalogue.fill(raw, DATA, workers=0)
        return catalogue.database.execute("SELECT * FROM files ORDER BY path").fetchall()


def scratch(folder: Path) -> Path:
    (found,) = folder.rglob("*.sqlite")
    return found
