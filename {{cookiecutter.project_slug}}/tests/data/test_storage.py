"""Shards read as one array; decoding is done once, in any number of processes, and goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from {{ cookiecutter.__package_name }} import errors
from {{ cookiecutter.__package_name }}.config import Data
from {{ cookiecutter.__package_name }}.data import decoded
from {{ cookiecutter.__package_name }}.data.prepare import prepare
from {{ cookiecutter.__package_name }}.data.storage import open_shards, write_shards
from {{ cookiecutter.__package_name }}.data.validate import pictures
from {{ cookiecutter.__package_name }}.errors import UserError

Fill = Callable[..., Path]
SETTINGS: dict[str, Any] = {
    "image_size": 8,
    "channels": 1,
    "train_dev_fraction": 0.1,
    "dev_fraction": 0.15,
    "test_fraction": 0.15,
    "target": "",
    "group": "",
}
DATA = Data(**SETTINGS)
PACKAGE = errors.__name__.partition(".")[0]
# Decodes slowly, in blocks of 5, so that a kill finds it in the middle.
SLOW = f"""
import sys, time
from pathlib import Path
from {PACKAGE}.config import Data
from {PACKAGE}.data import decode, decoded
decoded.BLOCK = 5
quick = decode.decode
decode.decode = lambda *given: (time.sleep(0.02), quick(*given))[1]
data = Data(**{SETTINGS})
decoded.decode_new(sorted(Path(sys.argv[1]).rglob("*.png")), Path(sys.argv[2]), data, 0)
"""


def run(raw: Path, folder: Path, workers: int = 0) -> tuple[dict[str, bytes], int]:
    """Prepare into shards of 7 pictures: every file, and how many pictures were decoded."""
    out, store = folder / "prepared", folder / "decoded"
    new = prepare(pictures(raw), raw, out, DATA, "version", store, workers, shard_bytes=7 * 64)
    files = sorted(one for one in out.rglob("*") if one.is_file())
    return {one.relative_to(out).as_posix(): one.read_bytes() for one in files}, new


def test_shards_read_as_one_array(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (23, 3, 4, 4), dtype=np.uint8)
    write_shards(tmp_path, lambda start, stop: images[start:stop], 23, each=5)
    found = open_shards(tmp_path, 23)
    assert len(list(tmp_path.iterdir())) == 5
    assert (len(found), found.shape) == (23, images.shape)
    chosen = np.random.default_rng(1).permutation(23)
    assert (found[chosen] == images[chosen]).all()
    assert (found[3:17] == images[3:17]).all()
    assert (found[20:99] == images[20:]).all()
    assert (found[12] == images[12]).all()
    assert (found[-1] == images[-1]).all()
    with pytest.raises(IndexError):
        found[23]
    write_shards(tmp_path, lambda start, stop: images[start:stop], 8, each=5)
    assert (open_shards(tmp_path, 8)[:] == images[:8]).all()


def test_a_truncated_or_missing_shard_is_one_sentence(tmp_path: Path) -> None:
    images = np.zeros((23, 1, 8, 8), dtype=np.uint8)
    write_shards(tmp_path, lambda start, stop: images[start:stop], 23, each=5)
    shard = tmp_path / "images-00002.npy"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"images-00002\.npy is truncated or damaged; run 'dvc"):
        open_shards(tmp_path, 23)
    shard.unlink()
    with pytest.raises(UserError, match="holds 18 pictures, not 23; run 'dvc"):
        open_shards(tmp_path, 23)


def test_the_number_of_workers_moves_no_byte(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoded, "BLOCK", 11)
    raw = fill(tmp_path / "raw")
    alone, new = run(raw, tmp_path / "0")
    assert new == 90
    assert sum(name.startswith("train/images-") for name in alone) > 5
    for workers in (1, 2, 4):
        assert run(raw, tmp_path / str(workers), workers) == (alone, 90)


def test_new_data_costs_what_is_new(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoded, "BLOCK", 11)
    raw = fill(tmp_path / "raw", count=100)
    before, new = run(raw, tmp_path / "kept")
    assert new == 300
    assert run(raw, tmp_path / "kept") == (before, 0)
    for number in range(3):
        other = fill(tmp_path / f"other{number}", count=1, height=10 + number)
        (raw / f"tree/0 new {number}.png").write_bytes((other / "tree/000.png").read_bytes())
    after, new = run(raw, tmp_path / "kept")
    assert new == 3
    assert after == run(raw, tmp_path / "fresh")[0] != before


def test_a_damaged_block_is_decoded_again(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    before, _ = run(raw, tmp_path)
    (block,) = (tmp_path / "decoded").rglob("*.npy")
    block.write_bytes(block.read_bytes()[:-1])
    assert run(raw, tmp_path) == (before, 90)


def test_what_is_not_used_is_removed(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoded, "BLOCK", 30)
    raw = fill(tmp_path / "raw")
    run(raw, tmp_path)
    (tmp_path / "decoded/of another decoder").mkdir()
    for path in sorted((raw / "tree").iterdir()):
        path.unlink()
    run(raw, tmp_path)
    assert len(list((tmp_path / "decoded").rglob("*.npy"))) == 2
    assert len(list((tmp_path / "decoded").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_and_started_again(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    environment = os.environ | {"PYTHONPATH": str(Path(errors.__file__).parents[1])}
    command = [sys.executable, "-c", SLOW, str(raw), str(tmp_path / "killed/decoded")]
    with subprocess.Popen(command, env=environment) as process:
        limit = time.monotonic() + 60
        while len(list((tmp_path / "killed").rglob("*.npy"))) < 3 and time.monotonic() < limit:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    found, new = run(raw, tmp_path / "killed")
    assert 0 < new <= 75
    assert found == run(raw, tmp_path / "whole")[0]
