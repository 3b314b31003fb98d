"""Make data/raw stand as data.layout says: few tar archives, or a file for each picture.

Run: python -m <package>.commands.data_pack
"""

import sys
from pathlib import Path

from ..config import Data, read
from ..data.packed import pack, unpack
from ..errors import UserError, run

RAW = Path("data/raw")


def main() -> None:
    """Pack or unpack, and tell what stands there."""
    data = read(Data)
    if data.layout == "tar":
        count, form = pack(RAW), "in tar archives"
    else:
        count, form = unpack(RAW), "in files of their own"
    if not count:
        raise UserError(f"{RAW} holds no picture.")
    sys.stdout.write(
        f"{RAW}: {count} pictures {form}\nnext: give that its version with 'dvc add {RAW}'\n"
    )


if __name__ == "__main__":
    run(main)
