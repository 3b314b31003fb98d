"""Everything that .dvc files track is fetched; the example data needs no remote."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import give_example

from samebits import programs
from samebits.console.errors import UserError
from samebits.data.raw_pointer import record_origin
from samebits.ingest import missing
from samebits.ingest.example_data import holds, version

WEIGHTS = Path("weights.bin")
FILES = {"a/1.png": b"one"}


def track(path: Path) -> None:
    path.write_bytes(b"weights")
    subprocess.run(programs.dvc_command("add", "-q", str(path)), check=True)
    subprocess.run(["git", "add", f"{path}.dvc"], check=True)


@pytest.fixture
def pushed(unreleased: Path) -> Path:
    """A project with weights beside its data; only the remote has them."""
    track(WEIGHTS)
    subprocess.run(programs.dvc_command("push", "--quiet"), check=True)
    WEIGHTS.unlink()
    shutil.rmtree("data/raw")
    shutil.rmtree(".dvc/cache")
    return unreleased


def test_all_that_is_missing(pushed: Path) -> None:
    assert missing.missing() == [Path("data/raw.dvc"), Path("weights.bin.dvc")]
    missing.main()
    assert missing.missing() == []
    assert WEIGHTS.read_bytes() == b"weights"
    shutil.rmtree("../remote")
    missing.main()  # nothing is missing, so no remote is contacted


def test_one_that_is_not_to_be_had_keeps_no_other(pushed: Path) -> None:
    pointer = f"outs:\n- md5: {'0' * 32}.dir\n  hash: md5\n  path: raw\n"
    Path("data/raw.dvc").write_text(pointer, "utf-8")
    with pytest.raises(UserError, match=r"the remote 'beside' .* data/raw"):
        missing.main()
    assert WEIGHTS.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no md5; restore it from Git"),
        ("<<<<<<< HEAD\nouts:\n", "has conflict markers"),
        ("outs: [raw]", "names no md5"),
        ("outs: 5", "names no md5"),
        ("outs: [{md5: abc}]", "names no path; restore it from Git"),
    ],
)
def test_a_pointer_that_is_damaged(pushed: Path, text: str, said: str) -> None:
    Path("data/raw.dvc").write_text(text, "utf-8")
    with pytest.raises(UserError, match=rf"^data/raw\.dvc {said}"):
        missing.main()


def test_the_example_needs_no_remote(pushed: Path) -> None:
    shutil.rmtree("../remote")
    give_example(FILES)
    pointer = f"outs:\n- md5: {version(FILES)}\n  hash: md5\n  path: raw\n"
    Path("data/raw.dvc").write_text(pointer, "utf-8")
    record_origin(Path("data/raw.dvc"), {"kind": "example", "source": "tiny", "files": 1})
    with pytest.raises(UserError, match=r"weights\.bin"):
        missing.main()
    assert holds(Path("data/raw")) == version(FILES)
