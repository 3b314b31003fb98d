"""models/, data/prepared → reports/{predictions,confusion}.csv, metrics.json: how good it is.

The only stage that reads the test examples for their score. What it says of the predictions is
said of the six decimals that reports/predictions.csv has, so anyone can compute it from that file.
"""

from pathlib import Path

from ..config import Evaluation, Model, Reproducibility, read
from ..errors import run
from ..reproducibility import determinism
from ..reproducibility.artifacts import write_json
from ..reproducibility.seals import Seal

PREPARED, REPORTS = Path("data/prepared"), Path("reports")
DATA = REPORTS / "data.json"
WEIGHTS = Path("models/model.safetensors")


def main() -> None:
    """Predict every example and write predictions, metrics and confusions."""
    seal = Seal("evaluate")
    model, evaluation, reproducibility = read(Model), read(Evaluation), read(Reproducibility)
    determinism.apply(reproducibility.level, reproducibility.threads, reproducibility.device)
    from torch.nn import Module

    from ..data.batches import Split
    from ..data.record import data_of
    from ..data.splits import SPLITS
    from ..data.storage import read_examples
    from ..metrics.baselines import beside
    from ..metrics.evaluation import check, summarise
    from ..metrics.scores import find
    from ..metrics.table import scored, write_confusion, write_predictions
    from ..model import build
    from ..reproducibility.operators import portable
    from ..training.baselines import baselines
    from ..training.prediction import load, predict

    seal.check()
    splits = {name: Split.open(PREPARED / name) for name in SPLITS}
    test = splits["test"]
    classes = test.classes
    check(evaluation, classes)
    with portable(Module(), reproducibility):
        network = build(model, test.images.shape[1], len(classes), dropout=0.0)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    with portable(network, reproducibility):
        predict(network, test.images[:1], len(classes), reproducibility.chunk)
    found = {
        name: predict(network, split.images, len(classes), reproducibility.chunk)
        for name, split in splits.items()
    }
    predictions = {
        name: scored(name, read_examples(PREPARED / name), split.labels, found[name], classes)
        for name, split in splits.items()
    }
    costs = {
        "parameters": sum(one.numel() for one in network.parameters()),
        "model_bytes": WEIGHTS.stat().st_size,
    }
    metrics = summarise(evaluation, classes, predictions, costs, reproducibility.seed)
    simple = baselines(splits["train"], {name: splits[name] for name in ("dev", "test")})
    beaten = beside(find(evaluation.metric), predictions, simple, reproducibility.seed)
    seal.check()
    write_predictions(REPORTS / "predictions.csv", classes, predictions)
    write_confusion(REPORTS / "confusion.csv", test.labels, found["test"], classes)
    metrics |= {"baselines": beaten, "data": data_of(DATA)}
    write_json(REPORTS / "metrics.json", metrics)
    seal.write()


if __name__ == "__main__":
    run(main)
