"""models/, data/prepared → reports/{predictions,confusion}.csv, metrics.json: how good it is.

The only stage that reads the test examples for their score.
"""

from pathlib import Path

from ..config import Evaluation, Model, Reproducibility, read
from ..errors import run
from ..reproducibility import determinism
from ..reproducibility.artifacts import write_json

PREPARED, REPORTS = Path("data/prepared"), Path("reports")
DATA = REPORTS / "data.json"
WEIGHTS = Path("models/model.safetensors")


def main() -> None:
    """Predict every example and write predictions, metrics and confusions."""
    model, evaluation, reproducibility = read(Model), read(Evaluation), read(Reproducibility)
    determinism.apply(reproducibility.level, reproducibility.threads, reproducibility.device)
    from ..data.batches import Split
    from ..data.record import data_of
    from ..data.splits import SPLITS
    from ..data.storage import read_examples
    from ..metrics.evaluation import summarise
    from ..metrics.table import prediction_rows, write_confusion, write_predictions
    from ..model import build
    from ..training.prediction import load, predict

    splits = {name: Split.open(PREPARED / name) for name in SPLITS}
    test = splits["test"]
    classes = test.classes
    network = build(model, test.images.shape[1], len(classes), dropout=0.0)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    found = {name: predict(network, split.images, len(classes)) for name, split in splits.items()}
    rows = [
        row
        for name, split in splits.items()
        for row in prediction_rows(
            name, read_examples(PREPARED / name), split.labels, found[name], classes
        )
    ]
    write_predictions(REPORTS / "predictions.csv", classes, rows)
    write_confusion(REPORTS / "confusion.csv", test.labels, found["test"], classes)
    pairs = {name: (split.labels, found[name]) for name, split in splits.items()}
    metrics = summarise(evaluation.metric, pairs)
    write_json(REPORTS / "metrics.json", metrics | {"data": data_of(DATA)})


if __name__ == "__main__":
    run(main)
