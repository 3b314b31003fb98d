"""Run the same experiment with other seeds, and summarise.

Run: python -m samebits exp seeds 5
"""

import argparse
import sys

from ..console.errors import UserError
from ..core.config import read
from ..core.sections import Reproducibility, Task
from ..diagnosis.words import WORDS
from ..experiments.seeds import run_seeds, summary
from ..metrics.results import read_result


def main() -> None:
    """Run what is missing, and print each seed's score and both spreads."""
    parser = argparse.ArgumentParser(description="Run the same experiment with other seeds.")
    parser.add_argument("count", help="how many other seeds")
    given = parser.parse_args().count
    if not given.isdecimal() or int(given) < 1:
        raise UserError(f"'{given}' is no number of seeds; give one of at least 1.")
    names = ["HEAD", *run_seeds(read(Reproducibility).seed, int(given))]
    words = WORDS[read(Task).target]
    metrics = [read_result(name).metrics for name in names]
    for name, one in zip(names, metrics, strict=True):
        sys.stdout.write(f"{words.exact(one['score'])}  {name}\n")
    sys.stdout.write(f"\n{summary(metrics, words)}")
