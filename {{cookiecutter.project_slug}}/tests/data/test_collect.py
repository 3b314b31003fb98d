"""The example data: the same bytes on every machine, and never in the way of other data."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.__package_name }}.data import collect
from {{ cookiecutter.__package_name }}.errors import UserError

ROOT = Path(__file__).parents[2]
FILES = {f"{one}/{two}.png": bytes([one, two]) for one in (97, 98) for two in (1, 2)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project whose example data is tiny."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(collect, "digits", lambda: dict(FILES))
    (tmp_path / "data").mkdir()
    return tmp_path


def point(version: str) -> None:
    text = yaml.safe_dump({"outs": [{"md5": version, "path": "raw"}]})
    Path("data/raw.dvc").write_text(text, encoding="utf-8")


def content(raw: Path) -> dict[str, bytes]:
    files = sorted(one for one in raw.rglob("*") if one.is_file())
    return {one.relative_to(raw).as_posix(): one.read_bytes() for one in files}


def test_the_digits_have_the_shipped_hash() -> None:
    digits = collect.digits()
    assert len(digits) == 1797
    shipped = yaml.safe_load((ROOT / "data/raw.dvc").read_text(encoding="utf-8"))["outs"][0]
    # Whoever has replaced the example by other data has another hash there.
    if shipped["nfiles"] == 1797:
        assert collect.version(digits) == shipped["md5"]
        assert sum(map(len, digits.values())) == shipped["size"]


def test_the_hash_is_dvcs_and_not_the_orders() -> None:
    # As `dvc add` computes it for these four files.
    backwards = {name: FILES[name] for name in reversed(FILES)}
    for files in (FILES, backwards):
        assert collect.version(files) == "12db64eab589d2168bc44421c136843b.dir"


def test_it_writes_and_then_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    point(collect.version(FILES))
    collect.main()
    assert content(here / "data/raw") == FILES
    assert f"4 pictures, version {collect.version(FILES)}" in capsys.readouterr().out
    collect.main()
    assert "already holds the example data" in capsys.readouterr().out.replace("\\", "/")
    assert content(here / "data/raw") == FILES


def test_without_a_pointer_it_writes(here: Path) -> None:
    (here / "data/raw").mkdir()
    collect.main()
    assert content(here / "data/raw") == FILES


def test_other_data_is_expected(here: Path) -> None:
    point("0" * 32 + ".dir")
    with pytest.raises(UserError, match=r"names other data than the example.*dvc pull"):
        collect.main()
    assert not (here / "data/raw").exists()


def test_other_data_is_there(here: Path) -> None:
    (here / "data/raw/mine").mkdir(parents=True)
    (here / "data/raw/mine/1.png").write_bytes(b"mine")
    with pytest.raises(UserError, match="holds other files; move them away"):
        collect.main()
    assert content(here / "data/raw") == {"mine/1.png": b"mine"}


@pytest.mark.parametrize("text", ["", "outs: []", "outs: [{path: raw}]", "<<<<<<< HEAD\na: b: c"])
def test_a_damaged_pointer(here: Path, text: str) -> None:
    (here / "data/raw.dvc").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="names no md5; restore it from Git"):
        collect.main()


def test_a_kill_half_way_leaves_nothing_wrong(here: Path) -> None:
    class Killed(dict[str, bytes]):
        def items(self) -> Iterator[tuple[str, bytes]]:  # type: ignore[override]
            yield from sorted(FILES.items())[:2]
            raise KeyboardInterrupt

    files: Mapping[str, bytes] = Killed(FILES)
    with pytest.raises(KeyboardInterrupt):
        collect.write(files, Path("data/raw"))
    assert not Path("data/raw").exists()
    collect.main()
    assert content(here / "data/raw") == FILES
    assert [one.name for one in (here / "data").iterdir()] == ["raw"]
