"""Zero differing bytes: training for real, in fresh processes, with one thing changed at a time.

    python -m pytest tests/test_reproduction.py

The table at the end says what changed, and how many bytes of the tracked outputs differed.
`make test` runs test_reproduction_combined.py in place of these.
"""

import json
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import PACKAGE, git
from reproduction import (
    ASCII,
    MEMORY,
    MORE_VARIABLES,
    STAGES,
    TRAIN,
    USER,
    VARIABLES,
    WEIGHTS,
    Base,
    Counted,
    Files,
    Place,
    both,
    count,
    moved,
    planted,
    reordered,
)

pytestmark = pytest.mark.slow
apart = pytest.mark.apart  # a combined run covers these
changes = pytest.mark.changes
SHELLS: dict[str, dict[str, dict[str, str]]] = {
    "nothing, fresh processes": {"all stages": {}},
    "user name, HOME": {"somebody, /nowhere": USER | {"HOME": "/nowhere"}},
    "locale": {
        "C": ASCII | {"LC_ALL": "C", "LANG": "C"},
        "POSIX": ASCII | {"LC_ALL": "POSIX", "LANG": "POSIX"},
        "tr_TR.UTF-8": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    },
    "time zone": {zone: {"TZ": zone} for zone in ("Asia/Kathmandu", "America/St_Johns")},
    "PYTHONHASHSEED": {seed: {"PYTHONHASHSEED": seed} for seed in ("0", "1", "random")},
}


@apart
@pytest.mark.parametrize(
    ("shell"),
    [pytest.param(variables, marks=changes(name), id=name) for name, variables in SHELLS.items()],
)
def test_a_shell(base: Base, counted: Counted, shell: dict[str, dict[str, str]]) -> None:
    def run(variables: dict[str, str]) -> int:
        with base.copy(whole=True) as place:
            # Isolated, as DVC runs them, they would not even read Python's own variables.
            return moved(base, place, *STAGES, isolated=False, variables=variables)

    counted(dict(zip(shell, both(run, shell.values()), strict=True)))


@apart
@changes("modules that lie around")
def test_what_lies_around(base: Base, counted: Counted, tmp_path: Path) -> None:
    """Files of this folder or on PYTHONPATH with the names of modules; none is imported."""

    def run(here: bool) -> int:
        with base.copy(whole=True) as place:
            planted(place.root if here else tmp_path)
            return moved(base, place, *STAGES, variables={"PYTHONPATH": str(tmp_path)})

    places = ("in the folder", "on PYTHONPATH")
    counted(dict(zip(places, both(run, (True, False)), strict=True)))


@apart
@changes("umask")
def test_umask(base: Base, counted: Counted) -> None:
    def run(umask: int) -> int:
        with base.copy(whole=True) as place:
            return moved(base, place, *STAGES, umask=umask)

    counted(dict(zip(("000", "077"), both(run, (0o000, 0o077)), strict=True)))


@apart
@changes("directory")
def test_another_directory(base: Base, counted: Counted) -> None:
    def run(name: str) -> int:
        with base.copy(whole=True, name=name) as place:
            return moved(base, place, *STAGES)

    names = ("ein schöner Ordner", "d" * 100)
    counted(dict(zip(("with a space and ö", "of 100 letters"), both(run, names), strict=True)))


@changes("nothing, a fresh clone")
def test_a_fresh_clone(base: Base, counted: Counted, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(base.place.root), "clone")
    clone = Place(tmp_path / "clone", base.place.built)
    clone.must("python", "-m", "samebits", "data", "add")
    clone.must("dvc", "repro")
    assert git(clone.root, "status", "--porcelain") == ""
    counted({"dvc repro": count(base.expected, clone.files(*STAGES))})


@apart
@changes("order in which files were made")
def test_the_order_of_files(base: Base, counted: Counted) -> None:
    seen = []

    def run(order: Callable[[list[Path]], object]) -> int:
        with base.copy(whole=True, inside=MEMORY) as place:
            seen.append(reordered(place, order))
            return moved(base, place, *STAGES)

    orders: list[Callable[[list[Path]], object]] = [
        list.sort,
        list.reverse,
        random.Random(1).shuffle,
    ]
    counted(dict(zip(("sorted", "reversed", "shuffled"), both(run, orders), strict=True)))
    assert not MEMORY or (seen[0] != seen[1] != seen[2] != seen[0])


@apart
@changes("environment variables, overridden and recorded", "evaluate")
def test_variables(base: Base, counted: Counted) -> None:
    def run(variables: dict[str, str]) -> int:
        with base.copy() as place:
            differing = moved(base, place, "train", "evaluate", variables=variables)
            record = json.loads((place.root / "provenance/here/train.json").read_text("utf-8"))
            assert record["overridden"] == variables
            return differing

    shells = {name: {name: value} for name, value in VARIABLES.items()}
    shells |= {f"{len(MORE_VARIABLES)} more": MORE_VARIABLES}
    shells |= {"all together": VARIABLES | MORE_VARIABLES}
    counted(dict(zip(shells, both(run, shells.values()), strict=True)))


