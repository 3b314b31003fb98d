"""How long the model takes for one example here: reports/latency.json, and constraints on it.

Run: python -m samebits latency

A time differs between machines, and between two runs. So it stands in a file of its own, which
neither Git nor DVC keeps, and constraints on `latency_ms` are judged here and by `make rank`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from torch import nn

from ..console.errors import UserError
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
from ..training.target import target_of

TEST, WEIGHTS = Path("data/prepared/test"), Path("models/model.safetensors")
WARM_UP, MEASURED = 20, 200


def main(yours: Yours) -> None:
    """Measure the model in models/, write what was found and say whether it may be taken."""
    evaluation, reproducibility = read(Evaluation), read(Reproducibility)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    test = Split.open(TEST)
    constraints = parse(evaluation.constraints, test.answers)
    network = built(yours.model, test, 0.0, reproducibility)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    measured = times(network, yours.model.inputs, test, reproducibility.chunk)
    found = Figure(*summary(measured), 0.0)
    known = remembered() | {md5(WEIGHTS.read_bytes()): [found.value, *found.interval()]}
    write_json(FILE, known)
    sys.stdout.write(
        f"{found.value:.3f} ms an example ({found.low:.3f} to {found.high:.3f}), of {MEASURED} "
        f"examples one by one on {reproducibility.device}\n"
    )
    asked = [one for one in constraints if one.figure == LATENCY]
    missed = [one for one in judge(asked, {LATENCY: found}) if not one["met"]]
    if missed:
        raise UserError(
            f"`{missed[0]['constraint']}` is missed by {-missed[0]['margin']:.3f} ms; take a "
            "smaller network or a faster machine, or change the constraint."
        )


def times(network: nn.Module, inputs: Any, test: Split, chunk: int) -> list[float]:
    """Return how many milliseconds each of `MEASURED` examples took, after some to warm up."""
    found = []
    for number in range(WARM_UP + MEASURED):
        at = number % len(test.labels)
        start = perf_counter()
        one = rows(test.arrays, slice(at, at + 1))
        for _ in outputs(network, inputs, one, target_of(test).form, chunk):
            pass
        found.append((perf_counter() - start) * 1000)
    return found[WARM_UP:]


def summary(found: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of times, and its 95 % interval by their order."""
    ordered, count = sorted(found), len(found)
    away = round(1.96 * count**0.5 / 2)
    low, high = count // 2 - away, count // 2 + away
    return median(ordered), ordered[max(low, 0)], ordered[min(high, count - 1)]
