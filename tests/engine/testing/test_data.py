"""Each check of data.py finds its own fault."""

import random
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import Fault, Run, assert_all, assert_red, named
from handwritten_digits import data
from handwritten_digits.data import Input, decode

from samebits.data import Decoded, Field
from samebits.params import number
from samebits.testing import DataChecks


@dataclass(frozen=True, kw_only=True)
class Longer(Input):
    crop: int = number(1, 9)


Longer.__name__ = "Input"
calls = count()


def noisy(content: bytes, settings: Input) -> Decoded:
    arrays, facts = decode(content, settings)
    noise = np.random.randint(0, 2, arrays["image"].shape, np.uint8)
    return Decoded({"image": arrays["image"] ^ noise}, facts)


def counted(content: bytes, settings: Input) -> Decoded:
    arrays, facts = decode(content, settings)
    return Decoded(arrays, {**facts, "number": next(calls)})


def drawn(content: bytes, settings: Input) -> Decoded:
    arrays, facts = decode(content, settings)
    return Decoded(arrays, {**facts, "chance": random.random()})


def coloured(content: bytes, settings: Input) -> Decoded:
    arrays, facts = decode(content, settings)
    return Decoded(arrays, {**facts, **({"colour": 1.0} if facts["mode"] == "RGB" else {})})


def wider(settings: Input) -> dict[str, Field]:
    return {"image": Field("uint8", (settings.channels, settings.size, settings.size + 1))}


def fit(train: Any, _: Input) -> dict[str, Any]:
    return {"middle": np.concatenate([batch["image"] for batch in train]).mean(axis=(0, 2, 3))}


def fit_by_batch(train: Any, _: Input) -> dict[str, Any]:
    return {"middle": np.mean([batch["image"].mean() for batch in train], keepdims=True)}


def transform(arrays: Any, fitted: Any, _: Input) -> dict[str, Any]:
    return {"less": (arrays["image"].mean(axis=(1, 2, 3)) - fitted["middle"]).astype("f4")}


def transform_by_batch(arrays: Any, fitted: Any, _: Input) -> dict[str, Any]:
    means = arrays["image"].mean(axis=(1, 2, 3))
    return {"less": (means / means.max()).astype("f4")}


def float_fields(settings: Input) -> dict[str, Field]:
    return {"image": Field("float32", (settings.channels, settings.size, settings.size))}


def floats(content: bytes, settings: Input, most: int = 255) -> Decoded:
    arrays, facts = decode(content, settings)
    return Decoded({"image": arrays["image"].astype("f4") / 255 * most}, facts)


def up_to_1(content: bytes, settings: Input) -> Decoded:
    return floats(content, settings, 1)


def grey(content: bytes, settings: Input) -> Decoded:
    """An image without any contrast, which `inputs` can take nothing from."""
    arrays, facts = floats(content, settings)
    return Decoded({"image": np.full_like(arrays["image"], 7)}, facts)


FLOATS = "test_inputs_lets_images_of_floats_vary"
LEARNT = "test_what_is_learnt_depends_on_the_training_examples_alone"
SECTION, ALONE = "test_the_section_input_parses", "test_decode_depends_on_the_content_alone"
FAULTS = [
    Fault(LEARNT, "`fit` returns different middle for the same", data, "fit", fit_by_batch),
    Fault(LEARNT, "lets less of an example depend on other", data, "transform", transform_by_batch),
    Fault(SECTION, "'crop' is missing from section 'input'", data, "Input", Longer),
    Fault("test_decode_returns_what_fields_declares", "make them agree", data, "fields", wider),
    Fault(
        "test_every_example_has_the_same_facts",
        "must return the same facts",
        data,
        "decode",
        coloured,
    ),
    Fault(ALONE, "different image for the same content", data, "decode", noisy),
    Fault(ALONE, "different facts for one content", data, "decode", counted),
    Fault(ALONE, "different facts for one content", data, "decode", drawn),
    Fault(FLOATS, r"model\.py: `inputs` shrinks the floats image, [01]", data, "decode", up_to_1),
]


@named(FAULTS)
def test_a_fault_is_seen(fault: Fault, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault.check == LEARNT:
        for name, function in (("fit", fit), ("transform", transform)):
            monkeypatch.setattr(data, name, function, raising=False)
    if fault.check == FLOATS:
        monkeypatch.setattr(data, "fields", float_fields)
        for accepted in (grey, floats):
            monkeypatch.setattr(data, "decode", accepted)
            run(DataChecks, FLOATS)
    assert_red(run, DataChecks, fault, monkeypatch)


def test_every_check_has_a_fault() -> None:
    assert_all(DataChecks, FAULTS)


def test_a_key_that_other_stages_cannot_see(
    run: Run, settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key declared in a base class exists only for those who import the file."""
    settle(Path("params.yaml"), input={"crop": 1})
    monkeypatch.setattr(data, "Input", Longer)
    with pytest.raises(AssertionError, match=r"data\.py: declare every key of Input"):
        run(DataChecks, SECTION)
