"""A version's examples are read from the cache or the remote, packed or not."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.versions.release import release
from samebits.versions.tags import find


def test_a_list_that_the_cache_has_not(released: Path) -> None:
    expected = find("1.0").examples()
    shutil.rmtree(".dvc/cache")
    assert find("1.0").examples() == expected


def test_a_list_that_nobody_has(released: Path) -> None:
    shutil.rmtree(".dvc/cache")
    shutil.rmtree("../remote")
    with pytest.raises(UserError, match=r"the list of version 1\.0 .* the cache, and .*push'"):
        find("1.0").examples()


def test_a_list_that_was_tampered_with_on_the_remote(released: Path) -> None:
    version = find("1.0").version
    shutil.rmtree(".dvc/cache")
    (there,) = Path("../remote").glob(f"**/{version[2:]}")
    there.write_bytes(there.read_bytes().replace(b"circle", b"square"))
    with pytest.raises(UserError, match=f"{version[2:]} .* is not what was pushed; delete it"):
        find("1.0").examples()


def test_the_packed_layout_holds_the_same_examples(released: Path) -> None:
    expected = find("1.1").examples()
    raw = released / "data/raw"
    with tarfile.open(raw / "0.tar", "w") as archive:
        for path in sorted(raw.glob("*/*.png")):
            archive.add(path, path.relative_to(raw).as_posix())
    for name in ("circle", "square", "tree"):
        shutil.rmtree(raw / name)
    done = release("1.2", "Packed", list)
    assert done == "Since 1.1: 0 added, 0 removed, 0 relabelled, 0 renamed."
    assert find("1.2").examples() == expected
    record = find("1.2").record
    assert record is not None
    assert record.classes == {"circle": 1, "square": 4, "tree": 4}


def test_a_tag_of_a_commit_without_data(released: Path) -> None:
    for command in ("rm -q --cached data/raw.dvc", "commit -qm none", "tag data-v2.0"):
        subprocess.run(["git", *command.split()], check=True)
    with pytest.raises(UserError, match=r"raw\.dvc of version 2\.0 of the data is missing"):
        _ = find("2.0").version
