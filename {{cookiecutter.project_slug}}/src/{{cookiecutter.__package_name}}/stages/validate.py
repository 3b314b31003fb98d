"""data/raw → reports/data.json: refuse bad data before anything learns from it."""

from pathlib import Path

from ..errors import UserError, run
from ..reproducibility.artifacts import write_json

RAW = Path("data/raw")


def main() -> None:
    """Check every picture and write what there is."""
    from ..data.pointer import recorded_version
    from ..data.record import release_of
    from ..data.validate import validate

    summary = validate(RAW)
    version = recorded_version(RAW.with_suffix(".dvc"))
    if version is None:
        raise UserError(f"{RAW}.dvc is not there; give the data a version with 'dvc add {RAW}'.")
    write_json(
        Path("reports/data.json"), {"version": version, "release": release_of(version)} | summary
    )


if __name__ == "__main__":
    run(main)
