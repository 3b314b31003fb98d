"""data/raw → data/prepared/{train,train_dev,dev,test}: arrays of one shape, split by content."""

import json
from pathlib import Path

from ..config import Data, Runtime, read
from ..errors import UserError, run

RAW, PREPARED = Path("data/raw"), Path("data/prepared")
DECODED = Path("data/decoded")


def main() -> None:
    """Decode, resize and split every picture."""
    from ..data.catalogue import open_catalogue
    from ..data.prepare import prepare

    data, runtime = read(Data), read(Runtime)
    version = _version(Path("reports/data.json"))
    with open_catalogue(DECODED, data) as catalogue:
        prepare(catalogue, RAW, PREPARED, data, version, runtime.workers)


def _version(summary: Path) -> str:
    try:
        return str(json.loads(summary.read_text(encoding="utf-8"))["version"])
    except (FileNotFoundError, ValueError, KeyError):
        raise UserError(
            f"{summary.as_posix()} is not what the validate stage writes; run 'dvc repro validate'."
        ) from None


if __name__ == "__main__":
    run(main)
