"""The example data: the same bytes on every machine."""

from pathlib import Path

import pytest

from samebits.ingest import example as digits
from samebits.ingest.example import is_example, version, write

FILES = {f"{one}/{two}.png": bytes([one, two]) for one in (97, 98) for two in (1, 2)}


def test_the_digits_have_their_hash() -> None:
    made = digits.digits()
    assert len(made) == 1797
    assert version(made) == digits.VERSION


def test_the_hash_is_dvcs_and_not_the_orders() -> None:
    # As `dvc add` computes it for these four files.
    backwards = {name: FILES[name] for name in reversed(FILES)}
    for files in (FILES, backwards):
        assert version(files) == "12db64eab589d2168bc44421c136843b.dir"


def test_all_of_it_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "VERSION", version(FILES))
    write(FILES, tmp_path / "raw")
    assert is_example(tmp_path / "raw")
    (tmp_path / "raw/97/3.png").write_bytes(b"mine")
    assert not is_example(tmp_path / "raw")
