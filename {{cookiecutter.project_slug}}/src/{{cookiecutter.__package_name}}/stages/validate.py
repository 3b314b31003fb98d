"""data/raw → reports/data.json: refuse bad data before anything learns from it."""

from pathlib import Path

from ..config import Data, Runtime, read
from ..errors import UserError, run
from ..reproducibility.artifacts import write_json

RAW, DECODED = Path("data/raw"), Path("data/decoded")


def main() -> None:
    """Check every picture and write what there is."""
    data, runtime = read(Data), read(Runtime)
    from ..data.catalogue import open_catalogue
    from ..data.collect import recorded_version
    from ..data.validate import validate

    with open_catalogue(DECODED, data) as catalogue:
        catalogue.fill(RAW, data, runtime.workers)
        summary = validate(RAW, catalogue)
    version = recorded_version(RAW.with_suffix(".dvc"))
    if version is None:
        raise UserError(f"{RAW}.dvc is not there; give the data a version with 'dvc add {RAW}'.")
    write_json(Path("reports/data.json"), {"version": version} | summary)


if __name__ == "__main__":
    run(main)
