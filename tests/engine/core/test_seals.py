"""A stage hands over no mix of two states, and its seal binds its outputs to what it read."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from samebits.console.errors import UserError
from samebits.core import determinism, seals
from samebits.core.seals import Seal, hash_of, path_of

FILES = {
    "pyproject.toml": '[project]\nname = "p"\n',
    "dvc.yaml": "stages: {fit: {cmd: python -m p.fit, deps: [data/raw, src/p/a.py, w.bin],"
    " params: [model, data.size, own.yaml: [knob]], outs: [m.txt, reports/seals/fit.json]}}",
    "dvc.lock": "stages: {first: {outs: [{path: data/other, md5: 1.dir}]}}",
    "params.yaml": "model: {width: 4, rate: 1e-3}\ndata: {size: 8, least: 3}\n",
    "own.yaml": "knob: 1\nother: 2\n",
    "src/p/a.py": "a",
    "w.bin": "w",
    "data/raw/cat/1.png": "1",
    "data/raw.dvc": "outs: [{path: raw, md5: 7.dir}]",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(determinism, "check", lambda *_: None)
    for name, text in FILES.items():
        write(name, text)


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def sealed() -> Any:
    seal = Seal("fit")
    write("m.txt", "made")
    seal.write()
    return json.loads(Path(path_of("fit")).read_bytes())


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("src/p/a.py", "b", "src/p/a.py"),
        ("w.bin", "other", "w.bin"),
        ("data/raw/cat/1.png", "2", "data/raw"),
        ("data/raw/cat/2.png", "2", "data/raw"),
        ("params.yaml", FILES["params.yaml"].replace("1e-3", "0.5"), "params.yaml:model"),
        (
            "params.yaml",
            FILES["params.yaml"].replace("size: 8", "size: 9"),
            "params.yaml:data.size",
        ),
        ("params.yaml", "model: {width: [", "params.yaml:model"),
        ("own.yaml", "knob: 2\n", "own.yaml:knob"),
    ],
)
def test_an_input_that_is_edited_during_a_run(path: str, text: str, named: str) -> None:
    seal = Seal("fit")
    write(path, text)
    for refuse in (seal.check, seal.write):
        with pytest.raises(UserError, match=rf"{named}\b.* changed while fit ran"):
            refuse()
    assert not Path(path_of("fit")).exists()


@pytest.mark.parametrize("path", ["src/p/a.py", "data/raw/cat/1.png"])
def test_an_input_that_is_taken_away(path: str) -> None:
    seal = Seal("fit")
    Path(path).unlink()
    with pytest.raises(UserError, match="changed while fit ran"):
        seal.check()


@pytest.mark.parametrize("path", ["src/p/a.py", "w.bin", "data/raw/cat/1.png"])
def test_an_edit_that_was_undone(path: str) -> None:
    """Nobody knows what was read while it was there."""
    seal = Seal("fit")
    write(path, "another")
    write(path, FILES[path])
    with pytest.raises(UserError, match="changed while fit ran"):
        seal.check()


def test_what_is_no_change_of_an_input() -> None:
    seal = Seal("fit")
    text = FILES["params.yaml"].replace("least: 3", "least: 4").replace("1e-3", "0.0010")
    write("params.yaml", f"# a comment\n{text}")
    write("own.yaml", "knob: 1\nother: 7\n")
    write("dvc.lock", "")
    write("src/p/other.py", "o")
    seal.check()


def test_what_a_seal_holds() -> None:
    seal = sealed()
    assert seal == {
        "command": "python -m *.fit",
        "deps": {"data/raw": "7.dir", "src/*/a.py": hash_of(Path("src/p/a.py")), "w.bin": WEIGHTS},
        "outs": {"m.txt": hash_of(Path("m.txt"))},
        "params": {
            "own.yaml:knob": "1",
            "params.yaml:data.size": "8",
            "params.yaml:model": {"rate": "0.001", "width": "4"},
        },
    }
    assert sealed() == seal


WEIGHTS = "f1290186a5d0b1ceab27f4e77c0c5d68"  # of `w`, as md5sum gives it


def test_a_folder_that_a_stage_made_is_what_dvc_lock_names() -> None:
    write("dvc.yaml", FILES["dvc.yaml"].replace("data/raw", "data/other"))
    assert sealed()["deps"]["data/other"] == "1.dir"


def test_a_folder_that_nothing_tracks_is_hashed_as_dvc_does() -> None:
    Path("data/raw.dvc").unlink()
    write("data/raw/__pycache__/a.pyc", "compiled")
    listed = [{"md5": hash_of(Path("data/raw/cat/1.png")), "relpath": "cat/1.png"}]
    write("list", json.dumps(listed))
    assert sealed()["deps"]["data/raw"] == f"{hash_of(Path('list'))}.dir"


def test_a_folder_that_it_made_is_sealed_too() -> None:
    write("dvc.yaml", FILES["dvc.yaml"].replace("[m.txt,", "[m.txt, made,"))
    write("made/1.bin", "1")
    before = sealed()["outs"]
    assert before.keys() == {"m.txt", "made"}
    write("made/1.bin", "2")
    assert sealed()["outs"]["made"] != before["made"]


def test_a_renamed_package_has_the_same_seal() -> None:
    def now() -> bytes:
        return (sealed() and Path(path_of("fit")).read_bytes()) or b""

    before = now()
    Path("src/p").rename("src/q")
    write("pyproject.toml", FILES["pyproject.toml"].replace('"p"', '"q"'))
    write("dvc.yaml", FILES["dvc.yaml"].replace("src/p/", "src/q/").replace("-m p.", "-m q."))
    assert now() == before


def test_numbers_are_exact_and_their_spelling_does_not_count() -> None:
    assert seals.exact("9007199254740993") != seals.exact("9007199254740992")
    assert seals.exact("6e-3") == seals.exact("0.006")
    assert seals.exact("1.0") == seals.exact("1") == 1
    words = ["cpu", None, True, "inf", "nan", "infinity", "1_e", ".", "-", seals.Quoted("01")]
    assert [seals.exact(word) for word in words] == words
    assert seals.exact("1_000") == 1000
    assert seals.exact(f"-{'9' * 5000}") == -math.inf


@pytest.mark.parametrize(
    ("old", "new"),
    [("['00']", "['0']"), ("'0123'", "'123'"), ("'1'", "1"), ("'1e3'", "1000"), ("[1]", "['1']")],
)
def test_texts_that_spell_one_number_are_not_one(old: str, new: str) -> None:
    def spelled(value: str) -> Any:
        write("own.yaml", f"knob: {value}\n")
        return seals.values(seals.declared(seals.read_yaml(Path("dvc.yaml")), "fit"))

    assert spelled(old) != spelled(new)
    assert spelled("0.5e3") == spelled("500") == spelled("+500.0")
    assert spelled("'a b'") == spelled("a b")


def test_aliases_are_not_written_out() -> None:
    bomb = "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    for name in ("params.yaml", "own.yaml"):
        write(name, f"a0: &a0 x\n{bomb}model: *a11\nknob: *a11\n")
    Seal("fit").check()


@pytest.mark.parametrize("outs", ["[raw]", "5", "[{md5: 1}]", "{a: 1}"])
def test_a_pointer_that_names_nothing(outs: str) -> None:
    write("data/raw.dvc", f"outs: {outs}")
    Seal("fit").check()


def test_a_stage_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"dvc\.yaml has no stage 'fti' with deps"):
        Seal("fti")


@pytest.mark.parametrize(
    ("section", "kernels"),
    [
        ("{level: machine, threads: 2}", ("machine", 2)),
        ("{seed: 1}", ("portable", 1)),
        ("{level: off, threads: two}", ("off", 1)),
        ("{threads: [2]}", ("portable", 1)),
        ("[level, machine]", ("portable", 1)),
        ("machine", ("portable", 1)),
        ("'{'", ("portable", 1)),
        ("", ("portable", 1)),
    ],
)
def test_the_kernels_that_are_asked_for(
    section: str, kernels: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a section is malformed, whoever reads it says so."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(determinism, "check", lambda *given: asked.append(given))
    write("dvc.yaml", FILES["dvc.yaml"].replace("[model,", "[model, reproducibility,"))
    write("params.yaml", f"{FILES['params.yaml']}reproducibility: {section}\n")
    Seal("fit").check()
    assert asked == [kernels]


def test_params_that_are_no_yaml() -> None:
    write("dvc.yaml", FILES["dvc.yaml"].replace("[model,", "[model, reproducibility,"))
    write("params.yaml", "reproducibility: {level: machine\n")
    Seal("fit").check()
