"""Intervals: what the data leave open about a figure.

The bootstrap says how much a figure moves with the examples; what interval follows depends on the
figure. A share near 1 has a lopsided interval, which Wilson's formula (JASA, 1927) gives with the
number of examples that would move it as much; an area or a mean is straightened by a logarithm;
a calibration error, which chance makes greater than it is, takes the values under which the one
that was seen would not be surprising.
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
OWN_REPLICATES = 200  # a function of one's own may be slow


@dataclass(frozen=True)
class Figure:
    """A value, its 95 % interval, its standard error over the examples, and decimals to show."""

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
    """Metrics of `count` examples: what they are, and what they are in the same resamples.

    `replicates` are [r] by metric; `freedom` and `correction` are those of `Resampling`.
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
    """Return each metric of a sample with its interval, from one bootstrap for all of them.

    Raises:
        UserError: a metric of your own failed.
    """
    if not metrics:
        return Resampled(len(sample), {}, {}, 1, 1.0)
    resampling = Resampling(sample.strata, sample.groups)
    drawn, noise = _drawn(metrics, sample, resampling, seed)
    whole, figures = sample.sums(), {}
    for name, metric in metrics.items():
        seen = value(metric, sample)
        error = float(np.std(drawn[name])) * resampling.correction
        t = quantile(LEVEL, min(resampling.freedom, sample.freedom(metric.summed)))
        if metric.form == "gap":
            gaps = whole[metric.summed][0] / len(sample)
            ends = _gap(gaps, noise * resampling.correction, t)
        else:
            ends = _ends(metric.form, seen, error, t, float(metric.evidence(whole)[0]))
        figures[name] = Figure(seen, *ends, error, decimals_of(sample, seen, *ends))
    return Resampled(len(sample), figures, drawn, resampling.freedom, resampling.correction)


def _drawn(
    metrics: Mapping[str, Metric], sample: Sample, resampling: Resampling, seed: int
) -> tuple[dict[str, Values], Values]:
    """Each metric's values [r] in resamples; and the deviations [r, bins] there of what a `gap`
    adds up, if a metric is one.
    """
    parts: dict[str, list[Values]] = {name: [] for name in metrics}
    noise: list[Values] = []
    gap = next((one.summed for one in metrics.values() if one.form == "gap"), "")
    usual = sample.sums()[gap] / len(sample) if gap else np.zeros(0)
    for weights in resampling.weights(seed, REPLICATES):
        sums = sample.sums(weights)
        for name, metric in metrics.items():
            if metric.compute is not None:
                parts[name].append(metric.compute(sums))
        if gap:
            noise.append(sums[gap] / sums.examples[:, None] - usual)
    own = {name: one for name, one in metrics.items() if one.compute is None}
    for weights in resampling.weights(seed, OWN_REPLICATES) if own else ():
        for row in weights:
            again = sample.repeated(row.astype(np.int64))
            for name, metric in own.items():
                parts[name].append(np.array([value(metric, again)]))
    drawn = {name: np.concatenate(one) for name, one in parts.items()}
    return drawn, np.concatenate(noise) if noise else np.zeros((0, 0))


def quantile(level: float, freedom: float) -> float:
    """Return the bound within which Student's t stays with probability `level`."""
    # Here, for it takes a third of a second to import, and who only asks for inputs needs none.
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1), (1 + level) / 2))


def wilson(share: float, examples: float, t: float) -> tuple[float, float]:
    """Return Wilson's interval for a share of so many examples, with `t` for the normal's bound."""
    if examples <= 0:
        return 0.0, 1.0
    spread = t * math.sqrt(share * (1 - share) / examples + t * t / (4 * examples**2))
    middle, whole = share + t * t / (2 * examples), 1 + t * t / examples
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)


def _ends(form: str, seen: float, error: float, t: float, evidence: float) -> tuple[float, float]:
    inside = 0 < seen < 1 and error > 0
    if form == "share":
        moved = seen * (1 - seen) / error**2 if inside else math.inf
        return wilson(seen, min(moved, evidence), t)
    if form == "area":
        if not inside:
            return wilson(min(max(seen, 0.0), 1.0), evidence, t)
        middle, step = math.log(seen / (1 - seen)), t * error / (seen * (1 - seen))
        return 1 / (1 + math.exp(step - middle)), 1 / (1 + math.exp(-step - middle))
    if form == "mean":
        return positive_ends(seen, error, t)
    if form == "explained":
        low, high = positive_ends(1 - seen, error, t)
        return 1 - high, 1 - low
    return seen - t * error, seen + t * error


def positive_ends(seen: float, error: float, t: float) -> tuple[float, float]:
    """Return the interval of what is never negative: that of its logarithm, `t` errors wide."""
    if seen <= 0:
        return seen - t * error, seen + t * error
    factor = math.exp(t * error / seen)
    return seen / factor, seen * factor


def _gap(seen: Values, noise: Values, t: float) -> tuple[float, float]:
    """Ends for the sum of the distances `[bins]` of what was seen from 0.

    Chance adds to each distance, as resamples show, and more where the true one is small. The lower
    end takes off what is added to distances less their own chance, the upper end what is added to
    those seen. Where chance alone may have made the whole sum, the lower end is 0.

    Args:
        seen: `[bins]`.
        noise: what it moves by in resamples, `[r, bins]`.
        t: the bound in standard errors.
    """
    total = float(np.abs(seen).sum())
    shrunk = np.sign(seen) * np.sqrt(np.maximum(seen**2 - noise.var(axis=0), 0))
    most, least = (
        float(np.abs(one + noise).sum(axis=1).mean() - np.abs(one).sum()) for one in (shrunk, seen)
    )
    step = t * float((noise * np.sign(seen)).sum(axis=1).std())
    ordered = np.sort(np.abs(noise).sum(axis=1), kind="stable")
    alone = ordered[round((1 + LEVEL) / 2 * (len(noise) - 1))]
    low = 0.0 if total <= alone else max(total - most - step, 0.0)
    return low, max(total - least, 0.0) + step
