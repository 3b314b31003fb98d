"""Say what more data would give, from the same experiment with parts of its training set.

Run: python -m samebits exp curve

What was found stands in reports/learning-curve.json, which neither Git nor DVC keeps, and
`make diagnose` tells it as long as the predictions are the same.
"""

import sys

from ..core.config import read
from ..core.files import write_json
from ..core.sections import Data, Optimization, Regularization
from ..core.yours import Yours
from ..diagnosis.learning_curve import extrapolate
from ..experiments.fractions import FILE, points, predictions_here, run_fractions
from ..metrics.registry import enter
from ..metrics.results import read_result


def main(yours: Yours) -> None:
    """Run what is missing, write what was found and print it."""
    enter(yours.metrics.METRICS)
    whole, patience = read(Data).train_fraction, read(Regularization).early_stopping
    learned = len(read_result("HEAD").predictions["train"].labels)
    found = extrapolate(points(run_fractions(whole, read(Optimization), patience, learned)))
    write_json(FILE, {"predictions": predictions_here()} | found.record())
    for one in found.points:
        error = f"{100 * one.wrong / one.examples:.1f} %"
        sys.stdout.write(f"{one.learned:>9,} pictures  {error:>7} wrong on dev\n")
    for ahead in found.ahead:
        ends = f"{100 * ahead.low:.1f} to {100 * ahead.high:.1f}"
        sys.stdout.write(f"{ahead.times:>9} times     {100 * ahead.error:>5.1f} % ({ends})\n")
    sys.stdout.write(f"\n{found.sentence()}\n")
