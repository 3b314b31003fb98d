"""Put a version of the data into the working tree, whatever code is there.

Run: samebits data checkout 1.0
     samebits data checkout committed    back to what the last commit holds
"""

import sys
from argparse import Namespace

from ..data.raw_pointer import alone
from ..versions.checkout import use
from ..versions.released_data import COMMITTED


def main(given: Namespace) -> None:
    """Bring the data in and say what is left to do."""
    with alone():
        target = use(given.version)
    back = ", 'samebits data checkout committed' to go back" if target.name != COMMITTED else ""
    sys.stdout.write(
        f"data/raw holds {target.title} now. Next: 'dvc repro' to run this code with it{back}.\n"
    )
