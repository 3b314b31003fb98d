"""The manifest of the engine lists what is shipped.

Run with `python -m pytest tests/test_manifest.py`; `make manifest` updates it.
"""

import hashlib
from pathlib import Path

import pytest

import manifest


def test_it_lists_the_shipped_files() -> None:
    shipped = (manifest.TEMPLATE / manifest.NAME).read_text(encoding="utf-8")
    assert shipped == manifest.text(manifest.TEMPLATE), "run `make manifest`"
    assert shipped.startswith("samebits 2.0\n")
    for name in ("src/samebits/__main__.py", "src/samebits/audit/manifest.py", "scripts/venv"):
        assert f"  {name}\n" in shipped


def test_it_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "TEMPLATE", tmp_path)
    (tmp_path / "src/samebits").mkdir(parents=True)
    for text in ("X = 1\n", "X = 2\n"):
        (tmp_path / "src/samebits/a.py").write_text(text, encoding="utf-8", newline="\n")
        assert manifest.main() == 0
        digest = hashlib.sha256(text.encode()).hexdigest()
        written = (tmp_path / manifest.NAME).read_bytes().decode()
        assert written == f"samebits 2.0\n{digest}  src/samebits/a.py\n"


def test_a_changed_byte_and_a_new_file_change_it(tmp_path: Path) -> None:
    file = tmp_path / "src/samebits/core/a.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"X = 1\n")
    before = manifest.text(tmp_path)
    file.write_bytes(b"X = 2\n")
    assert manifest.text(tmp_path) != before
    file.write_bytes(b"X = 1\n")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/venv").touch()
    assert manifest.text(tmp_path) != before


def test_line_ends_and_bytecode_do_not(tmp_path: Path) -> None:
    file = tmp_path / "src/samebits/core/a.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"X = 1\n")
    before = manifest.text(tmp_path)
    file.write_bytes(b"X = 1\r\n")
    (file.parent / "__pycache__").mkdir()
    (file.parent / "__pycache__/a.cpython-311.pyc").touch()
    (file.parent / "b.pyc").touch()
    assert manifest.text(tmp_path) == before
