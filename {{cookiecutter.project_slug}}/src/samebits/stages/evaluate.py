"""models/, data/prepared → reports/{predictions,confusion}.csv, metrics.json: the scores.

Some test examples stay in models/ with their answers, for whoever serves the model.

If answers are numbers, residuals.csv replaces confusion.csv. If they are masks, ious.csv does, and
masks.safetensors holds the predicted masks of the worst dev examples, for the report.

The only stage that reads the test examples for their score. Scores are computed from the six
decimals in reports/predictions.csv, so anyone can recompute them from that file.
"""

from pathlib import Path

import numpy as np

from ..core import kernels
from ..core.config import read
from ..core.files import write_json
from ..core.operators import portable
from ..core.seals import Seal
from ..core.sections import Evaluation, Reproducibility
from ..core.yours import Yours
from ..data.drawn_masks import FILE, write_masks
from ..data.loader import Split
from ..data.prepared import read_examples
from ..data.release_file import data_of
from ..data.shards import rows
from ..data.splits import SPLITS
from ..metrics.baseline_scores import compared
from ..metrics.evaluation import check, judge_all, parts_of, resample_all
from ..metrics.mask_predictions import MaskPredictions
from ..metrics.prediction_table import scoring_of, write_predictions
from ..metrics.registry import enter
from ..training import evaluated
from ..training.network import built, growth
from ..training.predict import load, masks, predict
from ..training.target_base import target_of

PREPARED, REPORTS = Path("data/prepared"), Path("reports")
DATA = REPORTS / "data.json"
WEIGHTS = Path("models/model.safetensors")


def main(yours: Yours, seal: Seal) -> None:
    """Predict every example; write the predictions, the metrics and the confusion table."""
    enter(yours.metrics.METRICS)
    evaluation, reproducibility = read(Evaluation), read(Reproducibility)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    splits = {name: Split.open(PREPARED / name) for name in SPLITS}
    test = splits["test"]
    target, chunk = target_of(test), reproducibility.chunk
    answers, scoring = test.answers, scoring_of(test.answers, test.scale)
    constraints = check(evaluation, answers)
    network = built(yours.model, test, 0.0, reproducibility)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    inputs = yours.model.inputs
    with portable(network, reproducibility):
        first = rows(test.arrays, slice(0, 1))
        predict(network, inputs, first, target, chunk, labels=test.labels)
    answered = {
        name: predict(network, inputs, split.arrays, target, chunk, labels=split.labels)
        for name, split in splits.items()
    }
    predictions = {
        name: scoring.scored(name, read_examples(PREPARED / name), split.labels, answered[name])
        for name, split in splits.items()
    }
    costs = {
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "model_bytes": WEIGHTS.stat().st_size,
    }
    parts = parts_of(evaluation, answers, predictions)
    drawn = resample_all(evaluation, constraints, answers, parts, reproducibility.seed)
    metrics = judge_all(evaluation, constraints, answers, parts, drawn, costs)
    seen = {name: splits[name] for name in ("dev", "test")}
    simple = {
        name: {
            split: scoring.scored(split, predictions[split].examples, seen[split].labels, said)
            for split, said in by_split.items()
        }
        for name, by_split in target.baselines(splits["train"], seen).items()
    }
    earned = {name: drawn[name, ""] for name in seen}
    beaten = compared(evaluation.metric, earned, simple, reproducibility.seed)
    seal.check()
    write_predictions(REPORTS / "predictions.csv", answers, predictions)
    scoring.write_pairs(REPORTS / scoring.pairs, predictions["test"])
    chosen = evaluated.chosen(test.arrays)
    some, said = rows(test.arrays, chosen), answered["test"][chosen]
    if isinstance(dev := predictions["dev"], MaskPredictions):
        worst = dev.worst()
        arrays = rows(splits["dev"].arrays, np.array(worst))
        write_masks(FILE, worst, masks(network, inputs, arrays, target.form, chunk))
        said = masks(network, inputs, some, target.form, chunk)
    evaluated.keep(evaluated.FILE, some, said)
    metrics |= {"baselines": beaten, "data": data_of(DATA)}
    write_json(REPORTS / "metrics.json", metrics)
    write_json(REPORTS / "growth.json", growth(yours.model, test))
    seal.write()
