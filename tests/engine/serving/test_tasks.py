"""In every task the answer that `predict` gives has the bits that were evaluated."""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from learnt import learnt, predicted, served
from PIL import Image

from samebits.data.targets import joined

TASKS = json.loads((ROOT.parent / "cookiecutter.json").read_text(encoding="utf-8"))["task"]
Row = Mapping[str, str]


@pytest.fixture(scope="module", params=TASKS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of each task, whose prepared examples and reports are elsewhere by now."""
    root = learnt(tmp_path_factory.mktemp(request.param) / "project", request.param)
    (root / "reports").rename(root / "kept")
    shutil.rmtree(root / "data/prepared")
    shutil.rmtree(root / "data/decoded")
    (root / "data/raw").rename(root / "elsewhere")
    return root


def table(root: Path) -> dict[str, Row]:
    """The rows of the test examples in reports/predictions.csv, by path."""
    with (root / "kept/predictions.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file) if row["split"] == "test"}


def test_answers_have_the_bits_that_were_evaluated(project: Path, tmp_path: Path) -> None:
    rows = table(project)
    assert len(rows) > 10
    masks = ["--masks", str(tmp_path)] if "mask" in project.parent.name else []
    elsewhere = {record["input"]: record for record in predicted(project, "elsewhere", *masks)}
    alone = [f"elsewhere/{path}" for path in [*rows][:3] if ":" not in path]
    for record in predicted(project, *alone, *masks) if alone else ():
        assert record == elsewhere[record["input"]]
    for path, row in rows.items():
        record = elsewhere[f"elsewhere/{path}"]
        assert "error" not in record
        for column, cell in cells(record, row):
            assert row[column] == cell, (path, column)
        if masks:
            check_mask(project / "elsewhere", tmp_path / "elsewhere", row)


def test_each_task_is_served(project: Path) -> None:
    """And says what the command says, of a file or of rows."""
    pytest.importorskip("uvicorn")
    files = sorted(path for path in (project / "elsewhere").rglob("*") if path.is_file())
    content = next(path for path in files if path.name != "labels.csv").read_bytes()
    if project.parent.name.startswith("table"):
        content = b"".join(content.splitlines(keepends=True)[:20])
    known = predicted(project, "-", given=content)
    with served(project) as service:
        said = service.ask("/predict", content).value
    records = said.get("answers", [said])
    for record in records:
        assert ("mask" in record) == ("mask" in project.parent.name)
        record.pop("mask", None)
    assert records == known


def cells(record: Mapping[str, Any], row: Row) -> Iterator[tuple[str, str]]:
    """What the row should say, by column."""
    answer = record["answer"]
    if isinstance(answer, dict):
        pixels = sum(float(row[f"said:{name}"]) for name in answer)
        for name, share in answer.items():
            yield f"said:{name}", f"{share * pixels:.0f}"
    elif isinstance(answer, float):
        yield "prediction", repr(answer)
    else:
        yield "prediction", answer if isinstance(answer, str) else joined(answer)
        for name, probability in record["probabilities"].items():
            yield f"p:{name}", f"{probability:.6f}"


def check_mask(raw: Path, drawn: Path, row: Row) -> None:
    """Its pixels are right as often as the table says."""
    said, true = (
        np.asarray(Image.open(file)) for file in (drawn / row["path"], raw / row["label"])
    )
    assert said.shape == true.shape
    names = [column.removeprefix("said:") for column in row if column.startswith("said:")]
    for at, name in enumerate(names):
        assert row[f"said:{name}"] == str((said == at).sum())
        assert row[f"right:{name}"] == str(((said == at) & (true == at)).sum())