@apart
@changes("every key of runtime", "train")
def test_runtime(base: Base, counted: Counted) -> None:
    def run(params: dict[str, Any]) -> int:
        with base.copy(**params) as place:
            return moved(base, place, "train")

    values = {
        "workers": (0, 1, 2, 4),
        "prefetch": (1, 5),
        "tracker": ("none", "tensorboard"),
        "log_every": (1, 7),
        "checkpoint_every": (1, 1000),
        "checkpoint_seconds": (1, 600),
    }
    settings: dict[str, dict[str, Any]] = {
        f"{key} {value}": {key: value} | ({"workers": 2} if key == "prefetch" else {})
        for key, several in values.items()
        for value in several
    }
    counted(dict(zip(settings, both(run, settings.values()), strict=True)))
    with base.copy() as place:
        sections = (place.root / "src/samebits/core/sections.py").read_text("utf-8")
    runtime = sections.partition("class Runtime:")[2].partition("\n\n\n")[0]
    keys = set(re.findall(r"^    (\w+): ", runtime, re.MULTILINE))
    assert keys == {*values, "processes", "stream"}, "a key has no row"


SOCKETS = """
import runpy, sys
from samebits.core import determinism

choose = determinism.choose

def and_hide(*arguments):
    choose(*arguments)
    from samebits.training.shared_memory import Memory
    Memory.shared = lambda *_: None

determinism.choose = and_hide
sys.argv = ["samebits", "run", "train"]
runpy.run_module("samebits", run_name="__main__")
"""
TORCHRUN = ("torchrun", "--standalone", "--no-python", "--nproc-per-node")


@changes("number of processes", "train")
@pytest.mark.parametrize(
    ("processes", "command"),
    [
        pytest.param(2, TRAIN, id="2 from runtime.processes"),
        pytest.param(4, TRAIN, id="4 from runtime.processes"),
        pytest.param(2, (TRAIN[0], "-c", SOCKETS), id="2 from runtime.processes, over sockets"),
        pytest.param(4, (TRAIN[0], "-c", SOCKETS), id="4 from runtime.processes, over sockets"),
        pytest.param(1, (*TORCHRUN, "2", *TRAIN), id="2 from torchrun"),
        pytest.param(1, (*TORCHRUN, "4", *TRAIN), id="4 from torchrun"),
    ],
)
def test_processes(
    base: Base,
    counted: Counted,
    processes: int,
    command: tuple[str, ...],
    request: pytest.FixtureRequest,
) -> None:
    with base.copy(processes=processes) as place:
        place.must(*command)
        record = json.loads((place.root / "provenance/here/train.json").read_text("utf-8"))
        value = request.node.callspec.id
        assert f"{record['processes']} from" in value
        counted({value: count(base.of("train"), place.files("train"))})


def weights(
    base: Base, *changed: str, variables: Mapping[str, str] | None = None, **params: Any
) -> Files:
    """The weights of a run with other params, or a changed file below src: its name, old, new."""
    with base.copy(**params) as place:
        if changed:
            name, old, new = changed
            file = place.root / "src" / name
            text = file.read_text("utf-8")
            assert old in text, f"{name} has no {old!r} to replace"
            file.write_text(text.replace(old, new), "utf-8")
        return {WEIGHTS: place.stages("train", variables=variables)[WEIGHTS]}


@changes("seed, each with itself", "train")
def test_a_seed_repeats(base: Base, counted: Counted) -> None:
    def run(seed: int) -> int:
        return count(weights(base, seed=seed), weights(base, seed=seed))

    seeds = (0, 1, 2**63 - 1)
    counted(dict(zip(map(str, seeds), both(run, seeds), strict=True)), runs=6)


@changes("seed, one with another", "train")
def test_seeds_differ(base: Base, counted: Counted) -> None:
    shipped = {WEIGHTS: base.expected[WEIGHTS]}

    def run(seed: int) -> int:
        return count(shipped, weights(base, seed=seed))

    counts = dict(zip(("0 and 1", "0 and 2"), both(run, (1, 2)), strict=True))
    counted(counts, differ=True)


@changes("what must be seen", "train")
def test_the_counter_counts(base: Base, counted: Counted) -> None:
    shipped = {WEIGHTS: base.expected[WEIGHTS]}
    ambient = "    draws = draws * __import__('random').random()\n    angle = "
    augment = f"{PACKAGE}/training.py", "    angle = ", ambient
    # In the expected settings themselves: the seal refuses others.
    wanted = '(PORTABLE if level == "portable" else {})'
    names, honour = (
        ("samebits/core/determinism.py", wanted),
        f"{wanted} | globals().get('SHELL', {{}})",
    )
    runs: dict[str, Callable[[], Files]] = {
        "reproducibility.threads 2": lambda: weights(base, threads=2),
        "reproducibility.level machine": lambda: weights(base, level="machine"),
        "an ambient draw": lambda: weights(base, *augment),
        "a variable that is honoured": lambda: weights(base, *names, honour, variables=VARIABLES),
    }
    differing = both(lambda run: count(shipped, run()), runs.values())
    counted(dict(zip(runs, differing, strict=True)), differ=True)
