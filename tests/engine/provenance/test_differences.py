"""Differences are found, and those that are likeliest to matter come first."""

import random
from typing import Any

import pytest
from dvc_locks import BOTH, BOTH_TRAIN, lock

from samebits.provenance.differences import Comparison, causes, compare, loss, table


def different(expected: Any, actual: Any) -> list[str]:
    return [row.path for row in compare(expected, actual) if not row.same]


def test_the_same() -> None:
    rows = compare(BOTH, BOTH)
    assert [row.path for row in rows] == ["models/a", "reports/b", "reports/c"]
    assert different(BOTH, BOTH) == []


@pytest.mark.parametrize(
    ("actual", "paths"),
    [
        (lock(train={"models/a": "1", "reports/b": "9"}, report={"reports/c": "3"}), ["reports/b"]),
        (lock(train={"models/a": "1"}, report={"reports/c": "3"}), ["reports/b"]),
        (lock(**BOTH_TRAIN), ["reports/c"]),
        (lock(), ["models/a", "reports/b", "reports/c"]),
        (lock(**BOTH_TRAIN, x={"y": "1"}), ["reports/c", "y"]),
        ({"stages": {"train": {"cmd": "x"}}}, ["models/a", "reports/b", "reports/c"]),
        ({"stages": {"train": ""}}, ["models/a", "reports/b", "reports/c"]),
    ],
)
def test_each_difference_is_seen(actual: Any, paths: list[str]) -> None:
    assert different(BOTH, actual) == paths


def test_an_output_without_expectation_is_different() -> None:
    assert different(lock(), BOTH) == ["models/a", "reports/b", "reports/c"]


@pytest.mark.parametrize("needed", ["models/a", "models", "models/a/part"])
def test_the_order_is_that_of_the_pipeline(needed: str) -> None:
    """The file may have another order: a stage that was added or renamed comes last."""
    late = lock(report={"reports/c": "3"}, train={"models/a": "1"})
    late["stages"]["report"]["deps"] = [{"path": needed, "md5": "1"}]
    assert [row.stage for row in compare(late, lock())] == ["train", "report"]
    assert [row.stage for row in compare(lock(), late)] == ["train", "report"]


def test_stages_that_changed_places() -> None:
    first, other = lock(a={"x": "1"}, b={"y": "1"}), lock(a={"x": "1"}, b={"y": "1"})
    first["stages"]["b"]["deps"] = [{"path": "x"}]
    other["stages"]["a"]["deps"] = [{"path": "y"}]
    assert [row.stage for row in compare(first, other)] == ["a", "b"]
    assert [row.stage for row in compare(other, first)] == ["b", "a"]


def test_table() -> None:
    rows = [Comparison("train", "models/a", True), Comparison("report", "reports/page", False)]
    assert table(rows).splitlines() == [
        "  train      models/a      same",
        "  report     reports/page  DIFFERENT",
    ]


def losses(*values: str) -> str:
    return "step,loss\n" + "".join(f"{step},{value}\n" for step, value in enumerate(values))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (losses("2.5", "1.5"), losses("2.5", "1.5"), "no step: all 2 losses have the same bits"),
        (losses("2.5", "1.5"), losses("2.5", "1.50000012"), "step 1: 1.5 -> 1.50000012"),
        (losses("0"), losses("-0"), "step 0: 0 -> -0"),
        (losses("1", "nan"), losses("1", "2"), "step 1: nan -> 2"),
        (losses("1", "2"), losses("1"), "step 1: 2 -> none"),
        (losses("1"), losses("1", "2"), "step 1: none -> 2"),
        (None, losses("1"), "not known: one of the two reports/losses.csv is neither here nor"),
        (losses("1"), None, "not known: one of the two reports/losses.csv is neither here nor"),
    ],
)
def test_the_first_loss(old: str | None, new: str | None, said: str) -> None:
    assert loss(old, new).startswith(said)


RECORD: dict[str, Any] = {
    "stage": "train",
    "seconds": 1.0,
    "git": {"commit": "a"},
    "outputs": {"a": "1"},
    "identity": {
        "code": "0" * 64,
        "lock": "1" * 64,
        "params": {
            "optimization": {"epochs": 1},
            "reproducibility": {"seed": 0, "level": "portable", "shards": 4, "threads": 1},
        },
    },
    "machine": {"processor": "One", "flags": "avx avx2 fma", "torch": "2", "gpus": [], "memory": 1},
    "environment": {},
    "overridden": {},
    "processes": 1,
}


