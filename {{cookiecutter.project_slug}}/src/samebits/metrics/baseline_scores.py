"""How simple models score, and whether the network clearly beats them."""

from collections.abc import Mapping
from typing import Any

from .comparison import paired
from .intervals import Resampled, resample
from .predictions import Predictions
from .scores import find, rounded


def compared(
    metric: str,
    network: Mapping[str, Resampled],
    simple: Mapping[str, Mapping[str, Predictions]],
    seed: int,
) -> list[dict[str, Any]]:
    """Return each simple model's figures on test and dev, and how far the network is ahead.

    `verdict` is the network's, from the paired difference on the same examples; `beaten` says
    whether it is "better" on test.

    Args:
        metric: the name of the metric to decide by.
        network: the network's figures by data set; that metric is among them.
        simple: name of a simple model → `dev` and `test` → its predictions.
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
    """Return the names of the simple models that the network does not clearly beat."""
    return [baseline["name"] for baseline in baselines if not baseline["beaten"]]


def _figures(name: str, predictions: Predictions, network: Resampled, seed: int) -> dict[str, Any]:
    metric = find(name)
    simple = resample({name: metric}, predictions.sample, seed)
    apart = paired(metric, simple, network, name)
    ahead = apart.judged()
    return {
        "value": simple.figures[name].rounded(),
        "interval": simple.figures[name].interval(),
        "difference": rounded(ahead.value, apart.decimals),
        "difference_interval": [rounded(end, apart.decimals) for end in (ahead.low, ahead.high)],
        "verdict": ahead.verdict,
    }
