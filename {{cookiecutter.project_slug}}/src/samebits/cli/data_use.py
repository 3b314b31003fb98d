"""Put a version of the data into the working tree, whatever code is there.

Run: python -m samebits data checkout 1.0
     python -m samebits data checkout committed    back to what the last commit holds
"""

import argparse
import sys

from ..data.dvc_file import alone
from ..versions.checkout import use
from ..versions.tags import COMMITTED


def main() -> None:
    """Bring the data in and say what is left to do."""
    parser = argparse.ArgumentParser(description="Put a version of the data into data/raw.")
    parser.add_argument("version", help="as 1.0, or 'committed' for that of the last commit")
    version = parser.parse_args().version
    with alone():
        target = use(version)
    back = ", 'make data-use VERSION=committed' to go back" if target.name != COMMITTED else ""
    sys.stdout.write(
        f"data/raw holds {target.title} now. Next: 'dvc repro' to run this code with it{back}.\n"
    )