def changed(key: str, value: Any) -> Any:
    """The record with another value at a key such as `machine.torch`."""
    first, _, rest = key.partition(".")
    return _put(RECORD, first, rest, value)


def _put(record: Any, first: str, rest: str, value: Any) -> Any:
    if not rest:
        return record | {first: value}
    inner = _put(record.get(first, {}), *rest.partition(".")[::2], value)
    return record | {first: inner}


GPU = [{"name": "H1", "memory": 80}]
# A key of the record, another value for it, what a person calls it, how the two are shown.
LIKELIEST: list[tuple[str, Any, str, str]] = [
    (
        "identity.params.reproducibility.level",
        "machine",
        "reproducibility.level",
        "portable -> machine",
    ),
    ("identity.params.reproducibility.seed", 1, "reproducibility.seed", "0 -> 1"),
    ("identity.params.reproducibility.shards", 8, "reproducibility.shards", "4 -> 8"),
    ("identity.params.optimization.epochs", 2, "optimization.epochs", "1 -> 2"),
    ("identity.params.reproducibility.threads", 2, "reproducibility.threads", "1 -> 2"),
    ("identity.lock", "a" * 64, "requirements/runtime.lock", "111111111111 -> aaaaaaaaaaaa"),
    ("machine.torch", "3", "torch", "2 -> 3"),
    ("identity.code", "b" * 64, "code of the stage", "000000000000 -> bbbbbbbbbbbb"),
    ("overridden.MKL_CBWR", "AVX2", "MKL_CBWR of the shell", "none -> AVX2"),
    ("environment.LANG", "C", "LANG", "none -> C"),
    ("machine.processor", "Two", "processor", "One -> Two"),
    ("machine.flags", "avx avx2 avx512f sse", "flags", "fma -> avx512f, sse"),
    ("machine.gpus", GPU, "gpus.0.memory", "none -> 80"),
    ("machine.memory", 2, "memory", "1 -> 2"),
    ("processes", 2, "processes", "1 -> 2"),
]


@pytest.mark.parametrize(("key", "value", "name", "shown"), LIKELIEST)
def test_each_cause_is_seen(key: str, value: Any, name: str, shown: str) -> None:
    reasons = causes(RECORD, changed(key, value))
    assert (reasons[0].name, f"{reasons[0].old} -> {reasons[0].new}") == (name, shown)
    assert len(reasons) == (2 if value is GPU else 1)


def test_the_likeliest_stands_first() -> None:
    record: Any = RECORD
    for key, value, *_ in random.Random(0).sample(LIKELIEST, len(LIKELIEST)):
        first, _, rest = key.partition(".")
        record = _put(record, first, rest, value)
    names = [cause.name for cause in causes(RECORD, record) if cause.name != "gpus.0.name"]
    assert names == [name for _, _, name, _ in LIKELIEST]


def test_no_cause() -> None:
    later = RECORD | {"seconds": 2.0, "git": {"commit": "b"}, "outputs": {"a": "2"}}
    assert causes(RECORD, later) == []


def test_what_is_new_and_long() -> None:
    (cause,) = causes(RECORD, RECORD | {"machine": changed("machine.flags", None)["machine"]})
    assert (cause.old, cause.new) == ("avx avx2 fma", "none")
    many = " ".join(f"f{number}" for number in range(9))
    (cause,) = causes(RECORD, changed("machine.flags", many))
    assert cause.new == "f0, f1, f2, f3, f4, f5 and 3 more"
    (cause,) = causes(RECORD, changed("machine.libc", "x" * 200))
    assert cause.new == "x" * 80 + "..."


def test_parts_of_torch() -> None:
    old = changed("machine.torch_parts", ["GCC 13", "oneDNN 3.1"])
    (cause,) = causes(old, changed("machine.torch_parts", ["GCC 13", "oneDNN 3.2", "CUDA"]))
    assert (cause.name, cause.old, cause.new) == (
        "parts of torch",
        "oneDNN 3.1",
        "oneDNN 3.2, CUDA",
    )
