"""Whether an environment's files are those that were locked."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
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


def test_of_bytecode_only_that_of_a_package_stays(tmp_path: Path, packed: Packed) -> None:
    site = tmp_path / "lib/site-packages"
    cache = site / "some/__pycache__"
    cache.mkdir(parents=True)
    brought = packed(site, "some", b"brought").rename(cache / "some.py")
    record = site / "some-1.dist-info/RECORD"
    record.write_text(f"some/__pycache__/{record.read_text('utf-8')}", encoding="utf-8")
    for name in ("a.cpython-311.pyc", "a.cpython-311.opt-2.pyc", "a.cpython-311-pytest-9.0.pyc"):
        (cache / name).touch()
    venv_files.drop_bytecode(tmp_path)
    assert list(cache.glob("*.py*")) == [brought]
    assert venv_files.altered(tmp_path) == {}


def test_bytecode_behind_a_link_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "venv/lib/site-packages/some").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.cpython-311.pyc").touch()
    link = tmp_path / "venv/lib/site-packages/some/__pycache__"
    link.symlink_to(tmp_path / "elsewhere")
    venv_files.drop_bytecode(tmp_path / "venv")
    assert not link.is_symlink()
    assert (tmp_path / "elsewhere/a.cpython-311.pyc").exists()


def test_a_link_to_a_folder_that_no_package_brought(tmp_path: Path) -> None:
    site = tmp_path / "venv/lib/site-packages"
    site.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (site / "yaml").symlink_to(tmp_path / "elsewhere")
    assert venv_files.strays(tmp_path / "venv") == [site / "yaml"]


def test_what_made_the_environment_is_no_stray(tmp_path: Path) -> None:
    (tmp_path / "lib/python3.11/site-packages").mkdir(parents=True)
    places = tmp_path / venv_files.BIN
    places.mkdir()
    made = "activate activate.fish activate_this.py deactivate.bat pydoc.bat python.exe pythonw.exe"
    for name in f"{made} python python3 python3.11{venv_files.SUFFIX}".split():
        (places / name).touch()
    strangers = [places / name for name in ("git", "python3.12", "pythonx")]
    for file in strangers:
        file.touch()
    assert venv_files.strays(tmp_path) == strangers


HOSTILE = ("$(touch F)", "`touch F`", "x;touch F", "'\"; touch F", "a\nb", "*", "$HOME", "--", "")


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
def test_the_command_hands_on_what_it_is_given(tmp_path: Path) -> None:
    """Wherever it is called from, no shell interprets any of it."""
    tools, command = tmp_path / "a venv/bin", tmp_path / "a venv/bin/samebits"
    tools.mkdir(parents=True)
    command.write_bytes(venv_files.COMMANDS["samebits"])
    (tools / "python").write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n", "utf-8")
    for file in tools.iterdir():
        file.chmod(0o755)
    for given in ([str(command)], ["env", f"PATH={tools}:/bin:/usr/bin", "samebits"]):
        done = subprocess.run([*given, *HOSTILE], cwd=tmp_path, capture_output=True, check=True)
        words = done.stdout.decode().split("\0")[:-1]
        assert words == ["-I", "-m", "samebits", *HOSTILE]
    assert [path.name for path in tmp_path.iterdir()] == ["a venv"]


def test_what_setup_writes_is_a_stray_once_it_is_edited(tmp_path: Path) -> None:
    site, places = tmp_path / "lib/python3.11/site-packages", tmp_path / venv_files.BIN
    for folder in (site, places):
        folder.mkdir(parents=True)
    sources, command = site / venv_files.SOURCES, places / "samebits"
    sources.write_text(f"{venv_files.LOOK}\n../../../../src\n", "utf-8")
    command.write_bytes(venv_files.COMMANDS["samebits"])
    assert venv_files.strays(tmp_path) == []
    for text in ("", f"import evil\n{venv_files.LOOK}\n", f"{venv_files.LOOK}\nimport evil\n"):
        sources.write_text(text, "utf-8")
        assert venv_files.strays(tmp_path) == [sources]
    sources.unlink()
    command.write_bytes(venv_files.COMMANDS["samebits"] + b"evil\n")
    assert venv_files.strays(tmp_path) == [command]
