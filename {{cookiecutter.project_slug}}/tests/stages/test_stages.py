"""What holds for every stage: it starts quickly and fails with one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.__package_name }} import errors

PACKAGE = errors.__name__.partition(".")[0]
STAGES = ("validate", "prepare", "train", "evaluate", "diagnose", "report")
Stage = Callable[..., Any]


@pytest.mark.parametrize("name", STAGES)
def test_importing_a_stage_imports_nothing_heavy(
    python: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(Path(errors.__file__).parents[2])
    # The kernels must be chosen before numpy or torch is imported.
    heavy = {"torch", "sklearn"} | ({"numpy"} if name in ("train", "evaluate") else set())
    code = f"import sys, {PACKAGE}.stages.{name}; print(*sys.modules)"
    done = python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("validate", "data/raw", "raw is not there; get the data with 'dvc pull data/raw.dvc', or"),
        ("validate", "data/raw.dvc", "raw.dvc is not there; give the data a version"),
        ("prepare", "reports/data.json", "reports/data.json is not what the validate stage"),
        ("prepare", "params.yaml", "there is no params.yaml here; run this from"),
    ],
)
def test_a_missing_input_is_one_sentence(
    stage: Stage, project: Path, name: str, path: str, words: str
) -> None:
    missing = project / path
    if missing.exists():
        missing.rename(project / "elsewhere")
    done = stage(name)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
