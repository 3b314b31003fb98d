"""data/raw → data/prepared/{train,dev,test}: arrays of one shape, split by content."""

from pathlib import Path

from ..config import Data, Runtime, read
from ..errors import run

RAW, PREPARED = Path("data/raw"), Path("data/prepared")
DECODED = Path("data/decoded")


def main() -> None:
    """Decode, resize and split every picture."""
    from ..data.prepare import prepare
    from ..data.record import data_of
    from ..data.validate import pictures

    data, runtime = read(Data), read(Runtime)
    version = str(data_of(Path("reports/data.json"))["version"])
    prepare(pictures(RAW), RAW, PREPARED, data, version, DECODED, runtime.workers)


if __name__ == "__main__":
    run(main)
