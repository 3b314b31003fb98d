"""Stage `report`: everything a person wants to see of the result, on one page."""

from pathlib import Path

from ..data.storage import open_shards
from ..errors import UserError, run
from ..metrics.table import read_predictions
from ..reporting.inputs import Inputs, read_curves, read_record
from ..reporting.page import page
from ..reproducibility.artifacts import write_bytes


def main() -> None:
    """Write reports/report.html from what the stages before have left."""
    metrics = read_record(
        Path("reports/metrics.json"), "evaluate", ("score", "metric", "test", "data")
    )
    classes, predictions = read_predictions(Path("reports/predictions.csv"))
    for split in ("dev", "test"):
        if split not in predictions:
            raise UserError(
                f"reports/predictions.csv has no {split} row: run `dvc repro evaluate` first"
            )
    data = read_record(Path("reports/data.json"), "validate", ("classes", "sizes", "modes"))
    identity = read_record(
        Path("models/identity.json"), "train", ("code", "data", "lock", "params")
    )
    curves = read_curves(Path("reports/learning-curves.csv"), "train")
    count = len(predictions["dev"].labels)
    pictures = open_shards(Path("data/prepared/dev"), count)
    inputs = Inputs(metrics, data, identity, curves, classes, predictions, pictures)
    write_bytes(Path("reports/report.html"), page(inputs).encode())


if __name__ == "__main__":
    run(main)
