"""Say what more data would give, from the same experiment with parts of its training set.

Run: samebits exp curve

The result is in reports/learning-curve.json, which neither Git nor DVC keeps; `make diagnose` shows
it as long as the predictions are the same.
"""

import sys

from ..core.config import read
from ..core.files import write_json
from ..core.sections import Data, Evaluation, Optimization, Regularization
from ..core.yours import Yours, examples_name
from ..diagnosis.errors_by_target import errors_of
from ..diagnosis.learning_curve import extrapolate
from ..experiments.fractions import FILE, curve, predictions_here, run_fractions
from ..metrics.registry import enter
from ..metrics.results import read_result


def main(yours: Yours) -> None:
    """Run what is missing, write what to expect and print it."""
    enter(yours.metrics.METRICS)
    whole, patience = read(Data).train_fraction, read(Regularization).early_stopping
    head = read_result("HEAD")
    errors = errors_of(head.answers, read(Evaluation).target_error)
    learned = len(head.predictions["train"].examples)
    parts = run_fractions(whole, read(Optimization), patience, learned)
    expected, words = extrapolate(curve(parts, errors)), errors.words
    examples = examples_name()
    write_json(FILE, {"predictions": predictions_here()} | expected.record(examples))
    for count, error in zip(expected.curve.learned, expected.curve.errors, strict=True):
        amount = words.amount(error)
        sys.stdout.write(f"{count:>9,} {examples}  {amount:>7} {words.column.lower()} on dev\n")
    for ahead in expected.ahead:
        amount, ends = words.amount(ahead.error), words.ends(ahead.low, ahead.high)
        sys.stdout.write(f"{ahead.times:>9} times     {amount:>7} ({ends})\n")
    sys.stdout.write(f"\n{expected.sentence(examples)}\n")
