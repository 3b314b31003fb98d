"""What a result is made of."""

from pathlib import Path

import pytest
from handwritten_digits.model import Model

from samebits.console.errors import UserError
from samebits.core.identity import digest, identity

DVC = (
    "stages: {train: {cmd: t, deps: [requirements/runtime.lock, data/prepared/x, src/p/a.py,"
    " src/p/b/c.py, weights.bin, words]}}"
)
FILES = {
    "dvc.yaml": DVC,
    "requirements/runtime.lock": "torch==1",
    "src/p/a.py": "a",
    "src/p/b/c.py": "c",
    "src/p/other.py": "o",
    "data/prepared/x/index.json": "[]",
    "data/prepared/x/images.bin": "i",
    "weights.bin": "w",
    "words/a/first.txt": "f",
}
MODEL = Model(width=4, depth=1, activation="relu")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def now() -> dict[str, object]:
    return identity("train", "version", [Path("data/prepared/x/index.json")], MODEL)


def test_its_parts(here: Path) -> None:
    identity = now()
    assert list(identity) == ["code", "inputs", "lock", "data", "examples", "params"]
    assert identity["data"] == "version"
    assert identity["params"] == {"model": {"width": 4, "depth": 1, "activation": "relu"}}
    assert identity == now()


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("src/p/a.py", "code"),
        ("src/p/b/c.py", "code"),
        ("requirements/runtime.lock", "lock"),
        ("data/prepared/x/index.json", "examples"),
        ("weights.bin", "inputs"),
        ("words/a/first.txt", "inputs"),
        ("words/second.txt", "inputs"),
        ("src/p/other.py", None),
    ],
)
def test_each_file_moves_one_part(here: Path, path: str, part: str | None) -> None:
    before = now()
    Path(path).write_text("changed", encoding="utf-8")
    after = now()
    assert [name for name in before if before[name] != after[name]] == ([part] if part else [])


def test_a_renamed_package_is_the_same_code(here: Path) -> None:
    before = now()
    Path("src/p").rename("src/q")
    Path("dvc.yaml").write_text(DVC.replace("src/p/", "src/q/"), encoding="utf-8")
    assert now() == before


def test_digest_knows_names_and_no_order(here: Path) -> None:
    first, two = Path("src/p/a.py"), Path("src/p/b/c.py")
    assert digest([first, two]) == digest([two, first])
    before = digest([first, two])
    first.write_text("c", encoding="utf-8")
    two.write_text("a", encoding="utf-8")
    assert digest([first, two]) != before


def test_what_is_missing(here: Path) -> None:
    with pytest.raises(UserError, match=r"dvc\.yaml has no stage 'tarin' with deps"):
        identity("tarin", "version", [])
    Path("requirements/runtime.lock").unlink()
    with pytest.raises(UserError, match=r"requirements/runtime\.lock is missing; restore it"):
        now()
    Path("dvc.yaml").unlink()
    with pytest.raises(UserError, match=r"dvc\.yaml has no stage"):
        now()
