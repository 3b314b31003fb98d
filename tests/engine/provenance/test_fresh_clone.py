"""A fresh clone gets every input before it runs, from the local cache or the remote."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

from samebits import programs
from samebits.console.errors import UserError
from samebits.provenance import verify


@pytest.fixture
def clone(unreleased: Path) -> Path:
    """A clone of a repository whose data is in its cache and on its remote."""
    subprocess.run(programs.dvc_command("push", "--quiet"), check=True)
    folder = unreleased.parent / "elsewhere" / "clone"
    subprocess.run(["git", "clone", "--quiet", ".", str(folder)], check=True)
    (folder / "src/samebits").symlink_to(ROOT / "src/samebits")
    return folder


def objects(folder: str) -> list[Path]:
    """The examples in a cache or on a remote."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".dir"]
    return sorted(path for path in paths if len(path.name) == 30)


def fetched(clone: Path) -> int:
    verify._fetch_inputs(clone, str(Path(".dvc/cache").resolve()))
    for path in sorted(Path("data/raw").glob("*/*")):
        assert (clone / path).read_bytes() == path.read_bytes()
    return len(list((clone / "data/raw").glob("*/*")))


def test_the_data_come_from_the_cache_here(clone: Path) -> None:
    shutil.rmtree("../remote")
    assert fetched(clone) == 9


def test_the_data_come_from_the_remote(clone: Path) -> None:
    """Also if the remote is a folder relative to the project, and the cache was changed."""
    for path in objects(".dvc/cache"):
        path.chmod(0o644)
        path.write_bytes(b"other")
    assert fetched(clone) == 9


def test_data_that_are_not_what_was_pushed(clone: Path) -> None:
    shutil.rmtree(".dvc/cache")
    changed = objects("../remote")[0]
    changed.chmod(0o644)
    changed.write_bytes(b"other")
    with pytest.raises(UserError, match=r"'beside' does not hold what was pushed as data/raw/\w+/"):
        fetched(clone)


@pytest.mark.usefixtures("clone")
def test_a_remote_far_down() -> None:
    url = f"/{'folder/' * 40}remote"
    subprocess.run(programs.dvc_command("remote", "modify", "beside", "url", url), check=True)
    assert verify._remote() == ("beside", url)


def test_data_that_nobody_has(clone: Path) -> None:
    shutil.rmtree(".dvc/cache")
    shutil.rmtree("../remote")
    with pytest.raises(UserError, match=r"cache here; the remote 'beside' lacks data/raw \(files/"):
        fetched(clone)


def test_every_input_comes_into_the_clone(clone: Path) -> None:
    """Also pretrained weights, which are only in the local cache."""
    Path("weights.bin").write_bytes(b"weights")
    subprocess.run(programs.dvc_command("add", "-q", "weights.bin"), check=True)
    shutil.copyfile("weights.bin.dvc", clone / "weights.bin.dvc")
    subprocess.run(["git", "-C", str(clone), "add", "weights.bin.dvc"], check=True)
    fetched(clone)
    assert (clone / "weights.bin").read_bytes() == b"weights"
