"""reports/ → reports/diagnosis.json: where in the chain the error arises, and what to try next."""

import csv
from pathlib import Path

from ..console.errors import UserError
from ..core.config import left_out, read, values
from ..core.files import write_json
from ..core.seals import Seal
from ..core.sections import Data, Evaluation, Optimization, Regularization, Task
from ..core.stage_outputs import read_curves, read_record
from ..core.yours import Yours
from ..data.targets import Answers
from ..diagnosis.diagnosis import DiagnosisInputs, diagnose
from ..diagnosis.errors_by_target import errors_of
from ..diagnosis.ideas import DiagnosisSettings
from ..metrics.prediction_table import read_predictions
from ..metrics.registry import enter

DIAGNOSIS = Path("reports/diagnosis.json")
LOSSES, GROWTH = Path("reports/losses.csv"), Path("reports/growth.json")


def main(yours: Yours, seal: Seal) -> None:
    """Write the diagnosis."""
    enter(yours.metrics.METRICS)
    given = inputs()
    diagnosis = diagnose(given, settings(given.answers))
    seal.check()
    write_json(DIAGNOSIS, diagnosis)
    seal.write()


def settings(answers: Answers) -> DiagnosisSettings:
    """Return the settings that ideas for such answers depend on."""
    augmentation = values("augmentation")
    growth = read_record(GROWTH, "evaluate", ("bigger", "smaller", "other"))
    sections = (read(Data), read(Optimization), read(Regularization), read(Evaluation))
    data, optimization, regularization, evaluation = sections
    errors = errors_of(answers, evaluation.target_error)
    known = (errors, data, optimization, regularization, evaluation, augmentation, growth)
    absent = left_out(
        "augmentation", "data", "evaluation", "model", "optimization", "regularization"
    )
    return DiagnosisSettings(*known, timed=bool(read(Task).time), left_out=absent)


def inputs() -> DiagnosisInputs:
    """Return the results of earlier stages.

    Raises:
        UserError: something is missing or damaged.
    """
    answers, predictions = read_predictions(Path("reports/predictions.csv"))
    for split in ("train", "train_dev", "dev", "test"):
        if split not in predictions:
            raise UserError(
                f"reports/predictions.csv has no {split} row; run `dvc repro --force evaluate`."
            )
    return DiagnosisInputs(
        read_record(Path("reports/metrics.json"), "evaluate", ("train", "test")),
        read_record(Path("reports/data.json"), "validate", ("findings",)),
        answers,
        predictions,
        _losses(),
        len(read_curves(Path("reports/learning-curves.csv"), "train")["epoch"]),
    )


def _losses() -> list[float]:
    try:
        with LOSSES.open(encoding="utf-8", newline="") as file:
            losses = [float(row["loss"]) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise UserError(f"{LOSSES.as_posix()} is missing; run 'dvc repro train'.") from None
    except (KeyError, ValueError, TypeError):
        losses = []
    if not losses:
        raise UserError(
            f"{LOSSES.as_posix()} is not a table of losses; run 'dvc repro --force train'."
        )
    return losses
