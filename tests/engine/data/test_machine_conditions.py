"""What the machine lacks or refuses stops a run, and is not stored as a fact of an example."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import decoder, filled, scratch
from conftest import PYTHONPATH
from PIL import Image

from samebits.data import index as catalogue_module
from samebits.data.decode_cache import DecodeCache
from samebits.data.index import open_catalogue
from samebits.data.source import Source

Fill = Callable[..., Path]
# Decodes with little more memory than the process already uses.
LITTLE_MEMORY = """
import dataclasses, sys
from pathlib import Path
from catalogues import decode_with_little_memory, decoder
from samebits.console.errors import run
from samebits.data.index import open_catalogue
def main():
    poor = dataclasses.replace(decoder(), decode=decode_with_little_memory)
    with open_catalogue(Path(sys.argv[2]), poor) as catalogue:
        catalogue.fill(Path(sys.argv[1]), int(sys.argv[3]))
if __name__ == "__main__":
    run(main)
"""


def fail(error: Exception) -> Callable[..., Any]:
    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


@pytest.mark.parametrize("workers", [0, 1])
def test_want_of_memory_stops_the_run_and_is_not_kept(
    tmp_path: Path, fill: Fill, python: Callable[..., Any], workers: int
) -> None:
    raw = fill(tmp_path / "raw", count=1)
    content = (np.arange(2400**2) % 251).astype(np.uint8).reshape(2400, 2400)
    Image.fromarray(content).convert("RGBA").save(raw / "tree/good.png", compress_level=1)
    given = str(raw), str(tmp_path / "decoded"), str(workers)
    run = python("-c", LITTLE_MEMORY, *given, PYTHONPATH=PYTHONPATH)
    assert run.stderr.startswith("error: tree/good.png: there is too little memory here to decode ")
    assert run.stderr.count("\n") == 1
    assert len(filled(raw, tmp_path / "decoded")) == 4
    with open_catalogue(tmp_path / "decoded", decoder()) as catalogue:
        problems = catalogue.database.execute("SELECT DISTINCT problem FROM files")
        assert problems.fetchall() == [("",)]


@pytest.mark.parametrize("code", [5, 13, 24])  # EIO, EACCES, EMFILE
def test_what_the_disk_refuses_stops_the_run_and_is_not_kept(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    raw = fill(tmp_path / "raw", count=1)
    with monkeypatch.context() as patch:
        patch.setattr(Source, "content", fail(OSError(code, os.strerror(code), "a.png")))
        with pytest.raises(OSError, match=os.strerror(code)):
            filled(raw, tmp_path / "decoded")
    assert all(row[4] == "" for row in filled(raw, tmp_path / "decoded"))


@pytest.mark.parametrize("code", [7, 10, 13, 14])  # NOMEM, IOERR, FULL, CANTOPEN
def test_a_full_disk_does_not_delete_what_was_decoded(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    raw, error = fill(tmp_path / "raw", count=1), sqlite3.OperationalError("disk")
    filled(raw, tmp_path / "decoded")
    table = scratch(tmp_path / "decoded")
    error.sqlite_errorcode = code
    monkeypatch.setattr(catalogue_module, "_opened", fail(error))
    with pytest.raises(sqlite3.OperationalError), open_catalogue(tmp_path / "decoded", decoder()):
        pass
    assert table.is_file()


def test_too_many_open_files_is_no_damaged_block(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = fill(tmp_path / "raw", count=1)
    with open_catalogue(tmp_path / "decoded", decoder()) as catalogue:
        catalogue.fill(raw, 0)
        *_, place = next(catalogue.examples())
        monkeypatch.setattr(np, "load", fail(OSError(24, "Too many open files")))
        with pytest.raises(OSError, match="Too many open files"):
            DecodeCache(catalogue)([place])
