"""data/prepared/{train,dev} → models/, reports/learning-curves.csv: the weights."""

from pathlib import Path

from ..config import Model, Optimization, Regularization, Reproducibility, Runtime, read
from ..errors import run
from ..reproducibility import determinism
from ..reproducibility.artifacts import write_bytes, write_csv, write_json
from ..reproducibility.identity import identity
from ..reproducibility.provenance import recorded

TRAIN, DEV = Path("data/prepared/train"), Path("data/prepared/dev")


def main() -> None:
    """Train a network and write its weights, its identity and its learning curves."""
    model, optimization = read(Model), read(Optimization)
    regularization, reproducibility = read(Regularization), read(Reproducibility)
    runtime = read(Runtime)
    overridden = determinism.apply(
        reproducibility.level, reproducibility.threads, reproducibility.device
    )
    import torch
    from safetensors.torch import save

    from ..data.batches import Split
    from ..model import build, check
    from ..reproducibility.streams import key
    from ..training import checkpoints
    from ..training.loop import CURVES, Settings, train

    training, dev = Split.open(TRAIN), Split.open(DEV)
    check(model, side=training.images.shape[-1])
    indexes = [TRAIN / "index.json", DEV / "index.json"]
    made_of = identity(
        "train", training.version, indexes, model, optimization, regularization, reproducibility
    )
    torch.manual_seed(key(reproducibility.seed, "initialisation"))
    channels, classes = training.images.shape[1], len(training.classes)
    network = build(model, channels, classes, regularization.dropout)
    settings = Settings(optimization, regularization, reproducibility, runtime)
    with recorded("train", overridden=overridden):
        progress = train(network, training, dev, settings, made_of)
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(Path("models/model.safetensors"), save(weights))
    write_json(Path("models/identity.json"), made_of)
    rows = [[int(row[0]), *(f"{one:.6f}" for one in row[1:])] for row in progress.curves]
    write_csv(Path("reports/learning-curves.csv"), CURVES, rows)
    # Last of all: until here a killed run can go on.
    checkpoints.remove(checkpoints.FOLDER, made_of)


if __name__ == "__main__":
    run(main)
