"""Intervals: how uncertain a figure is.

The bootstrap says how much a figure moves with the examples; the interval depends on the kind of
figure. A share near 1 has a lopsided interval: Wilson's formula (JASA, 1927), with the number of
examples that would move it as much. An area or a mean gets a symmetric interval on a logarithmic
scale. A calibration error, which chance inflates, gets the values under which the observed one
would not be surprising.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .bootstrap import Resampling
from .registry import Metric
from .sample import Sample
from .scores import DECIMALS, decimals_of, rounded, value
from .sums import Values

LEVEL, REPLICATES = 0.95, 1000
OWN_REPLICATES = 200  # the user's own metric may be slow


@dataclass(frozen=True)
class Figure:
    """A value, its 95 % interval, its standard error over the examples, and its decimals."""

    value: float
    low: float
    high: float
    error: float
    decimals: int = DECIMALS

    def rounded(self) -> float:
        """Return the value with its decimals."""
        return rounded(self.value, self.decimals)

    def interval(self) -> list[float]:
        """Return both ends with the same decimals."""
        return [rounded(self.low, self.decimals), rounded(self.high, self.decimals)]


@dataclass(frozen=True)
class Resampled:
    """Metrics of `count` examples: their figures, and their values in the same resamples.

    `replicates` are [r] by metric; `freedom` and `correction` come from `Resampling`.
    """

    count: int
    figures: Mapping[str, Figure]
    replicates: Mapping[str, Values]
    freedom: int
    correction: float


def measure(metric: Metric, sample: Sample, seed: int) -> Figure:
    """Return one metric of a sample with its interval; a metric may fail with a `UserError`."""
    return resample({"": metric}, sample, seed).figures[""]


def resample(metrics: Mapping[str, Metric], sample: Sample, seed: int) -> Resampled:
    """Return each metric of a sample with its interval, all from the same bootstrap.

    Raises:
        UserError: a metric of your own failed.
    """
    if not metrics:
        return Resampled(len(sample), {}, {}, 1, 1.0)
    resampling = Resampling(sample.strata, sample.groups)
    drawn, noise = _drawn(metrics, sample, resampling, seed)
    whole, figures = sample.sums(), {}
    for name, metric in metrics.items():
        observed = value(metric, sample)
        error = float(np.std(drawn[name])) * resampling.correction
        t = quantile(LEVEL, min(resampling.freedom, sample.freedom(metric.summed)))
        if metric.form == "gap":
            gaps = whole[metric.summed][0] / len(sample)
            ends = _gap(gaps, noise * resampling.correction, t)
        else:
            ends = _ends(metric.form, observed, error, t, float(metric.evidence(whole)[0]))
        figures[name] = Figure(observed, *ends, error, decimals_of(sample, observed, *ends))
    return Resampled(len(sample), figures, drawn, resampling.freedom, resampling.correction)


def _drawn(
    metrics: Mapping[str, Metric], sample: Sample, resampling: Resampling, seed: int
) -> tuple[dict[str, Values], Values]:
    """Each metric's values [r] in resamples, and a `gap` metric's deviations there [r, bins]."""
    parts: dict[str, list[Values]] = {name: [] for name in metrics}
    noise: list[Values] = []
    gap = next((metric.summed for metric in metrics.values() if metric.form == "gap"), "")
    usual = sample.sums()[gap] / len(sample) if gap else np.zeros(0)
    for weights in resampling.weights(seed, REPLICATES):
        sums = sample.sums(weights)
        for name, metric in metrics.items():
            if metric.compute is not None:
                parts[name].append(metric.compute(sums))
        if gap:
            noise.append(sums[gap] / sums.examples[:, None] - usual)
    own = {name: metric for name, metric in metrics.items() if metric.compute is None}
    for weights in resampling.weights(seed, OWN_REPLICATES) if own else ():
        for row in weights:
            again = sample.repeated(row.astype(np.int64))
            for name, metric in own.items():
                parts[name].append(np.array([value(metric, again)]))
    drawn = {name: np.concatenate(values) for name, values in parts.items()}
    return drawn, np.concatenate(noise) if noise else np.zeros((0, 0))


def quantile(level: float, freedom: float) -> float:
    """Return the bound within which Student's t stays with probability `level`."""
    # Imported here: it takes a third of a second, which commands without intervals need not pay.
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1), (1 + level) / 2))


def wilson(share: float, examples: float, t: float) -> tuple[float, float]:
    """Return Wilson's interval for a share of `examples`, with `t` in place of the normal bound."""
    if examples <= 0:
        return 0.0, 1.0
    spread = t * math.sqrt(share * (1 - share) / examples + t * t / (4 * examples**2))
    middle, whole = share + t * t / (2 * examples), 1 + t * t / examples
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)


def _ends(
    form: str, observed: float, error: float, t: float, evidence: float
) -> tuple[float, float]:
    inside = 0 < observed < 1 and error > 0
    if form == "share":
        moved = observed * (1 - observed) / error**2 if inside else math.inf
        return wilson(observed, min(moved, evidence), t)
    if form == "area":
        if not inside:
            return wilson(min(max(observed, 0.0), 1.0), evidence, t)
        middle, step = math.log(observed / (1 - observed)), t * error / (observed * (1 - observed))
        return 1 / (1 + math.exp(step - middle)), 1 / (1 + math.exp(-step - middle))
    if form == "mean":
        return positive_ends(observed, error, t)
    if form == "explained":
        low, high = positive_ends(1 - observed, error, t)
        return 1 - high, 1 - low
    return observed - t * error, observed + t * error


def positive_ends(observed: float, error: float, t: float) -> tuple[float, float]:
    """Return the interval of a figure that is never negative: `t` errors wide in its logarithm."""
    if observed <= 0:
        return observed - t * error, observed + t * error
    factor = math.exp(t * error / observed)
    return observed / factor, observed * factor


def _gap(observed: Values, noise: Values, t: float) -> tuple[float, float]:
    """Ends for the sum of the distances of observed values `[bins]` from 0.

    Chance inflates each distance, as resamples show, and more so if the true one is small. The
    lower end subtracts the inflation of the distances less their own noise, the upper end that of
    the observed ones. If chance alone could explain the whole sum, the lower end is 0.

    Args:
        observed: `[bins]`.
        noise: how far it moves in resamples, `[r, bins]`.
        t: the bound in standard errors.
    """
    total = float(np.abs(observed).sum())
    shrunk = np.sign(observed) * np.sqrt(np.maximum(observed**2 - noise.var(axis=0), 0))
    most, least = (
        float(np.abs(distances + noise).sum(axis=1).mean() - np.abs(distances).sum())
        for distances in (shrunk, observed)
    )
    step = t * float((noise * np.sign(observed)).sum(axis=1).std())
    ordered = np.sort(np.abs(noise).sum(axis=1), kind="stable")
    alone = ordered[round((1 + LEVEL) / 2 * (len(noise) - 1))]
    low = 0.0 if total <= alone else max(total - most - step, 0.0)
    return low, max(total - least, 0.0) + step
