"""params.yaml: every mistake gets one sentence: where, what is allowed, what was meant."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from handwritten_digits.data import Input
from handwritten_digits.model import Model
from handwritten_digits.training import Augmentation
from refusals import refusal

from samebits.core import config
from samebits.core.key_kinds import written
from samebits.core.sections import (
    Data,
    Evaluation,
    Optimization,
    Regularization,
    Reproducibility,
    Runtime,
    Task,
)

SECTIONS: list[Any] = [
    *(Model, Optimization, Augmentation, Regularization, Input, Task, Data),
    *(Evaluation, Reproducibility, Runtime),
]
Settle = Callable[..., None]
pytestmark = pytest.mark.usefixtures("params")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_shipped_file_reads(params: Path, section: Any) -> None:
    name, values = section.__name__.lower(), config.read(section)
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    plain = {key: written(value) for key, value in dataclasses.asdict(values).items()}
    assert plain.items() >= content[name].items()
    assert config.values(name) == dataclasses.asdict(values)
    defaults = {field.name: field.default for field in dataclasses.fields(section)}
    assert all(plain[key] == defaults[key] for key in plain.keys() - content[name].keys())


def test_every_section_is_known() -> None:
    assert list(config.sections()) == [section.__name__.lower() for section in SECTIONS]


def test_it_is_read_from_the_current_folder(params: Path) -> None:
    assert config.read(Data) == config.read(Data, params)


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_are_frozen(section: Any) -> None:
    values = config.read(section)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(values, dataclasses.fields(section)[0].name, 3)


def test_no_key_stands_in_two_sections() -> None:
    keys = [field.name for section in SECTIONS for field in dataclasses.fields(section)]
    assert len(keys) == len(set(keys))


def test_seed_0_is_a_seed(params: Path, settle: Settle) -> None:
    settle(params, reproducibility={"seed": 0})
    assert config.read(Reproducibility, params).seed == 0


def test_a_whole_number_serves_as_a_float(params: Path, settle: Settle) -> None:
    settle(params, augmentation={"rotation": 10})
    rotation = config.read(Augmentation, params).rotation
    assert (rotation, type(rotation)) == (10.0, float)


@pytest.mark.parametrize("text", ["1e-5", "1e-05", "1.0e-5", "0.00001", "1E-5", "+1e-5", ".00001"])
def test_every_way_to_write_a_number(params: Path, text: str) -> None:
    # `dvc exp run -S` writes 0.00001 as 1e-05.
    whole = params.read_text(encoding="utf-8")
    params.write_text(whole.replace("learning_rate: 0.006", f"learning_rate: {text}"), "utf-8")
    assert config.read(Optimization, params).learning_rate == 1e-5


def test_off_is_a_word(params: Path) -> None:
    whole = params.read_text(encoding="utf-8")
    params.write_text(whole.replace("level: portable", "level: off"), "utf-8")
    assert config.read(Reproducibility, params).level == "off"


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("optimization", "epochs", 0, "'optimization.epochs' is 0, but takes a whole number"),
        ("optimization", "epochs", 1.5, "takes a whole number of at least 1"),
        ("optimization", "epochs", True, "'optimization.epochs' is True, but takes a whole"),
        ("optimization", "epochs", "40", "is '40', but takes a whole number of at least 1. Write"),
        ("optimization", "epochs", "40", "Write it as 40, without quotes."),
        ("optimization", "epochs", None, "is None, but takes a whole number"),
        ("optimization", "epochs", [1], "is [1], but takes a whole number"),
        ("optimization", "learning_rate", float("nan"), "is nan, but takes a number from"),
        ("optimization", "learning_rate", float("inf"), "is inf, but takes a number from"),
        ("optimization", "learning_rate", 10**400, "but takes a number from"),
        ("optimization", "optimizer", "sdg", "takes one of sgd, adam, adamw."),
        ("regularization", "weight_decay", float("inf"), "is inf"),
        ("regularization", "weight_decay", float("-inf"), "is -inf"),
        ("regularization", "weight_decay", float("nan"), "is nan"),
        ("regularization", "weight_decay", -0.1, "is -0.1, but takes a number from 0"),
        ("augmentation", "flip", 1, "is 1, but takes true or false."),
        ("augmentation", "flip", "yes", "is 'yes', but takes true or false."),
        ("regularization", "dropout", False, "is False, but takes a number from 0 to 0.99."),
        ("input", "channels", 2, "'input.channels' is 2, but takes one of 1, 3."),
        ("input", "channels", 1.0, "is 1.0, but takes one of 1, 3."),
        ("input", "channels", True, "is True, but takes one of 1, 3."),
        ("data", "test_fraction", 0.5, "takes a number from 0.01 to 0.49."),
        ("data", "train_fraction", 0, "takes a number from 1e-06 to 1."),
        ("data", "train_fraction", 1.1, "takes a number from 1e-06 to 1."),
        ("data", "train_on", ["web"], "takes a pattern such as 'phone/*', or '' for none."),
        ("reproducibility", "seed", -1, "is -1, but takes a whole number from 0"),
        ("model", "activation", {}, "takes one of relu, gelu, silu."),
    ],
)
def test_a_value_that_does_not_fit(
    params: Path, settle: Settle, section: str, key: str, value: object, words: str
) -> None:
    settle(params, **{section: {key: value}})
    assert words in refusal(params)
    assert refusal(params).count("\n") == 0


def test_a_number_in_quotes(params: Path) -> None:
    whole = params.read_text(encoding="utf-8")
    params.write_text(whole.replace("learning_rate: 0.006", "learning_rate: '1e-3'"), "utf-8")
    assert "is '1e-3', but takes a number from" in refusal(params)
    assert "Write it as 0.001, without quotes." in refusal(params)


@pytest.mark.parametrize("value", ["cat", ["cat", 1], {"cat": 1}, None])
def test_a_list_of_names(params: Path, settle: Settle, value: object) -> None:
    settle(params, data={"classes": ["cat", "7"]})
    assert config.read(Data, params).classes == ("cat", "7")
    settle(params, data={"classes": value})
    assert "takes a list of names such as [cat, dog], numbers in quotes, or []" in refusal(params)


@pytest.mark.parametrize("text", ["nan", "inf", "ten", "1e999"])
def test_no_hint_that_would_fail_again(params: Path, settle: Settle, text: str) -> None:
    settle(params, optimization={"learning_rate": text})
    assert "Write it" not in refusal(params)


def test_an_unknown_key_names_the_nearest(params: Path, settle: Settle) -> None:
    settle(params, optimization={"lerning_rate": 1})
    message = refusal(params)
    assert "there is no key 'lerning_rate' in section 'optimization'" in message
    assert "did you mean 'optimization.learning_rate'?" in message
    keys = "optimizer, learning_rate, batch_size, epochs, warmup, balance, class_weights, clip"
    keys += ", ema, precision, freeze, layer_decay"
    assert f"its keys are {keys}." in message


def test_an_unknown_key_may_be_near_one_of_another_section(params: Path, settle: Settle) -> None:
    settle(params, optimization={"drop_out": 0.1})
    assert "did you mean 'regularization.dropout'?" in refusal(params)


def test_a_key_in_the_wrong_section_names_the_right_one(params: Path, settle: Settle) -> None:
    settle(params, optimization={"dropout": 0.1})
    words = "key 'dropout' is in section 'optimization', but belongs in 'regularization'"
    assert words in refusal(params)


def test_an_unknown_section_names_the_nearest(params: Path) -> None:
    params.write_text(params.read_text("utf-8") + "\noptimisation:\n  epochs: 1\n", "utf-8")
    assert "there is no section 'optimisation'; did you mean 'optimization'?" in refusal(params)


def test_a_missing_key(params: Path) -> None:
    lines = params.read_text("utf-8").splitlines(keepends=True)
    params.write_text("".join(line for line in lines if "channels:" not in line), "utf-8")
    assert "key 'channels' is missing from section 'input'; add it" in refusal(params)
    assert "it takes one of 1, 3." in refusal(params)


@pytest.mark.parametrize("rest", ["", "\nmodel:\n", "\nmodel: 3\n", "\nmodel: [width, depth]\n"])
def test_a_missing_section(params: Path, rest: str) -> None:
    head, _, tail = params.read_text("utf-8").partition("\nmodel:")
    tail = tail[tail.index("\noptimization:") :]
    params.write_text(head + tail + rest, "utf-8")
    assert "section 'model' is missing; add it with its keys width, depth" in refusal(params)


def test_all_problems_at_once(params: Path, settle: Settle) -> None:
    settle(params, input={"channels": 2}, model={"widht": 1}, runtime={"seed": 1})
    message = refusal(params)
    assert len(message.splitlines()) == 3
    for words in ("input.channels", "'widht'", "belongs in 'reproducibility'"):
        assert words in message


def test_a_problem_in_any_section_is_found_by_each_reader(params: Path, settle: Settle) -> None:
    settle(params, runtime={"workers": -1})
    assert "runtime.workers" in refusal(params)


def test_a_key_that_stands_twice(params: Path) -> None:
    whole = params.read_text("utf-8").replace("  seed: 0", "  seed: 0\n  seed: 1")
    params.write_text(whole, "utf-8")
    line = whole[: whole.index("  seed: 1")].count("\n") + 1
    assert f"line {line}, is not valid YAML: key 'seed' appears twice; keep one" in refusal(params)


NOT_YAML = [b"data: [", b"a: b: c", b"&a [*b]", b"? [a]\n: 1"]


@pytest.mark.parametrize("content", NOT_YAML)
def test_not_yaml(params: Path, content: bytes) -> None:
    params.write_bytes(content)
    assert "is not valid YAML" in refusal(params)


@pytest.mark.parametrize("content", ["", "3", "- data", "# nothing"])
def test_no_sections(params: Path, content: str) -> None:
    params.write_text(content, "utf-8")
    assert "has no sections; it needs model, optimization, augmentation" in refusal(params)


def test_no_file(tmp_path: Path) -> None:
    assert "run this from the project's folder" in refusal(tmp_path / "nowhere/params.yaml")
