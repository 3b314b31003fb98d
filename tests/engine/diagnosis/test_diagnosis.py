"""The diagnosis names what was planted; `planted.py` trains with each fault.

The template's bench runs all kinds with several seeds; these are the quick ones.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import planted
import pytest

from samebits.diagnosis.diagnosis import diagnose
from samebits.metrics.proportions import measured

QUICK = (
    "too short a training",
    "too low a learning rate",
    "too much regularization",
    "no regularization, few examples",
    "wrong labels",
)


pytestmark = pytest.mark.usefixtures("params")


@pytest.fixture(scope="module")
def good(params: Path) -> Any:
    return planted.trained(planted.FAULTS["target met"], 0, doubts=False)


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_fault(name: str) -> None:
    fault, diagnosis = planted.planted(name, seed=0, doubts=name == "wrong labels")
    assert planted.right(fault, diagnosis), diagnosis


def test_a_target_that_is_met(good: Any) -> None:
    inputs, settings, _ = good
    diagnosis = diagnose(inputs, settings)
    assert (diagnosis["state"], diagnosis["link"], diagnosis["section"]) == (
        "target met",
        None,
        None,
    )
    assert diagnosis["sentence"].startswith("The target is met")
    assert [idea["idea"] for idea in diagnosis["ideas"]] == ["tighter target", "examples from use"]


def test_a_tighter_target_turns_it_into_a_gap(good: Any) -> None:
    inputs, settings, _ = good
    tighter = replace(settings, evaluation=replace(settings.evaluation, target_error=0.01))
    diagnosis = diagnose(inputs, tighter)
    assert (diagnosis["state"], diagnosis["link"]) == ("gap", "variance")
    assert "The largest gap is variance" in diagnosis["sentence"]


def test_the_contract(good: Any) -> None:
    inputs, settings, _ = good
    diagnosis = json.loads(json.dumps(diagnose(inputs, settings), allow_nan=False))
    assert [link["name"] for link in diagnosis["chain"]] == [
        *("target", "train", "train_dev", "dev", "test")
    ]
    assert diagnosis["chain"][0] == {
        "name": "target",
        "error": 0.06,
        "interval": None,
        "examples": 0,
    }
    assert [gap["name"] for gap in diagnosis["gaps"]] == ["bias", "variance", "mismatch", "dev"]
    keys = {"name", "title", "from", "to", "value", "interval", "real", "section"}
    assert all(set(gap) == keys for gap in diagnosis["gaps"])
    assert all(
        set(idea) == {"idea", "why", "section", "command", "cost"} for idea in diagnosis["ideas"]
    )
    assert diagnosis == json.loads(json.dumps(diagnose(inputs, settings)))


def test_the_real_world_is_the_last_link(good: Any) -> None:
    inputs, settings, _ = good
    real = measured("real world", *wrong(100, 40))
    diagnosis = diagnose(inputs, settings, real)
    assert (diagnosis["state"], diagnosis["link"], diagnosis["section"]) == (
        "gap",
        "real world",
        "evaluation",
    )
    assert diagnosis["chain"][-1]["error"] == 0.4
    assert ": 40.0 % of the examples get a wrong class in the real world, " in diagnosis["sentence"]
    fine = diagnose(inputs, settings, measured("real world", *wrong(100, 2)))
    assert fine["state"] == "target met"


def wrong(count: int, of_them: int) -> tuple[Any, Any]:
    numbers = np.arange(count)
    return (numbers < of_them).astype(float), numbers


def test_a_lucky_test_set_does_not_make_up_for_a_dev_set_that_surely_misses(good: Any) -> None:
    inputs, settings, _ = good
    metrics = {name: dict(figures) for name, figures in inputs.metrics.items()}
    metrics["dev"] |= {"accuracy": 0.8, "intervals": [["accuracy", 0.75, 0.85]]}
    assert diagnose(replace(inputs, metrics=metrics), settings)["state"] != "target met"


def test_doubts_about_a_few_labels_are_no_cause(good: Any) -> None:
    inputs, settings, _ = good
    tighter = replace(settings, evaluation=replace(settings.evaluation, target_error=0.01))
    mistaken = [
        example.md5
        for name in ("train_dev", "dev", "test")
        for example, answer, label in zip(
            inputs.predictions[name].examples,
            inputs.predictions[name].answers,
            inputs.predictions[name].labels,
            strict=True,
        )
        if answer != label
    ]
    few, many = (doubted(mistaken[:count]) for count in (4, 15))
    # Just above the target, a few mistakes are a large share of the excess.
    least = round(1 - inputs.metrics["test"]["accuracy"] - 0.003, 6)
    near = replace(settings, evaluation=replace(settings.evaluation, target_error=least))
    diagnosis = diagnose(replace(inputs, data=few), near)
    assert (diagnosis["state"], diagnosis["section"]) == ("gap", "regularization")
    diagnosis = diagnose(replace(inputs, data=many), tighter)
    assert (diagnosis["section"], diagnosis["cause"]) == ("data", "labels")
    assert diagnosis["ideas"][0]["idea"] == "correct labels"
    far = replace(inputs, data=doubted(mistaken[:15], rule="far-answer"))
    assert diagnose(far, tighter)["cause"] == "labels"
    accepted = replace(inputs, data=doubted(mistaken[:15], "it is one"))
    assert diagnose(accepted, tighter)["cause"] is None


def doubted(
    hashes: list[str], accepted: str | None = None, rule: str = "label-error"
) -> dict[str, Any]:
    rows = [{"rule": rule, "accepted": accepted, "md5": [md5]} for md5 in hashes]
    return {"findings": [*rows, {"rule": "copies", "accepted": None, "md5": ["0"]}]}
