"""What `reports/metrics.json` says: the one number to decide by, and every metric around it."""

from collections.abc import Mapping

from ..errors import UserError
from .scores import Labels, Probabilities, find, scores


def summarise(metric: str, splits: Mapping[str, tuple[Labels, Probabilities]]) -> dict[str, object]:
    """Return the content of `reports/metrics.json`.

    Args:
        metric: the metric to decide by, a key of `METRICS`.
        splits: name of the data set → labels `[n]` and probabilities `[n, k]`, in the order in
            which they are reported; `test` must be among them, for it gives the score.

    Raises:
        UserError: the metric is unknown, `test` is missing, or a data set cannot be scored.
    """
    find(metric)
    if "test" not in splits:
        raise UserError("there is no `test` data set to score; run `dvc repro prepare` first")
    figures = {name: _figures(name, *split) for name, split in splits.items()}
    return {"score": figures["test"][metric], "metric": metric, **figures}


def _figures(name: str, labels: Labels, probabilities: Probabilities) -> dict[str, float]:
    try:
        return {**scores(labels, probabilities), "examples": len(labels)}
    except UserError as error:
        raise UserError(f"data set `{name}`: {error}") from None
