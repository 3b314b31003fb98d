"""Evaluation, on examples of the default shape and of any other."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samebits.console.errors import UserError
from samebits.data.splits import SPLITS

ALL = ("validate", "prepare", "train", "evaluate")
Repro = Callable[..., dict[str, bytes]]
Settle = Callable[..., None]


def test_the_outputs(repro: Repro) -> None:
    made = repro(*ALL)
    metrics = json.loads(made["reports/metrics.json"])
    assert metrics["metric"] == "macro_f1"
    assert metrics["score"] == metrics["test"]["macro_f1"]
    assert sum(metrics[split]["examples"] for split in SPLITS) == 90
    rows = list(csv.DictReader(made["reports/predictions.csv"].decode().splitlines()))
    assert [row["split"] for row in rows] == sorted(
        (row["split"] for row in rows), key=SPLITS.index
    )
    for split in SPLITS:
        examples = made[f"data/prepared/{split}/examples.csv"].decode().splitlines()
        listed = [row for row in rows if row["split"] == split]
        for known, row in zip(csv.DictReader(examples), listed, strict=True):
            assert known.items() <= row.items()
    assert all(row["label"] == row["path"].split("/")[0] for row in rows)
    confusion = made["reports/confusion.csv"].decode().splitlines()
    assert len(confusion) == 1 + metrics["test"]["examples"]
    assert repro("evaluate") == made


def test_images_of_your_own_need_no_code(repro: Repro, project: Path, settle: Settle) -> None:
    """Colour and grey, JPEG and PNG, every size, four classes: params.yaml alone says the shape."""
    raw, draw = project / "data/raw", np.random.default_rng(0)
    for number in range(60):
        height, width = (int(size) for size in draw.integers(10, 60, 2))
        name, colour = [("red", (220, 30, 30)), ("blue", (20, 40, 230))][number % 2]
        noise = draw.integers(0, 25, (height, width, 3)) + np.array(colour)
        folder = raw / name
        folder.mkdir(exist_ok=True)
        example = Image.fromarray(noise.astype(np.uint8))
        example.save(folder / f"{number}.{'jpg' if number % 3 else 'png'}")
    (raw / "tree").rename(raw / "a class with spaces, commas and ü")
    settle(project / "params.yaml", input={"size": 20, "channels": 3})
    made = repro(*ALL)
    summary = json.loads(made["reports/data.json"])
    assert set(summary["modes"]) == {"L", "RGB"}
    assert len(summary["sizes"]) > 40
    images = np.load(project / "data/prepared/train/image-00000.npy")
    assert images.shape[1:] == (3, 20, 20)
    metrics = json.loads(made["reports/metrics.json"])
    assert sum(metrics[split]["examples"] for split in SPLITS) == 150
    header = made["reports/predictions.csv"].decode().splitlines()[0]
    assert header.endswith('"p:a class with spaces, commas and ü",p:blue,p:circle,p:red,p:square')


def test_without_a_model(repro: Repro) -> None:
    repro("validate", "prepare")
    with pytest.raises(UserError, match=r"model\.safetensors is missing; run 'dvc repro train'"):
        repro("evaluate")


def test_a_model_of_other_params(repro: Repro, project: Path, settle: Settle) -> None:
    repro("validate", "prepare", "train")
    settle(project / "params.yaml", model={"width": 8})
    with pytest.raises(UserError, match=r"does not hold the network that params\.yaml describes"):
        repro("evaluate")
