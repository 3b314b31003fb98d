"""One pass over the raw examples: read once, in any number of processes, resumed after a kill."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from hashlib import md5
from pathlib import Path

import numpy as np
import pytest
from catalogues import DATA, decoder, filled, run, scratch
from conftest import PYTHONPATH
from PIL import Image

from samebits.console.errors import UserError
from samebits.data import decode_workers
from samebits.data.index import Catalogue, open_catalogue
from samebits.data.source import Source

Fill = Callable[..., Path]
# Decodes slowly, in blocks of 5, so that a kill comes in the middle.
SLOW = """
import sys, time
from dataclasses import replace
from pathlib import Path
from catalogues import decoder
from samebits.data import decode_workers
from samebits.data.index import open_catalogue
decode_workers.BLOCK_EXAMPLES = 5
quick = decoder()
slow = replace(quick, decode=lambda *given: (time.sleep(0.02), quick.decode(*given))[1])
with open_catalogue(Path(sys.argv[2]), slow) as catalogue:
    catalogue.fill(Path(sys.argv[1]), 0)
"""


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_workers, "BLOCK_EXAMPLES", 11)


def test_what_is_known_of_an_example(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=1)
    wide = Image.fromarray(np.tile(np.arange(40, dtype=np.uint8), (30, 1))).convert("RGB")
    wide.save(raw / "tree/wide.png", "JPEG", quality=95)
    (raw / "tree/text.png").write_text("mine", encoding="utf-8")
    (raw / "loose.png").write_bytes((raw / "tree/000.png").read_bytes())
    query = "SELECT path, label, bytes, md5, format, width, height, mode, problem FROM files"
    with open_catalogue(tmp_path / "decoded", decoder()) as catalogue:
        assert catalogue.fill(raw, 0) == 4
        rows = {row[0]: row[1:] for row in catalogue.database.execute(query)}
        dark, rising = (
            catalogue.database.execute(f"SELECT {column} FROM files WHERE path = 'tree/wide.png'")
            for column in ("brightness", "gist")
        )
        assert 0.07 < dark.fetchone()[0] < 0.085
        gist = np.frombuffer(rising.fetchone()[0], dtype=np.uint8).reshape(8, 8)
        assert (np.diff(gist.astype(int)) > 0).all()  # brighter to the right, everywhere
    assert list(rows) == sorted(rows)
    content = (raw / "tree/wide.png").read_bytes()
    known = ("tree", len(content), md5(content).hexdigest(), "JPEG", 40, 30, "RGB", "")
    assert rows["tree/wide.png"] == known
    assert rows["tree/text.png"][-1].startswith("not a readable example (its format is unknown")
    assert rows["loose.png"][0] == ""
    assert rows["loose.png"][-1].startswith("files belong in a folder per class")


def test_another_limit_of_pixels_is_heard(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=1)
    Image.new("L", (50, 20)).save(raw / "tree/wide.png")
    (raw / "tree/000.png").write_bytes((raw / "tree/000.png").read_bytes().ljust(2**20 + 9))

    def refused(megapixels: float) -> list[str]:
        data = replace(DATA, megapixels=megapixels)
        with open_catalogue(tmp_path / "decoded", decoder(data)) as catalogue:
            catalogue.fill(raw, 0)
            rows = catalogue.database.execute("SELECT path FROM files WHERE rule = 'too-large'")
            kept = [path for path, *_ in catalogue.examples()]
            names = [path for (path,) in rows]
            assert len(kept) + len(names) == 4
            assert not {*kept} & {*names}
            return names

    limits = [(0.001, []), (0.0009, ["tree/wide.png"]), (1e-6, 4), (0.0009, 1), (0.001, 0)]
    for limit, names in limits:
        words = refused(limit)
        assert words == names or len(words) == names


@pytest.mark.usefixtures("small_blocks")
def test_the_number_of_workers_moves_no_byte(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    alone, new = run(raw, tmp_path / "0")
    assert new == 90
    assert sum(name.startswith("train/image-") for name in alone) > 5
    for workers in (1, 2, 4):
        assert run(raw, tmp_path / str(workers), workers) == (alone, 90)


@pytest.mark.usefixtures("small_blocks")
def test_new_data_costs_what_is_new(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = fill(tmp_path / "raw", count=100)
    before, new = run(raw, tmp_path / "kept")
    assert new == 300
    opened: list[str] = []
    content = Source.content

    def counted(source: Source, folder: Path) -> bytes:
        opened.append(source.path)
        return content(source, folder)

    monkeypatch.setattr(Source, "content", counted)
    assert run(raw, tmp_path / "kept") == (before, 0)
    assert opened == []
    for number in range(3):
        other = fill(tmp_path / f"other{number}", count=1, height=10 + number)
        (raw / f"tree/0 new {number}.png").write_bytes((other / "tree/000.png").read_bytes())
    after, new = run(raw, tmp_path / "kept")
    assert new == 3
    assert opened == [f"tree/0 new {number}.png" for number in range(3)]
    assert after == run(raw, tmp_path / "fresh")[0] != before


def test_a_file_that_only_looks_new_is_not_decoded(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    before, _ = run(raw, tmp_path)
    for path in sorted(raw.rglob("*.png")):
        os.utime(path, ns=(1, 1))
    assert run(raw, tmp_path) == (before, 0)


def test_a_change_with_the_old_size_and_time_is_seen(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=30)
    run(raw, tmp_path)
    path = raw / "tree/007.png"
    status = path.stat()
    path.write_bytes((raw / "circle/007.png").read_bytes())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    after, new = run(raw, tmp_path)
    assert new == 1
    assert after == run(raw, tmp_path / "fresh")[0]


def test_what_is_gone_is_forgotten(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    rows = filled(raw, tmp_path / "decoded")
    (raw / "tree/003.png").unlink()
    (raw / "tree/004.png").rename(raw / "circle/new name.png")
    after = filled(raw, tmp_path / "decoded")
    assert len(after) == len(rows) - 1
    assert {row[0] for row in after} - {row[0] for row in rows} == {"circle/new name.png"}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("change", ["cut", "gone", "flipped"])
def test_a_damaged_block_is_decoded_again(tmp_path: Path, fill: Fill, change: str) -> None:
    raw = fill(tmp_path / "raw")
    before, _ = run(raw, tmp_path)
    block = sorted((tmp_path / "decoded").rglob("*.npy"))[3]
    content = block.read_bytes()
    block.write_bytes(content[:-1] if change == "cut" else content[:-1] + b"?")
    if change == "gone":
        block.unlink()
    after, new = run(raw, tmp_path)
    assert after == before
    assert 0 < new <= 11


@pytest.mark.parametrize("change", ["cut", "short", "text", "empty"])
def test_a_damaged_table_is_made_anew(tmp_path: Path, fill: Fill, change: str) -> None:
    raw = fill(tmp_path / "raw")
    before, _ = run(raw, tmp_path)
    table = scratch(tmp_path)
    content = table.read_bytes()
    damaged = {"cut": content[: len(content) // 2], "short": content[:99], "empty": b""}
    table.write_bytes(damaged.get(change, b"not a database at all\n" * 500))
    assert run(raw, tmp_path) == (before, 90)


@pytest.mark.usefixtures("small_blocks")
def test_what_is_not_used_is_removed(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    run(raw, tmp_path)
    (tmp_path / "decoded/of another decoder").mkdir()
    (scratch(tmp_path).parent / ".a block.npy.half").write_bytes(b"x")
    for path in sorted((raw / "tree").iterdir()):
        path.unlink()
    run(raw, tmp_path)
    assert len(list((tmp_path / "decoded").rglob("*.npy"))) == 6
    assert not list((tmp_path / "decoded").rglob("*.half"))
    assert len(list((tmp_path / "decoded").iterdir())) == 1


def test_one_process_at_a_time(tmp_path: Path) -> None:
    other = open_catalogue(tmp_path, decoder())
    with (
        open_catalogue(tmp_path, decoder()),
        pytest.raises(UserError, match="another process is using"),
    ):
        other.__enter__()
    with open_catalogue(tmp_path, decoder()):
        pass


def planted(catalogue: Catalogue, count: int) -> None:
    """Plant rows without reading any file."""
    facts = '{"format": "PNG", "mode": "L", "width": 8, "height": 8, "brightness": 0.5}'
    row = (1, "0" * 32, "", "", facts, b"7", "block", 0, 0, "", 0, "stamp", None, "")
    rows = ((f"tree/{number:07d}.png", "tree", *row) for number in range(count))
    marks = ", ".join("?" * (2 + len(row)))
    with catalogue.database:
        catalogue.database.execute("DELETE FROM files")
        catalogue.database.executemany(f"INSERT INTO files VALUES ({marks})", rows)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    with open_catalogue(tmp_path, decoder()) as catalogue:
        for count in (2_000, 20_000):
            planted(catalogue, count)
            tracemalloc.start()
            assert sum(1 for _ in catalogue.examples()) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 10_000
    assert peaks[1] < 200_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_and_started_again(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    given = [str(raw), str(tmp_path / "killed/decoded")]
    with subprocess.Popen([sys.executable, "-c", SLOW, *given], env=environment) as process:
        limit = time.monotonic() + 60
        while len(list((tmp_path / "killed").rglob("*.npy"))) < 3 and time.monotonic() < limit:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    first, new = run(raw, tmp_path / "killed")
    assert 0 < new <= 80
    assert first == run(raw, tmp_path / "whole")[0]
