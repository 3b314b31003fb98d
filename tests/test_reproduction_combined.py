"""Zero differing bytes with everything changed at once: each run covers all rows.

    python -m pytest tests/test_reproduction_combined.py

If one differs, the single rows say which change it was: `make proof` runs them one by one.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers import PACKAGE, TASKS
from reproduction import (
    ASCII,
    KILL_SEED,
    MEMORY,
    MORE_VARIABLES,
    STAGES,
    USER,
    VARIABLES,
    WEIGHTS,
    Base,
    Counted,
    count,
    killed,
    planted,
    points,
    reordered,
    stage,
)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Mix:
    """Other values for everything that must not matter.

    `processes` are those of the run that is killed first, of that which is killed next, and of the
    one that ends. Python reads its variables if stages are not `isolated`.
    """

    shell: dict[str, str]
    isolated: bool
    umask: int
    folder: str
    order: Callable[[list[Path]], object]
    processes: tuple[int, int, int]
    runtime: dict[str, Any]


EVERYTHING = VARIABLES | MORE_VARIABLES | USER | {"HOME": "/nowhere"}
MIXES = {
    # Not isolated, so that Python reads its variables; nothing of this folder is imported then.
    "one": Mix(
        EVERYTHING
        | ASCII
        | {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Kathmandu"}
        | {"PYTHONHASHSEED": "1", "PYTHONSAFEPATH": "1"},
        False,
        0o077,
        "ein schöner Ordner",
        list.reverse,
        (2, 4, 1),
        {"workers": 2, "prefetch": 5, "log_every": 1, "checkpoint_every": 1},
    ),
    "other": Mix(
        EVERYTHING | {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns"},
        True,
        0o000,
        "d" * 100,
        random.Random(1).shuffle,
        (1, 2, 4),
        {"workers": 1, "prefetch": 1, "log_every": 7, "checkpoint_every": 3},
    ),
}


@pytest.mark.parametrize(
    ("task", "mix"),
    [
        pytest.param(
            task,
            mix,
            marks=pytest.mark.changes(f"everything at once, {task}, {name}", task=task),
            id=f"{task}, {name}",
        )
        for task in TASKS
        for name, mix in MIXES.items()
    ],
)
def test_everything_at_once(
    bases: Callable[[str], Base], counted: Counted, tmp_path: Path, task: str, mix: Mix
) -> None:
    base = bases(task)
    first, second = sorted(points(base, 2, KILL_SEED + 5), key=lambda point: point["step"])
    every = mix.runtime["checkpoint_every"]
    going_on = first["step"] // every * every
    second["step"] %= base.steps - 3 - going_on
    how: dict[str, Any] = {"variables": mix.shell | {"PYTHONPATH": str(tmp_path)}}
    how["umask"] = mix.umask
    if mix.isolated:
        planted(tmp_path)
    with base.copy(whole=True, inside=MEMORY, name=mix.folder, **mix.runtime) as place:
        planted(place.root)
        listed = [path.name for path in (place.root / "data/raw").rglob("*")]
        # A table is one file, which has no order.
        assert reordered(place, mix.order) != listed or not MEMORY or len(listed) == 1
        place.stages("validate", "prepare", isolated=mix.isolated, **how)
        train = stage("train", isolated=mix.isolated)
        for processes, point in zip(mix.processes, (first, second), strict=False):
            place.change(processes=processes)
            killed(place, point | {"all": 1}, *train, **how)
        place.change(processes=mix.processes[-1])
        said = place.must(*train, **how)
        assert going_on == 0 or "resuming after step" in said, said
        record = json.loads((place.root / "provenance/here/train.json").read_text("utf-8"))
        assert record["processes"] == mix.processes[-1]
        assert record["overridden"] == VARIABLES | MORE_VARIABLES
        place.stages(*STAGES[3:], isolated=mix.isolated, **how)
        differing = count(base.of(*STAGES), place.files(*STAGES))
    changed = "HOME, locale, time zone, umask, folder, order of files, variables, runtime"
    value = f"{changed}, processes {'-'.join(map(str, mix.processes))}, KILL_SEED={KILL_SEED}"
    counted({f"{value}, steps {first['step']} {second['step']}": differing})


def test_such_a_run_sees_what_listens(base: Base) -> None:
    """A user's augmentation that reads the time zone differs in another zone."""
    heard = "    draws = draws * (1 + (__import__('os').environ.get('TZ') == 'Asia/Kathmandu'))\n"
    with base.copy() as place:
        file = place.root / "src" / PACKAGE / "training.py"
        text = file.read_text("utf-8")
        assert "    angle = " in text
        file.write_text(text.replace("    angle = ", f"{heard}    angle = "), "utf-8")
        shell = {**MIXES["one"].shell, "TZ": "UTC"}
        # Of the weights alone: the seal holds a hash of the changed code.
        expected = {WEIGHTS: base.expected[WEIGHTS]}
        for variables, least, most in ((shell, 0, 0), (MIXES["one"].shell, 1000, 10**9)):
            files = place.stages("train", variables=variables)
            assert least <= count(expected, {WEIGHTS: files[WEIGHTS]}) <= most
