"""Every stage starts quickly and fails with one sentence."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import configured, rendered

from samebits.core.determinism import NUMPY, PORTABLE
from samebits.verbs import VERBS

Stage = Callable[..., Any]
# Printed last by each verb: the settings with which numpy was imported, and all imports.
PROBE = """
import os, runpy, sys

class Finder:
    def find_spec(self, name, *_):
        if name == "numpy":
            names = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")
            variables.append(" ".join(str(os.environ.get(name)) for name in names))

variables = []
sys.meta_path.insert(0, Finder())
sys.argv[0] = "samebits"
try:
    runpy.run_module("samebits", run_name="__main__")
except SystemExit:
    pass
imported = [*sys.modules]
from numpy._core._multiarray_umath import __cpu_features__
print()
print(*variables)
print(*(name for name, here in __cpu_features__.items() if here))
print(*imported)
"""


@pytest.mark.parametrize("verb", VERBS)
def test_numpys_kernels_are_chosen_before_its_import(
    python: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    configured(tmp_path)
    rendered(tmp_path, "dvc.yaml")
    monkeypatch.chdir(tmp_path)
    words = [*verb.split(), *shlex.split(VERBS[verb].example)]
    done = python("-W", "error", "-c", PROBE, *words)
    assert done.returncode == 0, done.stderr
    variables, features, imported = done.stdout.splitlines()[-3:]
    assert variables == f"{PORTABLE.get(NUMPY)} {PORTABLE['OPENBLAS_CORETYPE']}"
    assert {"X86_V4", "AVX512_ICL", "AVX512_SPR"}.isdisjoint(features.split())
    # It takes seconds to import; where labels are checked, a model learns.
    learns = VERBS[verb].torch or verb in ("run validate", "data release")
    heavy = {"sklearn"} if learns else {"sklearn", "torch"}
    assert heavy.isdisjoint(imported.split())
    assert ("jinja2" in imported.split()) == (verb in ("run report", "errors", "data diff"))


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("validate", "data/raw", "raw is missing; get the data with 'dvc pull data/raw.dvc', or"),
        ("validate", "data/raw.dvc", "raw.dvc is missing; give the data a version"),
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
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
