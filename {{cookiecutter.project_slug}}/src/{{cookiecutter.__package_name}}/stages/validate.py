"""data/raw → reports/data.json: refuse bad data before anything learns from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Data, Runtime, read
from ..errors import UserError, run
from ..reproducibility import determinism
from ..reproducibility.artifacts import write_json
from ..reproducibility.seals import Seal

if TYPE_CHECKING:
    from ..data.findings import Table

RAW, DECODED = Path("data/raw"), Path("data/decoded")
REPORT = Path("reports/data.json")


def main() -> None:
    """Check every picture, write what was found, and refuse data with errors."""
    seal = Seal("validate")
    data, runtime = read(Data), read(Runtime)
    from ..data.pointer import recorded_version, refuse_parts
    from ..data.record import release_of

    refuse_parts()
    version = recorded_version(RAW.with_suffix(".dvc"))
    if version is None:
        raise UserError(f"{RAW}.dvc is not there; give the data a version with 'dvc add {RAW}'.")
    summary, table = _checked(seal, data, version, runtime.workers)
    seal.check()
    write_json(REPORT, {"version": version, "release": release_of(version)} | summary)
    if refusal := table.refusal():
        raise UserError(f"{refusal}\n{REPORT.as_posix()} holds all that was found.")
    seal.write()


def _checked(seal: Seal, data: Data, version: str, workers: int) -> "tuple[dict[str, Any], Table]":
    # Which labels are in doubt is the same everywhere, whatever level training has.
    determinism.apply("portable", 1, "cpu")
    from ..data.catalogue import open_catalogue
    from ..data.validate import Reviewed, validate
    from ..training.linear import out_of_fold

    seal.check()
    with open_catalogue(DECODED, data) as catalogue:
        return validate(catalogue, RAW, data, version, out_of_fold, Reviewed(), workers)


if __name__ == "__main__":
    run(main)
