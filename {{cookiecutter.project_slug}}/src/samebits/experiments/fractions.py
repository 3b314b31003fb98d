"""Learning curves: the same experiment with parts of the training set."""

from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import md5, read_json
from ..core.sections import Optimization
from ..diagnosis.errors_base import Errors
from ..diagnosis.learning_curve import Curve
from ..metrics.results import PREDICTIONS, Result, read_result
from .runner import head, run_missing

FILE = Path("reports/learning-curve.json")
FRACTIONS = (0.125, 0.25, 0.5)
HELD = 0.9  # of its expected size that a part has at least: chance decides which examples it gets


def run_fractions(
    whole: float, optimization: Optimization, patience: int, learned: int
) -> list[str]:
    """Run HEAD with parts of its training set, unless already run; return the experiments' names.

    Smaller parts get more epochs, also before early stopping, so that all take as many steps: the
    comparison is of the amount of data, not of the length of training.

    Args:
        whole: data.train_fraction of HEAD.
        optimization: the section; parts with fewer examples than a batch are left out.
        patience: regularization.early_stopping.
        learned: the examples that HEAD learned from.

    Raises:
        UserError: fewer than two parts hold a batch, or an experiment failed.
    """
    batch = optimization.batch_size
    fitting = [fraction for fraction in FRACTIONS if fraction * learned * HELD >= batch]
    if len(fitting) < 2:
        raise UserError(
            f"{learned:,} training examples are too few for a learning curve with "
            f"optimization.batch_size {batch}; lower it."
        )
    commit = head()
    wanted = {
        f"part-{fraction:g}-{commit}": {
            "data.train_fraction": float(f"{whole * fraction:g}"),
            "optimization.epochs": round(optimization.epochs / fraction),
            **({"regularization.early_stopping": round(patience / fraction)} if patience else {}),
        }
        for fraction in fitting
    }
    run_missing(wanted)
    return list(wanted)


def curve(names: list[str], errors: Errors[Any]) -> Curve:
    """Return the errors of HEAD and those experiments on dev, by their number of training examples.

    Args:
        names: of the experiments.
        errors: what an error is.

    Raises:
        UserError: a result is missing, or was scored on another dev set.
    """
    results = [read_result(name) for name in [*names, "HEAD"]]
    if len({len(result.predictions["dev"].examples) for result in results}) > 1:
        raise UserError("the parts were scored on other dev sets than HEAD; run 'dvc repro' here.")
    results.sort(key=_learned)
    learned = [_learned(result) for result in results]
    return errors.curve(learned, [result.predictions["dev"] for result in results])


def _learned(result: Result) -> int:
    return len(result.predictions["train"].examples)


def predictions_here() -> str:
    """Return the hash of the current predictions, to tell which a curve belongs to; "" if none."""
    path = Path(PREDICTIONS)
    return md5(path.read_bytes()) if path.is_file() else ""


def remembered() -> dict[str, Any] | None:
    """Return the result of `samebits exp curve`, if it belongs to the current predictions."""
    try:
        content = read_json(FILE.read_text(encoding="utf-8"))
        return content if content.pop("predictions") == predictions_here() else None
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{FILE.as_posix()} is damaged; remove it and run `samebits exp curve` again."
        ) from None
