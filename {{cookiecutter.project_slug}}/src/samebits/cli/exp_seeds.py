"""Run the same experiment with other seeds, and summarise.

Run: samebits exp seeds 5
"""

import sys
from argparse import Namespace

from ..core.config import read
from ..core.sections import Reproducibility, Task
from ..core.yours import examples_name
from ..diagnosis.words import WORDS
from ..experiments.seeds import run_seeds, summary
from ..metrics.results import read_result


def main(given: Namespace) -> None:
    """Run what is missing, and print each seed's score and both spreads."""
    names = ["HEAD", *run_seeds(read(Reproducibility).seed, given.count)]
    words = WORDS[read(Task).target].calling(examples_name())
    metrics = [read_result(name).metrics for name in names]
    for name, measured in zip(names, metrics, strict=True):
        sys.stdout.write(f"{words.exact(measured['score'])}  {name}\n")
    sys.stdout.write(f"\n{summary(metrics, words)}")
