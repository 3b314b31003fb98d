"""What simple models earn beside the network, and whether it really beats them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .class_predictions import ClassPredictions
from .classification import Classified
from .comparison import paired
from .intervals import Resampled, resample
from .probabilities import Probabilities, predicted
from .scores import DECIMALS, find, rounded
from .sums import Values


def beside(
    metric: str,
    predictions: Mapping[str, ClassPredictions],
    network: Mapping[str, Resampled],
    said: Mapping[str, Mapping[str, Probabilities]],
    seed: int,
) -> list[dict[str, Any]]:
    """Return for each simple model its figure on test and on dev, and how far the network is ahead.

    `verdict` is what the paired difference says of the network on the same examples, and `beaten`
    whether that is "better" on test.

    Args:
        metric: the name of the one to decide by.
        predictions: the network's, by data set.
        network: what it earns with them; that metric is among the figures.
        said: name of the simple model → `dev` and `test` → its probabilities [n, classes].
        seed: of the bootstrap.
    """
    rows = []
    for name, found in said.items():
        dev, test = (
            _figures(metric, predictions[split].sample, network[split], found[split], seed)
            for split in ("dev", "test")
        )
        rows.append({"name": name, **test, "beaten": test["verdict"] == "better", "dev": dev})
    return rows


def unbeaten(baselines: list[dict[str, Any]]) -> list[str]:
    """Return the names of the simple models that the network does not really beat."""
    return [one["name"] for one in baselines if not one["beaten"]]


def _figures(
    name: str, same: Classified, network: Resampled, probabilities: Probabilities, seed: int
) -> dict[str, Any]:
    metric = find(name)
    # Of six decimals, as all that is said of predictions.
    shown: Values = np.asarray(probabilities, dtype=np.float64).round(DECIMALS)
    sample = Classified(same.labels, predicted(probabilities), shown, same.groups)
    simple = resample({name: metric}, sample, seed)
    apart = paired(metric, simple, network, name)
    ahead = apart.judged()
    return {
        "value": simple.figures[name].rounded(),
        "interval": simple.figures[name].interval(),
        "difference": rounded(ahead.value, apart.decimals),
        "difference_interval": [rounded(one, apart.decimals) for one in (ahead.low, ahead.high)],
        "verdict": ahead.verdict,
    }
