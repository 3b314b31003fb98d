"""data/raw → reports/data.json: refuse bad data before anything learns from it."""

from pathlib import Path
from typing import Any

from ..checks.validation import Reviewed, validate
from ..console.errors import CheckFailed, UserError
from ..core.config import read
from ..core.files import write_json
from ..core.seals import Seal
from ..core.sections import Data, Runtime, Task
from ..core.yours import Yours
from ..data.decoder import Decoder
from ..data.index import open_catalogue
from ..data.raw_pointer import recorded_version, refuse_parts
from ..data.readers import reader_of
from ..data.release_file import release_of

RAW, DECODED = Path("data/raw"), Path("data/decoded")
REPORT = Path("reports/data.json")


def main(yours: Yours, seal: Seal) -> None:
    """Check every example, write the findings, and refuse data with errors."""
    data, runtime, task = read(Data), read(Runtime), read(Task)
    reader = reader_of(task, data)
    refuse_parts()
    version = recorded_version(RAW.with_suffix(".dvc"))
    if version is None:
        raise UserError(f"{RAW}.dvc is missing; give the data a version with 'dvc add {RAW}'.")
    # Imported here because torch takes seconds, which missing data should not wait for.
    from ..core import kernels
    from ..training import (
        linear_regression,
        logistic_regression,
        pixel_forest,
        softmax_regression,
    )

    models: dict[str, Any] = {
        "class": softmax_regression.out_of_fold,
        "classes": logistic_regression.out_of_fold,
        "number": linear_regression.out_of_fold,
        "mask": pixel_forest.out_of_fold,
    }
    # The doubtful labels are the same everywhere, at any level of training.
    kernels.configure("portable", 1, "cpu")
    with open_catalogue(DECODED, Decoder.of(yours.data, data), reader) as catalogue:
        model = models[task.target]
        summary, table = validate(
            catalogue, RAW, data, version, model, Reviewed(), runtime.workers, task.target
        )
    seal.check()
    write_json(REPORT, {"version": version, "release": release_of(version)} | summary)
    if refusal := table.refusal():
        raise CheckFailed(f"{refusal}\n{REPORT.as_posix()} has all findings.")
    seal.write()
