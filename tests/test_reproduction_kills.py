"""Zero differing bytes after any kill: in training, in a checkpoint, of one process of several.

    python -m pytest tests/test_reproduction_kills.py

Runs kill themselves, with SIGKILL, at points that follow from a seed: see killing.py.
"""

import signal
from pathlib import Path

import pytest
from reproduction import (
    EVERY,
    KILL_SEED,
    TRAIN,
    Base,
    Counted,
    Place,
    both,
    count,
    killed,
    killing,
    points,
)

pytestmark = pytest.mark.slow
apart = pytest.mark.apart  # a combined run covers these
changes = pytest.mark.changes


def resumed(base: Base, place: Place, *command: str | Path, after: int = 0) -> int:
    """Run again after at least this many checkpoints; the number of differing bytes."""
    said = place.must(*(command or TRAIN))
    assert after == 0 or "resuming after step" in said, said
    return count(base.of("train"), place.files("train"))


def named(points: list[dict[str, int]]) -> str:
    return f"KILL_SEED={KILL_SEED}, steps " + " ".join(str(point["step"]) for point in points)


@apart
@pytest.mark.parametrize(
    "times",
    [
        pytest.param(6, marks=changes("killed with SIGKILL at 6 points, run again", "train")),
        pytest.param(
            20,
            marks=[
                pytest.mark.long,
                changes("killed with SIGKILL at 20 points, run again", "train"),
            ],
        ),
    ],
)
def test_a_kill(base: Base, counted: Counted, times: int) -> None:
    def run(point: dict[str, int]) -> int:
        with base.copy() as place:
            killed(place, point)
            return resumed(base, place, after=point["step"] // EVERY)

    chosen = points(base, times, KILL_SEED)
    counted({named(chosen): sum(both(run, chosen))}, runs=len(chosen))


@changes("killed in `dvc repro`, `dvc repro` again", "train")
def test_a_kill_under_dvc(base: Base, counted: Counted) -> None:
    def run(point: dict[str, int]) -> int:
        with base.copy(whole=True) as place:
            killed(place, point, "dvc", "repro")
            return resumed(base, place, "dvc", "repro", after=point["step"] // EVERY)

    alone, everything = points(base, 2, KILL_SEED + 1), points(base, 2, KILL_SEED + 2)
    in_group = [point | {"all": 1} for point in everything]
    differing = both(run, [*alone, *in_group])
    values = f"the stage alone ({named(alone)})", f"DVC with it ({named(in_group)})"
    counted(dict(zip(values, (sum(differing[:2]), sum(differing[2:])), strict=True)), runs=4)


@apart
@changes("killed twice in one run", "train")
def test_two_kills(base: Base, counted: Counted) -> None:
    def run(pair: list[dict[str, int]]) -> int:
        first, second = sorted(pair, key=lambda point: point["step"])
        with base.copy() as place:
            killed(place, first)
            going_on = first["step"] // EVERY * EVERY
            rest = base.steps - 3 - going_on
            killed(place, second | {"step": second["step"] % rest})
            return resumed(base, place, after=going_on // EVERY)

    chosen = points(base, 8, KILL_SEED + 3)
    pairs = [chosen[place : place + 2] for place in range(0, len(chosen), 2)]
    counted({named(chosen): sum(both(run, pairs))}, runs=len(pairs))


@changes("killed while a checkpoint is written", "train")
def test_a_kill_in_a_checkpoint(base: Base, counted: Counted) -> None:
    def run(checkpoint: int) -> int:
        with base.copy() as place:
            killed(place, {"checkpoint": checkpoint})
            partial = [path.stat().st_size for path in place.root.glob("checkpoints/.*.ckpt*")]
            whole = [path.stat().st_size for path in place.root.glob("checkpoints/[!.]*.ckpt")]
            assert partial and partial[0] > 10_000 and all(size > partial[0] for size in whole)
            differing = resumed(base, place, after=checkpoint - 1)
            assert not list((place.root / "checkpoints").iterdir())
            return differing

    chosen = (1, 2, 3, base.steps // EVERY)
    values = [f"checkpoint {number}, half of its bytes" for number in chosen]
    counted(dict(zip(values, both(run, chosen), strict=True)))


@changes("killed with some processes, run again with others", "train")
@pytest.mark.parametrize(
    ("before", "then", "traps"),
    [
        pytest.param(4, 1, {"all": 1}, id="4 then 1"),
        pytest.param(1, 4, {"all": 1}, id="1 then 4"),
        pytest.param(4, 1, {"rank": 0}, id="4 then 1 (only rank 0 killed)"),
        pytest.param(4, 2, {"rank": 2}, id="4 then 2 (only rank 2 killed)"),
    ],
)
def test_processes_killed(
    base: Base,
    counted: Counted,
    before: int,
    then: int,
    traps: dict[str, int],
    request: pytest.FixtureRequest,
) -> None:
    [point] = points(base, 1, KILL_SEED + 4)
    with base.copy(processes=before) as place:
        # In time only if those that were not killed end by themselves.
        done = place.run(*TRAIN, variables=killing(place, **traps, **point))
        if traps.get("rank"):
            assert done.returncode == 2 and "has ended, or was killed" in done.stderr, done.stderr
            assert "Traceback" not in done.stderr
        else:
            assert done.returncode == -signal.SIGKILL, done.stderr
        place.change(processes=then)
        differing = resumed(base, place, after=point["step"] // EVERY)
        counted({f"{request.node.callspec.id}, {named([point])}": differing})
