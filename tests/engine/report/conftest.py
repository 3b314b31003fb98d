"""A made-up result: three classes, hostile names, wrong answers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from predicted import MASK, NUMBER, example, missing, segmented, summarise

from samebits.core.sections import Evaluation
from samebits.data.targets import Answers
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.predictions import Predictions
from samebits.metrics.registry import METRICS
from samebits.report.inputs import Inputs

CLASSES = ["<script>alert(1)</script>", '"it\'s" & https://x.example/', "שלום 🐈"]
SPLITS = {"train": 30, "train_dev": 6, "dev": 9, "test": 12}
EVALUATION = Evaluation(
    metric="macro_f1",
    target_error=0.1,
    constraints=(f"recall[{CLASSES[0]}] >= 0.5", "parameters <= 9e9", "latency_ms <= 10"),
    slices=("class", "path <b>*"),
    slice_examples=1,
)
_ON = {
    "value": 0.25,
    "interval": [0.1, 0.4],
    "difference": 0.375,
    "difference_interval": [0.1, 0.6],
    "verdict": "better",
}
BASELINES = [{"name": "majority <class>", **_ON, "beaten": True, "dev": _ON}]
_CHAIN = {"target": 0.02, "train": 0.25, "train_dev": 0.333333, "dev": 0.3, "test": 0.25}
DIAGNOSIS: dict[str, Any] = {
    "state": "gap",
    "link": "bias",
    "section": "model",
    "sentence": "The largest gap is <avoidable> bias.",
    "chain": [
        {
            "name": name,
            "error": error,
            "interval": None if name == "target" else [error - 0.1, error + 0.1],
            "examples": SPLITS.get(name, 0),
        }
        for name, error in _CHAIN.items()
    ],
    "gaps": [
        {
            "name": name,
            "title": f"<{name}> gap",
            "from": start,
            "to": end,
            "value": _CHAIN[end] - _CHAIN[start],
            "interval": [-0.01, 0.3],
            "real": name == "bias",
            "section": "model",
        }
        for name, start, end in (
            ("bias", "target", "train"),
            ("variance", "train", "train_dev"),
            ("mismatch", "train_dev", "dev"),
            ("dev", "dev", "test"),
        )
    ],
    "ideas": [
        {
            "idea": "bigger <network>",
            "why": "it cannot represent more",
            "section": "model",
            "command": "dvc exp run -S model.width=64",
            "cost": "one run",
        },
        {
            "idea": "look again",
            "why": "people see more",
            "section": "data",
            "command": "",
            "cost": "work by hand",
        },
    ],
}
COSTS = {"parameters": 1234, "model_bytes": 5678}


def made(count: int) -> ClassPredictions:
    """Return `count` predictions; every fourth is wrong."""
    labels = np.arange(count, dtype=np.int64) % 3
    answers = np.where(np.arange(count) % 4 == 0, (labels + 1) % 3, labels)
    sure = 0.5 + np.arange(count) % 5 / 10
    rows = np.repeat((1 - sure)[:, None] / 2, 3, axis=1)
    rows[np.arange(count), answers] = sure
    examples = [
        example(f"{CLASSES[label]}/{row:03d}.png", CLASSES[label], f"{row:032x}")
        for row, label in enumerate(labels)
    ]
    return ClassPredictions(examples, labels, answers, sure, rows, CLASSES)


@pytest.fixture
def inputs() -> Inputs:
    predictions = {name: made(count) for name, count in SPLITS.items()}
    examples = np.arange(9 * 64, dtype=np.int64).reshape(9, 1, 8, 8) % 251
    return Inputs(
        metrics=summarise(EVALUATION, CLASSES, predictions, COSTS, seed=0)
        | {"baselines": BASELINES, "data": {"version": "da7a.dir", "release": "1.1"}},
        diagnosis=DIAGNOSIS,
        data={
            "version": "da" * 16,
            "examples": 51,
            "classes": dict.fromkeys(CLASSES, 17),
            "sizes": {"8x8": 51},
            "modes": {"L": 51},
            "statistics": {},
            "compared_with": None,
            "labels_examined": 50,
            "corrections": [],
            "found": {},
            "accepted": {},
            "findings": [],
        },
        identity={
            "code": "c0" * 32,
            "data": "da" * 16,
            "lock": "10" * 32,
            "params": {
                "model": {"width": 77, "activation": "relu"},
                "reproducibility": {"level": "portable"},
            },
        },
        curves={
            "epoch": [1.0, 2.0, 3.0],
            "train_loss": [1.5, 0.5, 0.25],
            "dev_loss": [1.6, None, 0.5],
            "dev_accuracy": [0.5, 0.75, 0.875],
        },
        errors=errors_of(Answers("class", CLASSES), 0.02),
        predictions=predictions,
        looks=examples.astype(np.uint8),
        odd={},
        tags={f"{0:032x}": ["blurry", "<cut> off"], f"{4:032x}": ["blurry"], f"{1:032x}": ["no"]},
    )


@pytest.fixture
def number_inputs(inputs: Inputs) -> Inputs:
    """The same for numbers: prices that are some thousands off; 2,000 is allowed."""
    allowed = 2000.0
    predictions: dict[str, Predictions] = {
        name: missing(seed, 3 * count, 0.015, 1e5)
        for seed, (name, count) in enumerate(SPLITS.items())
    }
    evaluation = Evaluation(
        metric="mae",
        target_error=allowed,
        constraints=("rmse <= 1e6",),
        slices=("width at 9",),
        slice_examples=1,
    )
    errors = {name: float(known.sample.errors.mean()) for name, known in predictions.items()} | {
        "target": allowed
    }
    diagnosis = {
        **DIAGNOSIS,
        "chain": [
            link | {"error": errors[link["name"]]} | _around(errors[link["name"]], link["interval"])
            for link in DIAGNOSIS["chain"]
        ],
        "gaps": [
            gap | {"value": errors[gap["to"]] - errors[gap["from"]], "interval": [-500.0, 12345.6]}
            for gap in DIAGNOSIS["gaps"]
        ],
    }
    worst = errors_of(NUMBER, allowed).ordered(METRICS["mae"], predictions["dev"])[0]
    return replace(
        inputs,
        metrics=summarise(evaluation, [], predictions, COSTS, seed=0)
        | {"baselines": [], "data": inputs.metrics["data"]},
        diagnosis=diagnosis,
        data={
            **inputs.data,
            "classes": {},
            "answers": {"quartiles": [5e5, 1e6, 2.5e6, 3e6, 5e6], "mean": 2e6, "deviation": 1e6},
        },
        curves={"epoch": [1.0, 2.0], "train_loss": [1.0, 0.5], "dev_rmse": [21000.5, 9000.0]},
        errors=errors_of(NUMBER, allowed),
        predictions=predictions,
        looks=np.zeros((len(predictions["dev"].examples), 1, 8, 8), dtype=np.uint8),
        tags={predictions["dev"].examples[worst].md5: ["<typing> error"]},
    )


@pytest.fixture
def mask_inputs(inputs: Inputs) -> Inputs:
    """The same for masks, with a fifth of the pixels wrong; 10 % are allowed."""
    predictions: dict[str, Predictions] = {
        name: segmented(seed, 3 * count) for seed, (name, count) in enumerate(SPLITS.items())
    }
    evaluation = Evaluation(
        metric="mean_iou",
        target_error=0.1,
        constraints=("iou[odd] >= 0.05",),
        slices=("width at 9",),
        slice_examples=1,
    )
    count = len(predictions["dev"].examples)
    return replace(
        inputs,
        metrics=summarise(evaluation, MASK, predictions, COSTS, seed=0)
        | {"baselines": [], "data": inputs.metrics["data"]},
        data={**inputs.data, "classes": {}, "answers": {"pixels": [3000, 1000, 500]}},
        curves={"epoch": [1.0, 2.0], "train_loss": [1.0, 0.5], "dev_mean_iou": [0.25, 0.5]},
        errors=errors_of(MASK, 0.1),
        predictions=predictions,
        looks=np.zeros((count, 3, 8, 26), dtype=np.uint8),
        tags={},
    )


def _around(error: float, interval: list[float] | None) -> dict[str, list[float]]:
    return {"interval": [error * 0.9, error * 1.1]} if interval else {}
