"""The same experiment with less to learn from."""

from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import md5, read_json
from ..core.sections import Optimization
from ..diagnosis.learning_curve import Curve
from ..diagnosis.target_errors import Errors
from ..metrics.results import PREDICTIONS, Result, read_result
from .runner import head, run_missing

FILE = Path("reports/learning-curve.json")
FRACTIONS = (0.125, 0.25, 0.5)
HELD = 0.9  # of what a part should hold, at least: examples fall into it by chance


def run_fractions(
    whole: float, optimization: Optimization, patience: int, learned: int
) -> list[str]:
    """Run what is not there yet of HEAD with parts of its training set; return the names.

    Less data has more epochs, and more of them before it stops early, so that there are as many
    steps: what is compared is what was there to learn from, not how long was learned.

    Args:
        whole: data.train_fraction of HEAD.
        optimization: the section; a part with fewer examples than a batch is left out.
        patience: regularization.early_stopping.
        learned: the examples that HEAD learned from.

    Raises:
        UserError: fewer than two parts hold a batch, or an experiment failed.
    """
    batch = optimization.batch_size
    fitting = [one for one in FRACTIONS if one * learned * HELD >= batch]
    if len(fitting) < 2:
        raise UserError(
            f"{learned:,} training examples are too few to take parts of them with "
            f"optimization.batch_size {batch}; lower that."
        )
    commit = head()
    wanted = {
        f"part-{one:g}-{commit}": {
            "data.train_fraction": float(f"{whole * one:g}"),
            "optimization.epochs": round(optimization.epochs / one),
            **({"regularization.early_stopping": round(patience / one)} if patience else {}),
        }
        for one in fitting
    }
    run_missing(wanted)
    return list(wanted)


def curve(names: list[str], errors: Errors[Any]) -> Curve:
    """Return how HEAD and those experiments did on dev, by the examples that they learned from.

    Args:
        names: of the experiments.
        errors: what an error is.

    Raises:
        UserError: one has no results, or was scored on another dev set.
    """
    results = [read_result(name) for name in [*names, "HEAD"]]
    if len({len(one.predictions["dev"].examples) for one in results}) > 1:
        raise UserError("the parts were scored on other dev sets than HEAD; run 'dvc repro' here.")
    results.sort(key=_learned)
    learned = [_learned(one) for one in results]
    return errors.curve(learned, [one.predictions["dev"] for one in results])


def _learned(one: Result) -> int:
    return len(one.predictions["train"].examples)


def predictions_here() -> str:
    """Return what names the predictions that a learning curve belongs to, "" if there are none."""
    path = Path(PREDICTIONS)
    return md5(path.read_bytes()) if path.is_file() else ""


def remembered() -> dict[str, Any] | None:
    """Return what `samebits exp curve` found, if it belongs to the predictions that are here."""
    try:
        content = read_json(FILE.read_text(encoding="utf-8"))
        return content if content.pop("predictions") == predictions_here() else None
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{FILE.as_posix()} is damaged; remove it and run `samebits exp curve` again."
        ) from None
