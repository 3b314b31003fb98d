"""`samebits params`: the value, the choices and the effect of every key."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PACKAGE, configured

from samebits.cli.params import knobs, told
from samebits.console.errors import UserError
from samebits.core import config

Settle = Callable[..., None]
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return configured(tmp_path)


def test_every_key_is_told_with_what_it_does() -> None:
    known = config.sections()
    assert {name: [*keys] for name, keys in knobs().items()} == {
        name: [*keys] for name, keys in known.items()
    }
    text = told()
    for section, keys in knobs().items():
        assert f"\n{section}: " in f"\n{text}"
        for name, knob in keys.items():
            assert f"\n  {name}: " in text
            assert len(knob.does) > 5, f"{section}.{name}"
    assert "model: fit on the training set: what the network can represent\n" in text


def test_a_key_in_params_and_one_that_is_left_out(params: Path, settle: Settle) -> None:
    assert told("width").splitlines() == [
        "model: fit on the training set: what the network can represent",
        "  width: 32   in params.yaml; a whole number from 1 to 65536",
        "      channels of the first layer; doubled at every level",
    ]
    assert "  drift: 0.1   default; a number from 0 to 1\n      warn if this" in told("data.drift")
    text = params.read_text("utf-8")
    params.write_text(text.replace("  layout:", "  drift: 0.3 # warn late\n  layout:"), "utf-8")
    assert "drift: 0.3   in params.yaml (default 0.1); a number" in told("data.drift")
    assert told("drift").endswith("\n      warn late\n")
    said = told("slices").splitlines()
    assert said[1].startswith("  slices: [brightness in 3 parts]   in params.yaml; a list of texts")
    assert said[2].startswith("      parts that may fare worse: 'class', 'path */night/*', ")
    assert told("constraints").count("What a model must reach on test") == 1
    assert told("early_stopping").count("Stop when the dev loss has not fallen for this many") == 1


def test_of_your_own_key_the_comment_beside_the_field(params: Path) -> None:
    file = params.parent / "src" / PACKAGE / "model.py"
    more = "    # é; whether layers\n    bias: bool = True  # have one\n    activation: str"
    file.write_text(file.read_text("utf-8").replace("    activation: str", more), "utf-8")
    lines = told("bias").splitlines()
    assert lines[1:] == [
        "  bias: true   default; true or false",
        "      é; whether layers have one",
    ]


def test_a_section_alone() -> None:
    text = told("runtime")
    assert text.startswith("runtime: how fast it goes")
    assert text.count(";") >= 7
    assert "width" not in text


def test_a_key_that_there_is_not(params: Path) -> None:
    with pytest.raises(UserError, match=r"no key 'odd_sise'; did you mean 'data.odd_size'\?"):
        told("odd_sise")
    with pytest.raises(UserError, match="no key 'zzzz'; 'samebits params' lists all of them"):
        told("zzzz")
    text = params.read_text("utf-8").replace("target: class", "target: number")
    params.write_text(text.replace("label_smoothing: 0.05", "label_smoothing: 0"), "utf-8")
    with pytest.raises(UserError, match="imbalance does nothing here: answers have no classes"):
        told("data.imbalance")
    assert "imbalance:" not in told("data")
    assert "imbalance:" not in told()


def test_a_wrong_file_is_refused(settle: Settle, params: Path) -> None:
    settle(params, data={"drift": 2})
    with pytest.raises(UserError, match=r"'data.drift' is 2"):
        told()


def test_it_imports_neither_torch_nor_numpy(python: Python) -> None:
    code = (
        "import runpy, sys\nsys.argv = ['samebits', 'params']\n"
        "runpy.run_module('samebits', run_name='__main__', alter_sys=False)\n"
        "assert not {'torch', 'numpy'} & {*sys.modules}, 'heavy'"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "warn if this share" in done.stdout
