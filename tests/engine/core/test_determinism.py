"""What must be set for equal bits is set before it is too late."""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samebits.console.errors import UserError
from samebits.core import determinism
from samebits.core.determinism import INHERITED, NUMPY, PORTABLE

PROJECT = Path(determinism.__file__).parents[3]
Python = Callable[..., Any]
# A single import of torch shows everything: it takes most of the time of these tests.
APPLY = """
import json, os, sys
from samebits.core import determinism
level, device, threads = sys.argv[1:]
determinism.choose(level, int(threads))
overridden = determinism.overridden()
from samebits.core import kernels
kernels.configure(level, int(threads), device)
import torch
print(json.dumps([overridden, dict(os.environ), torch.get_num_threads(),
    torch.are_deterministic_algorithms_enabled(), torch.backends.cpu.get_cpu_capability(),
    torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32]))
"""
LATE = """
import sys, types
sys.modules[sys.argv[1]] = types.ModuleType(sys.argv[1])
from samebits.console.errors import run
from samebits.core import determinism
run(lambda: determinism.choose("machine", 1))
"""


@pytest.mark.parametrize("level", ["portable", "machine", "off"])
def test_the_environment_of_each_level(level: str) -> None:
    wanted = determinism.environment(level, 3)
    assert {wanted[f"{name}_NUM_THREADS"] for name in ("OMP", "MKL", "OPENBLAS")} == {"3"}
    assert (PORTABLE.items() <= wanted.items()) is (level == "portable")
    assert PORTABLE.keys().isdisjoint(wanted) is (level != "portable")
    assert (determinism.CUBLAS in wanted) is (level != "off")


def test_portable_overrides_what_the_shell_says(python: Python, monkeypatch: Any) -> None:
    monkeypatch.chdir(PROJECT)
    shell = {"MKL_CBWR": "AVX512", "OMP_NUM_THREADS": "7", "NPY_DISABLE_CPU_FEATURES": ""}
    shell |= {"NPY_ENABLE_CPU_FEATURES": "X86_V3"}  # NumPy refuses both together
    done = python("-W", "error", "-c", APPLY, "portable", "cpu", "1", **shell, MKL_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    overridden, environment, threads, strict, kernels, cudnn, tf32 = json.loads(done.stdout)
    assert {name: overridden[name] for name in shell} == shell
    assert "MKL_NUM_THREADS" not in overridden
    assert environment["MKL_CBWR"] == "COMPATIBLE"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment.get(NUMPY) == PORTABLE.get(NUMPY)
    assert "NPY_ENABLE_CPU_FEATURES" not in environment
    assert (threads, strict, cudnn, tf32) == (1, True, True, False)
    assert kernels in ("AVX2", "DEFAULT", "NO AVX")


@pytest.mark.skipif(NUMPY not in PORTABLE, reason="portable is for Linux on x86-64")
def test_of_what_numpy_has_kernels_for_portable_leaves_avx2() -> None:
    """A new NumPy may know more; unknown names are a warning, those of the baseline are refused.

    So this holds with and without AVX-512 here.
    """
    numpy: Any = importlib.import_module("numpy._core._multiarray_umath")
    assert {*numpy.__cpu_dispatch__} == {*PORTABLE[NUMPY].split(), "X86_V3"}
    assert {*numpy.__cpu_baseline__} == {"X86_V2"}


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("torch", "numpy"):
        monkeypatch.delitem(sys.modules, library, raising=False)


def test_nothing_is_inherited(monkeypatch: pytest.MonkeyPatch, without_torch: None) -> None:
    shell = dict.fromkeys(INHERITED, "x") | {determinism.CUBLAS: ":16:8"}
    environment = shell | {"PATH": "/bin"}
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(determinism, "SHELL", shell)
    determinism.choose("machine", 2)
    assert determinism.overridden() == shell
    assert environment == {"PATH": "/bin"} | determinism.environment("machine", 2)


def test_what_is_already_right_is_not_overridden(
    monkeypatch: pytest.MonkeyPatch, without_torch: None
) -> None:
    environment = determinism.environment("portable", 1)
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(determinism, "SHELL", {**environment})
    determinism.choose("portable", 1)
    assert determinism.overridden() == {}


def test_what_was_chosen_before_is_not_of_the_shell(
    monkeypatch: pytest.MonkeyPatch, without_torch: None
) -> None:
    """Programs run from here have the shell's environment, and choose by their own level."""
    shell = {"PATH": "/bin", "MKL_CBWR": "AUTO", NUMPY: "X86_V3"}
    monkeypatch.setattr(os, "environ", {**shell})
    monkeypatch.setattr(determinism, "SHELL", {"MKL_CBWR": "AUTO", NUMPY: "X86_V3"})
    determinism.choose("portable", 1)
    assert os.environ == {"PATH": "/bin"} | determinism.environment("portable", 1)
    assert determinism.of_shell() == shell
    determinism.choose("machine", 1)
    assert determinism.overridden() == {"MKL_CBWR": "AUTO", NUMPY: "X86_V3"}
    assert os.environ == {"PATH": "/bin"} | determinism.environment("machine", 1)


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_too_late(python: Python, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.chdir(PROJECT)
    done = python("-c", LATE, library)
    assert done.returncode == 2
    words = f"error: {library} was imported before determinism.choose was called"
    assert done.stderr.startswith(words)
    assert "Traceback" not in done.stderr


def test_other_kernels_than_params_yaml_asks_for_are_refused(
    monkeypatch: pytest.MonkeyPatch, without_torch: None
) -> None:
    monkeypatch.setattr(determinism, "_chosen", [])
    monkeypatch.setattr(os, "environ", determinism.environment("portable", 1))
    with pytest.raises(UserError, match="the environment does not match level portable"):
        determinism.check("portable", 1)  # not chosen, so torch may have been imported before
    determinism.choose("portable", 1)
    determinism.check("portable", 1)
    with pytest.raises(UserError, match=r"MKL_CBWR, .* does not match level machine with 1 thr"):
        determinism.check("machine", 1)
    with pytest.raises(UserError, match=r"\(MKL_NUM_THREADS, OMP.* level portable with 2 thread"):
        determinism.check("portable", 2)
    os.environ["ATEN_CPU_CAPABILITY"] = "default"
    with pytest.raises(UserError, match=r"\(ATEN_CPU_CAPABILITY\)"):
        determinism.check("portable", 1)
    del os.environ["ATEN_CPU_CAPABILITY"]
    with pytest.raises(UserError, match=r"\(ATEN_CPU_CAPABILITY\)"):
        determinism.check("portable", 1)
