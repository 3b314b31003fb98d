"""reports/diagnosis.json: written from the earlier stages' outputs, the same bytes each time."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import UserError

ALL = ("validate", "prepare", "train", "evaluate", "diagnose")
Repro = Callable[..., dict[str, bytes]]


def test_the_output(repro: Repro) -> None:
    made = repro(*ALL)
    content = json.loads(made["reports/diagnosis.json"])
    metrics = json.loads(made["reports/metrics.json"])
    errors = {link["name"]: link["error"] for link in content["chain"]}
    for split in ("train", "train_dev", "dev", "test"):
        assert errors[split] == pytest.approx(1 - metrics[split]["accuracy"], abs=1e-6)
    assert content["state"] in ("target met", "gap", "cannot tell")
    assert repro("diagnose") == made


@pytest.mark.parametrize("text", ["", "step,loss\n", "step,loss\n0,x\n", "a,b\n1,2\n"])
def test_damaged_losses(repro: Repro, project: Path, text: str) -> None:
    repro(*ALL)
    (project / "reports/losses.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"losses\.csv is not a table of losses; run 'dvc repro --"):
        repro("diagnose")
    (project / "reports/losses.csv").unlink()
    with pytest.raises(UserError, match=r"losses\.csv is missing; run 'dvc repro train'"):
        repro("diagnose")


def test_predictions_without_a_data_set(repro: Repro, project: Path) -> None:
    repro(*ALL)
    path = project / "reports/predictions.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith("train_dev,")]
    path.write_text("".join(kept), encoding="utf-8")
    with pytest.raises(UserError, match="has no train_dev row"):
        repro("diagnose")
