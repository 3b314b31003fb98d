"""The example data: the same bytes on every machine."""

from pathlib import Path

from conftest import ROOT, filled

from samebits.ingest import example_data
from samebits.ingest.example_data import holds, version, write

FILES = {f"{letter}/{two}.png": bytes([letter, two]) for letter in (97, 98) for two in (1, 2)}


def test_the_digits_are_what_is_shipped(project: Path) -> None:
    for name in ("scripts/example.py", "data/raw.dvc"):
        places = (ROOT / name).parent.iterdir()
        shipped = next(path for path in places if filled(path.name) == Path(name).name)
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(shipped.read_bytes())
    example_data._script.cache_clear()
    example_data.files.cache_clear()
    made = example_data.files()
    assert len(made) == 1797
    assert version(made) == example_data.version_in(Path("data/raw.dvc"))


def test_the_hash_is_dvcs_and_not_the_orders() -> None:
    # As `dvc add` computes it for these four files.
    backwards = {name: FILES[name] for name in reversed(FILES)}
    for files in (FILES, backwards):
        assert version(files) == "12db64eab589d2168bc44421c136843b.dir"


def test_all_of_it_and_nothing_else(tmp_path: Path) -> None:
    write(FILES, tmp_path / "raw")
    assert holds(tmp_path / "raw") == version(FILES)
    (tmp_path / "raw/97/3.png").write_bytes(b"mine")
    assert holds(tmp_path / "raw") != version(FILES)
