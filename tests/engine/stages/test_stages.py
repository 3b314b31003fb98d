"""What holds for every stage: it starts quickly and fails with one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samebits.console import errors
from samebits.core.determinism import NUMPY, PORTABLE

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


COMMANDS = [path.stem for path in sorted(Path(errors.__file__).parent.glob("commands/[a-z]*.py"))]
KERNELS = """
import importlib, os, sys

class Finder:
    def find_spec(self, name, *_):
        if name == "numpy":
            print(os.environ.get("NPY_DISABLE_CPU_FEATURES"), os.environ.get("OPENBLAS_CORETYPE"))

sys.meta_path.insert(0, Finder())
for name in sys.argv[1:]:
    importlib.import_module(name)
import numpy
from numpy._core._multiarray_umath import __cpu_features__
print(*(name for name, here in __cpu_features__.items() if here))
"""


@pytest.mark.parametrize(
    "names", [*([f"stages.{name}"] for name in STAGES), [f"commands.{name}" for name in COMMANDS]]
)
def test_numpys_kernels_are_chosen_before_its_import(
    python: Stage, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    monkeypatch.chdir(Path(errors.__file__).parents[2])
    done = python("-W", "error", "-c", KERNELS, *(f"{PACKAGE}.{name}" for name in names))
    assert done.returncode == 0, done.stderr
    variables, features = done.stdout.splitlines()
    assert variables == f"{PORTABLE.get(NUMPY)} {PORTABLE['OPENBLAS_CORETYPE']}"
    assert {"X86_V4", "AVX512_ICL", "AVX512_SPR"}.isdisjoint(features.split())


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
