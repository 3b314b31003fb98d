"""Zero differing bytes on other processors.

    python -m pytest -m emulated

These take minutes.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import TASKS
from reproduction import Base, Counted, Files, both, count, stage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.emulated,
    pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="no qemu-x86_64 (qemu-user)"),
]
changes = pytest.mark.changes
TRAIN = stage("train")
PROCESSORS = ("Haswell-v1", "EPYC-v1")
EMULATED = ("qemu-x86_64", "-cpu")
# Of the examples, if a tenth is less than two steps, or leaves a class without any.
PARTS = {"series-class": 0.5, "image-mask": 0.15}


def python(base: Base) -> Path:
    """The interpreter of the environment, whose packages it finds by its own name."""
    return base.place.built / ".venv" / "bin" / "python"


@changes("processor, emulated, two steps of training", "train")
def test_processors(base: Base, counted: Counted) -> None:
    """Of two vendors, neither with AVX-512, against this one."""
    expected = trained(base)
    assert expected["reports/losses.csv"].count(b"\n") == 1 + 2

    def run(processor: str) -> int:
        return count(expected, trained(base, *EMULATED, processor))

    counted(dict(zip(PROCESSORS, both(run, PROCESSORS), strict=True)))


@pytest.mark.long
@pytest.mark.parametrize(
    "task",
    [
        pytest.param(task, marks=changes(f"processor, emulated, {task}", "train", task=task))
        for task in TASKS[1:]
    ],
)
def test_processors_of_other_tasks(
    bases: Callable[[str], Base], counted: Counted, task: str
) -> None:
    base = bases(task)
    part = PARTS.get(task, 0.1)
    here, there = (trained(base, *words, part=part) for words in ((), (*EMULATED, PROCESSORS[0])))
    counted({PROCESSORS[0]: count(here, there)})


def trained(base: Base, *emulator: str, part: float = 0.1) -> Files:
    """Training on few examples: a step takes the emulator most of a minute."""
    with base.copy(whole=True, epochs=1, train_fraction=part, batch_size=64) as place:
        place.stages("validate", "prepare")
        place.must(*emulator, str(python(base)), *TRAIN[1:], timeout=1800)
        files = place.files("train")
        assert files["reports/losses.csv"].count(b"\n") >= 1 + 2
        return files


FUNCTIONS = """
import hashlib
from samebits.core.determinism import choose
choose("portable", 1)
import numpy as np
from samebits.metrics.sums import distinct
from samebits.core.random import permutation, uniform
from samebits.data.sampling import draws as drawn

draws = uniform(0, "a", 0, np.arange(3000), 3).astype(np.float64)
some, other, whole = draws[:, 0], draws[:, 1], (draws[:, 2] * 50).astype(np.int64)
found = {
    "permutation": permutation(0, "a", 0, 3000),
    "lexsort": np.lexsort((some, whole)),
    "distinct": distinct(whole)[1],
    "bincount": np.bincount(whole, some),
    "product": draws.T @ draws,
    "balanced": drawn(0, 0, (some**2 * 9).astype(np.int64), 0.3),
}
for dtype in ("f4", "f8", "i4", "i8", "u8", "u1"):
    values = (some * 200 - (100 if dtype[0] == "i" else 0)).astype(dtype)
    for name in ("sort", "argsort"):
        found[name + dtype] = getattr(np, name)(values, kind="stable")
    for name in ("unique", "argmax", "argmin", "sum", "cumsum", "mean", "var"):
        found[name + dtype] = getattr(np, name)(values)
for dtype in ("f4", "f8"):
    x, y = some.astype(dtype) + 1, other.astype(dtype)
    for name in ("sqrt", "exp", "log", "log1p", "expm1", "arctan", "sin", "cos", "tanh", "rint"):
        found[name + dtype] = getattr(np, name)(x)
    found["power" + dtype], found["divide" + dtype] = x**-y, y / x
for name, value in found.items():
    print(name, hashlib.md5(np.asarray(value).tobytes()).hexdigest())
"""


@changes("processor, emulated, NumPy's functions", "validate")
def test_numpy(base: Base, counted: Counted) -> None:
    """The basis of order and statistics, compared with a native run at level `portable`."""
    with base.copy() as place:
        expected = {"": place.must("python", "-I", "-W", "error", "-c", FUNCTIONS).encode()}

        def run(processor: str) -> int:
            emulator = "qemu-x86_64", "-cpu", processor, str(python(base)), "-I", "-c", FUNCTIONS
            done = place.run(*emulator, timeout=900)
            assert done.returncode == 0, done.stderr
            return count(expected, {"": done.stdout.encode()})

        counted(dict(zip(PROCESSORS, both(run, PROCESSORS), strict=True)))
