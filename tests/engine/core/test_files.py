"""Files are written whole or not at all, with bytes that depend on their content alone."""

import os
import stat
from pathlib import Path

import pytest

from samebits.core import files
from samebits.core.files import cell, named, read_json, write_bytes, write_csv, write_json


def test_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a/b.json", {"b": 1, "a": [0.1, "é", None]})
    text = '{\n  "b": 1,\n  "a": [\n    0.1,\n    "é",\n    null\n  ]\n}\n'
    assert (tmp_path / "a/b.json").read_bytes() == text.encode()


@pytest.mark.parametrize("content", ["", "{", b"\xff", "[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_json(content: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(content)


def test_what_a_user_may_hold_is_read_so() -> None:
    """Endless nesting is a `RecursionError` elsewhere, which nobody expects."""
    own = {  # output that DVC, this file or the training just printed, checksummed files, the audit
        "audit/parsing.py",
        "core/files.py",
        "training/checkpoint.py",
        "tracking/adapters.py",
        "experiments/keep.py",
        "experiments/sweep.py",
        "versions/working_data.py",
        "ingest/swap.py",
    }
    source = Path(files.__file__).parents[1]
    readers = [path for path in source.rglob("*.py") if "json.load" in path.read_text("utf-8")]
    assert [str(path) for path in readers if not any(map(path.as_posix().endswith, own))] == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_holds_no_nan(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", [value])
    assert list(tmp_path.iterdir()) == []


def test_csv(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ("name", "value"), [("a,b", 1), ('say "x"', 0.5), ("ü\n", "")])
    text = 'name,value\n"a,b",1\n"say ""x""",0.5\n"ü\n",\n'
    assert (tmp_path / "a.csv").read_bytes() == text.encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d", "'="])
def test_no_name_stands_as_a_formula(start: str) -> None:
    for name in (f"{start}1+1", start, f"'{start}1", f"''{start}"):
        assert cell(name)[:2].strip("' ")[:1] not in {*"=+-@"} or cell(name)[0] == "'"
        assert cell(name).startswith("'")
        assert named(cell(name)) == name


@pytest.mark.parametrize("name", ["", "cat", "a=b", "cat/=1.png", "'tis", "''", "1-2", "0.5"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert cell(name) == named(name) == name


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"old")

    def full(_: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(os, "fsync", full)
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_mode_is_that_of_any_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes[0] == modes[1]


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    """DVC may put links into its cache in place of outputs."""
    (tmp_path / "cache").write_bytes(b"old")
    (tmp_path / "a").symlink_to(tmp_path / "cache")
    write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "cache").read_bytes() == b"old"
    assert (tmp_path / "a").read_bytes() == b"new"
