"""data/raw → data/prepared/{train,dev,test}: arrays of one shape, split by content."""

import json
from pathlib import Path

from ..config import Data, read
from ..errors import run

RAW = Path("data/raw")


def main() -> None:
    """Decode, resize and split every picture."""
    from ..data.prepare import prepare
    from ..data.validate import pictures

    data = read(Data)
    version = json.loads(Path("reports/data.json").read_text(encoding="utf-8"))["version"]
    prepare(pictures(RAW), RAW, Path("data/prepared"), data, version)


if __name__ == "__main__":
    run(main)
