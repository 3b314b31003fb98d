"""What simple models earn beside the network, and whether it really beats them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .comparison import paired
from .intervals import measure
from .predictions import Predictions
from .probabilities import Probabilities, Values, predicted
from .registry import Metric
from .scores import DECIMALS, rounded
from .sums import Sample


def beside(
    metric: Metric,
    predictions: Mapping[str, Predictions],
    said: Mapping[str, Mapping[str, Probabilities]],
    seed: int,
) -> list[dict[str, Any]]:
    """Return for each simple model its figure on test and on dev, and how far the network is ahead.

    `verdict` is what the paired difference says of the network on the same examples, and `beaten`
    whether that is "better" on test.

    Args:
        metric: the one to decide by.
        predictions: the network's, by data set.
        said: name of the simple model → `dev` and `test` → its probabilities [n, classes].
        seed: of the bootstrap.
    """
    rows = []
    for name, found in said.items():
        dev, test = (
            _figures(metric, predictions[split].sample(), found[split], seed)
            for split in ("dev", "test")
        )
        rows.append({"name": name, **test, "beaten": test["verdict"] == "better", "dev": dev})
    return rows


def unbeaten(baselines: list[dict[str, Any]]) -> list[str]:
    """Return the names of the simple models that the network does not really beat."""
    return [one["name"] for one in baselines if not one["beaten"]]


def _figures(
    metric: Metric, network: Sample, probabilities: Probabilities, seed: int
) -> dict[str, Any]:
    # Of six decimals, as all that is said of predictions.
    shown: Values = np.asarray(probabilities, dtype=np.float64).round(DECIMALS)
    simple = Sample(network.labels, predicted(probabilities), shown, network.groups)
    own = measure({"": metric}, simple, seed)[""]
    ahead = paired(metric, simple, network, seed).judged()
    return {
        "value": rounded(own.value),
        "interval": own.interval(),
        "difference": rounded(ahead.value),
        "difference_interval": [rounded(ahead.low), rounded(ahead.high)],
        "verdict": ahead.verdict,
    }
