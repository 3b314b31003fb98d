"""data/raw → reports/data.json → data/prepared."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from {{ cookiecutter.__package_name }}.errors import UserError

Repro = Callable[..., dict[str, bytes]]


def test_the_outputs(repro: Repro) -> None:
    found = repro("validate", "prepare")
    summary = json.loads(found["reports/data.json"])
    assert summary["version"] == "0123456789abcdef0123456789abcdef.dir"
    assert summary["classes"] == {"circle": 30, "square": 30, "tree": 30}
    index = json.loads(found["data/prepared/test/index.json"])
    assert index["version"] == summary["version"]
    assert len(found) == 1 + 4 * 4
    assert repro("validate", "prepare") == found


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_damaged_summary(repro: Repro, project: Path, text: str) -> None:
    (project / "reports").mkdir()
    (project / "reports/data.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="run 'dvc repro validate'"):
        repro("prepare")
