"""How long the model takes for one example here: reports/latency.json, and constraints on it.

Run: samebits latency

A time differs between machines, and between two runs. So it is in its own file, which neither Git
nor DVC keeps, and constraints on `latency_ms` are judged here and by `samebits rank`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from torch import nn

from ..console.errors import CheckFailed
from ..core import kernels
from ..core.config import read
from ..core.files import md5, write_json
from ..core.sections import Evaluation, Reproducibility
from ..core.yours import Yours
from ..data.loader import Split
from ..data.shards import rows
from ..metrics.constraints import LATENCY, judge, parse
from ..metrics.intervals import Figure
from ..metrics.latency import FILE, remembered
from ..training.network import built
from ..training.predict import load, outputs
from ..training.target_base import target_of

TEST, WEIGHTS = Path("data/prepared/test"), Path("models/model.safetensors")
WARM_UP, MEASURED = 20, 200


def main(yours: Yours) -> None:
    """Measure the model in models/, write the result and say whether it meets the constraints."""
    evaluation, reproducibility = read(Evaluation), read(Reproducibility)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    test = Split.open(TEST)
    constraints = parse(evaluation.constraints, test.answers)
    network = built(yours.model, test, 0.0, reproducibility)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    measured = times(network, yours.model.inputs, test, reproducibility.chunk)
    latency = Figure(*summary(measured), 0.0)
    known = remembered() | {md5(WEIGHTS.read_bytes()): [latency.value, *latency.interval()]}
    write_json(FILE, known)
    sys.stdout.write(
        f"{latency.value:.3f} ms per example ({latency.low:.3f} to {latency.high:.3f}), of "
        f"{MEASURED} examples one by one on {reproducibility.device}\n"
    )
    asked = [constraint for constraint in constraints if constraint.figure == LATENCY]
    missed = [judged for judged in judge(asked, {LATENCY: latency}) if not judged["met"]]
    if missed:
        raise CheckFailed(
            f"`{missed[0]['constraint']}` is missed by {-missed[0]['margin']:.3f} ms; use a "
            "smaller network or a faster machine, or change the constraint."
        )


def times(network: nn.Module, inputs: Any, test: Split, chunk: int) -> list[float]:
    """Return how many milliseconds each of `MEASURED` examples took, after some to warm up."""
    taken = []
    for number in range(WARM_UP + MEASURED):
        at = number % len(test.labels)
        start = perf_counter()
        example = rows(test.arrays, slice(at, at + 1))
        for _ in outputs(network, inputs, example, target_of(test).form, chunk):
            pass
        taken.append((perf_counter() - start) * 1000)
    return taken[WARM_UP:]


def summary(times: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of times, and its 95 % interval by their order."""
    ordered, count = sorted(times), len(times)
    away = round(1.96 * count**0.5 / 2)
    low, high = count // 2 - away, count // 2 + away
    return median(ordered), ordered[max(low, 0)], ordered[min(high, count - 1)]
