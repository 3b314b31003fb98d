"""What simple models earn beside the network, and whether it really beats them."""

from collections.abc import Mapping
from typing import Any

from .comparison import paired
from .intervals import Resampled, resample
from .predictions import Predictions
from .scores import find, rounded


def beside(
    metric: str,
    network: Mapping[str, Resampled],
    simple: Mapping[str, Mapping[str, Predictions]],
    seed: int,
) -> list[dict[str, Any]]:
    """Return for each simple model its figure on test and on dev, and how far the network is ahead.

    `verdict` is what the paired difference says of the network on the same examples, and `beaten`
    whether that is "better" on test.

    Args:
        metric: the name of the one to decide by.
        network: what the network earns by data set; that metric is among the figures.
        simple: name of the simple model → `dev` and `test` → its predictions.
        seed: of the bootstrap.
    """
    rows = []
    for name, predictions in simple.items():
        dev, test = (
            _figures(metric, predictions[split], network[split], seed) for split in ("dev", "test")
        )
        rows.append({"name": name, **test, "beaten": test["verdict"] == "better", "dev": dev})
    return rows


def unbeaten(baselines: list[dict[str, Any]]) -> list[str]:
    """Return the names of the simple models that the network does not really beat."""
    return [one["name"] for one in baselines if not one["beaten"]]


def _figures(name: str, predictions: Predictions, network: Resampled, seed: int) -> dict[str, Any]:
    metric = find(name)
    simple = resample({name: metric}, predictions.sample, seed)
    apart = paired(metric, simple, network, name)
    ahead = apart.judged()
    return {
        "value": simple.figures[name].rounded(),
        "interval": simple.figures[name].interval(),
        "difference": rounded(ahead.value, apart.decimals),
        "difference_interval": [rounded(one, apart.decimals) for one in (ahead.low, ahead.high)],
        "verdict": ahead.verdict,
    }
