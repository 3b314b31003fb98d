"""Wherever examples and answers are, the same arrays give the same bits in every stage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handwritten_digits import data as yours
from PIL import Image

from samebits.console.errors import UserError
from samebits.data import Decoded

Repro = Callable[..., dict[str, bytes]]
Settle = Callable[..., None]
STAGES = ("validate", "prepare", "train", "evaluate", "diagnose")


def decode(content: bytes, _: object) -> Decoded:
    """Decode a row with a cell for each pixel."""
    cells = json.loads(content)
    pixels = np.array([cells[f"p{pixel}"] for pixel in range(64)], np.float64)
    image = pixels.astype(np.uint8).reshape(1, 8, 8)
    return Decoded({"image": image}, {"brightness": float(pixels.mean() / 255)})


def test_files_beside_a_table(project: Path, repro: Repro, settle: Settle) -> None:
    before = repro(*STAGES)
    raw, rows = project / "data/raw", ["kind,path"]
    for path in sorted(raw.rglob("*.png")):
        name = f"scans/{path.parent.name}-{path.name}"  # in the same order
        rows.append(f"{path.parent.name},{name}")
        (raw / "scans").mkdir(exist_ok=True)
        path.rename(raw / name)
    for name in ("circle", "square", "tree"):
        (raw / name).rmdir()
    (raw / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    settle(project / "params.yaml", task={"reader": "labels", "answer": "kind"})
    after = repro(*STAGES)
    same = {name for name in before if before[name] == after[name]}
    assert {name for name in before if name.endswith((".npy", ".safetensors"))} <= same
    assert {"reports/data.json", "reports/metrics.json", "reports/losses.csv"} <= same


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_rows(
    project: Path, repro: Repro, settle: Settle, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    raw, examples = project / "data/raw", []
    for path in sorted(raw.rglob("*.png")):
        pixels = np.asarray(Image.open(path).resize((8, 8))).ravel().tolist()
        examples.append(
            {"kind": path.parent.name} | {f"p{n}": pixel for n, pixel in enumerate(pixels)}
        )
    shutil.rmtree(raw)
    raw.mkdir()
    if form == "csv":
        lines = [
            ",".join(examples[0]),
            *(",".join(map(str, example.values())) for example in examples),
        ]
    else:
        lines = [json.dumps(example) for example in examples]
    (raw / f"digits.{form}").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(yours, "decode", decode)
    settle(project / "params.yaml", task={"reader": "lines", "answer": "kind"})
    made = repro(*STAGES)
    assert json.loads(made["reports/data.json"])["classes"] == dict.fromkeys(
        ("circle", "square", "tree"), 30
    )
    assert b",digits." in made["reports/predictions.csv"]
    assert repro(*STAGES) == made


@pytest.mark.parametrize("stage", ["validate", "prepare"])
def test_keys_that_do_not_go_together(
    project: Path, repro: Repro, settle: Settle, stage: str
) -> None:
    repro("validate")
    settle(project / "params.yaml", task={"answer": "kind"})
    with pytest.raises(
        UserError, match=r"params\.yaml: 'task\.answer' is 'kind', but the reader fol"
    ):
        repro(stage)


def test_nothing_is_left_of_a_table_that_is_refused(
    project: Path, repro: Repro, settle: Settle
) -> None:
    settle(project / "params.yaml", task={"reader": "labels", "answer": "kind"})
    with pytest.raises(UserError, match=r"data/raw/labels\.csv is missing; write it, with the c"):
        repro("validate")
    assert not (project / "reports/data.json").exists()
