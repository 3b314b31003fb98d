"""data/raw → data/prepared/{train,dev,test}: arrays of one shape, split by content."""

import json
from pathlib import Path

from ..config import Data, read
from ..errors import UserError, run

RAW = Path("data/raw")


def main() -> None:
    """Decode, resize and split every picture."""
    from ..data.prepare import prepare
    from ..data.validate import pictures

    data = read(Data)
    prepare(pictures(RAW), RAW, Path("data/prepared"), data, _version(Path("reports/data.json")))


def _version(summary: Path) -> str:
    try:
        return str(json.loads(summary.read_text(encoding="utf-8"))["version"])
    except (FileNotFoundError, ValueError, KeyError):
        raise UserError(
            f"{summary.as_posix()} is not what the validate stage writes; run 'dvc repro validate'."
        ) from None


if __name__ == "__main__":
    run(main)
