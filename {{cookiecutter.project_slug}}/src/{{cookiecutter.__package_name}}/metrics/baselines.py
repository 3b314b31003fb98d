"""What simple models earn beside the network, and whether it really beats them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .comparison import difference
from .intervals import measure, replicates
from .probabilities import Probabilities, Values, predicted
from .registry import Metric
from .resampling import Resampling
from .scores import DECIMALS, rounded
from .sums import Sample
from .table import Predictions


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
    dev, test = (
        _figures(
            metric,
            predictions[split].sample(),
            {name: found[split] for name, found in said.items()},
            seed,
        )
        for split in ("dev", "test")
    )
    return [
        {"name": name, **test[name], "beaten": test[name]["verdict"] == "better", "dev": dev[name]}
        for name in said
    ]


def unbeaten(baselines: list[dict[str, Any]]) -> list[str]:
    """Return the names of the simple models that the network does not really beat."""
    return [one["name"] for one in baselines if not one["beaten"]]


def _figures(
    metric: Metric, network: Sample, said: Mapping[str, Probabilities], seed: int
) -> dict[str, dict[str, Any]]:
    resampling = Resampling(network.labels, network.groups)
    usual = replicates({"": metric}, network, resampling, seed)[""]
    found = {}
    for name, probabilities in said.items():
        # Of six decimals, as all that is said of predictions.
        shown: Values = np.asarray(probabilities, dtype=np.float64).round(DECIMALS)
        simple = Sample(network.labels, predicted(probabilities), shown, network.groups)
        drawn = replicates({"": metric}, simple, resampling, seed)
        own = measure({"": metric}, simple, seed, drawn)[""]
        ahead = difference(metric, simple, network, seed, drawn=(drawn[""], usual))
        found[name] = {
            "value": rounded(own.value),
            "interval": own.interval(),
            "difference": rounded(ahead.value),
            "difference_interval": [rounded(ahead.low), rounded(ahead.high)],
            "verdict": ahead.verdict,
        }
    return found
