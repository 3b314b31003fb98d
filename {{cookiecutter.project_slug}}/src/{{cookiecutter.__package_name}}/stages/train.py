"""data/prepared/{train,dev} → models/, reports/{losses,learning-curves}.csv: the weights."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Model, Optimization, Regularization, Reproducibility, Runtime, read
from ..errors import run
from ..reproducibility import determinism
from ..reproducibility.artifacts import write_bytes, write_csv, write_json
from ..reproducibility.identity import identity
from ..reproducibility.provenance import recorded
from ..reproducibility.seals import Seal

if TYPE_CHECKING:
    from torch.nn import Module

    from ..training.checkpoints import Progress

TRAIN, DEV = Path("data/prepared/train"), Path("data/prepared/dev")
WEIGHTS, IDENTITY = Path("models/model.safetensors"), Path("models/identity.json")
LOSSES, CURVES = Path("reports/losses.csv"), Path("reports/learning-curves.csv")


def main() -> None:
    """Train a network and write its weights, its identity and its learning curves."""
    seal = Seal("train")
    model, optimization = read(Model), read(Optimization)
    regularization, reproducibility = read(Regularization), read(Reproducibility)
    runtime = read(Runtime)
    overridden = determinism.apply(
        reproducibility.level, reproducibility.threads, reproducibility.device
    )
    import torch

    from ..data.batches import Split, lists
    from ..model import build, check
    from ..reproducibility.operators import portable
    from ..reproducibility.streams import key
    from ..training import checkpoints
    from ..training.loop import Settings, train
    from ..training.processes import joined

    seal.check()  # what is imported is what was sealed, so a checkpoint is of that code, too
    training, dev = Split.open(TRAIN, runtime.stream), Split.open(DEV, runtime.stream)
    check(model, side=training.images.shape[-1])
    names = ("index.json", "examples.csv")
    folders = [lists(one, runtime.stream) for one in (TRAIN, DEV)]
    indexes = [folder / name for folder in folders for name in names]
    made_of = identity(
        "train", training.version, indexes, model, optimization, regularization, reproducibility
    )
    torch.manual_seed(key(reproducibility.seed, "initialisation"))
    channels, classes = training.images.shape[1], len(training.classes)
    with portable(torch.nn.Module(), reproducibility):
        network = build(model, channels, classes, regularization.dropout)
    settings = Settings(optimization, regularization, reproducibility, runtime)
    with joined(runtime.processes, reproducibility) as group:
        learn = partial(train, network, training, dev, settings, made_of, group=group)
        if group.rank:
            learn()
            return
        record = {"identity": made_of, "overridden": overridden, "processes": group.size}
        with recorded("train", outputs=(WEIGHTS, LOSSES, CURVES), **record):
            progress = learn()
            seal.check()
            _write(network, progress)
    write_json(IDENTITY, made_of)
    seal.write()
    # Last of all: until here a killed run can go on.
    checkpoints.remove(checkpoints.FOLDER, made_of)


def _write(network: "Module", progress: "Progress") -> None:
    from safetensors.torch import save

    from ..training.loop import COLUMNS

    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(WEIGHTS, save(weights))
    # Nine digits hold a float32 exactly.
    losses = ((step, f"{loss:.9g}") for step, loss in enumerate(progress.losses))
    write_csv(LOSSES, ("step", "loss"), losses)
    rows = [[int(row[0]), *(f"{one:.6f}" for one in row[1:])] for row in progress.curves]
    write_csv(CURVES, COLUMNS, rows)


if __name__ == "__main__":
    run(main)
