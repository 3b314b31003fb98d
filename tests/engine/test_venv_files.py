"""Whether an environment's files are those that were locked: pytest tests/test_venv_files.py"""

from collections.abc import Callable
from pathlib import Path

import venv_files

Packed = Callable[[Path, str, bytes], Path]


def test_a_large_file_is_compared_whole(tmp_path: Path, packed: Packed) -> None:
    site = tmp_path / "lib/site-packages"
    site.mkdir(parents=True)
    file = packed(site, "large", bytes(2**20 + 1))
    file.write_bytes(bytes(2**20) + b"x")
    assert venv_files.altered(tmp_path) == {"large": ["large.py"]}


def test_a_file_that_is_gone_or_shorter(tmp_path: Path, packed: Packed) -> None:
    site = tmp_path / "lib/site-packages"
    site.mkdir(parents=True)
    packed(site, "right", b"right")
    packed(site, "gone", b"gone").unlink()
    packed(site, "cut", b"cut off").write_bytes(b"cut")
    assert venv_files.altered(tmp_path) == {"cut": ["cut.py"], "gone": ["gone.py"]}
