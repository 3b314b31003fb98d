"""data/prepared/{train,dev} → models/, reports/{losses,learning-curves}.csv: the weights."""

from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save

from ..core import determinism, kernels
from ..core.config import check_slices, read
from ..core.files import write_bytes, write_csv, write_json
from ..core.identity import identity
from ..core.seals import Seal
from ..core.sections import Optimization, Regularization, Reproducibility, Runtime
from ..core.yours import Yours
from ..data.loader import Split, lists
from ..data.prepared import examples
from ..provenance.record import recorded
from ..training import checkpoint
from ..training.checkpoint import Progress
from ..training.distributed import joined
from ..training.loop import COLUMNS, Settings, train
from ..training.network import built
from ..training.pretrained import started
from ..training.recipe import Recipe
from ..training.target_base import NetworkTarget, target_of

TRAIN, DEV = Path("data/prepared/train"), Path("data/prepared/dev")
WEIGHTS, IDENTITY = Path("models/model.safetensors"), Path("models/identity.json")
LOSSES, CURVES = Path("reports/losses.csv"), Path("reports/learning-curves.csv")


def main(yours: Yours, seal: Seal) -> None:
    """Train a network; write its weights, identity, losses and learning curves."""
    reproducibility, runtime = read(Reproducibility), read(Runtime)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    model, augmentation = read(yours.model.Model), read(yours.training.Augmentation)
    optimization, regularization = read(Optimization), read(Regularization)
    training, dev = Split.open(TRAIN, runtime.stream), Split.open(DEV, runtime.stream)
    names = ("index.json", "examples.csv")
    folders = [lists(folder, runtime.stream) for folder in (TRAIN, DEV)]
    check_slices(next(examples(folders[1])).facts)
    indexes = [folder / name for folder in folders for name in names]
    sections = (model, augmentation, optimization, regularization, reproducibility)
    made_of = identity("train", training.version, indexes, *sections)
    network = built(yours.model, training, regularization.dropout, reproducibility)
    started(yours.model, network)
    settings = Settings(optimization, regularization, reproducibility, runtime)
    recipe = Recipe.of(yours.model, yours.training)
    with joined(runtime.processes, reproducibility) as group:
        learn = partial(train, network, training, dev, settings, recipe, made_of, group=group)
        if group.rank:
            learn()
            return
        overridden = determinism.overridden()
        record = {"identity": made_of, "overridden": overridden, "processes": group.size}
        with recorded("train", outputs=(WEIGHTS, LOSSES, CURVES), **record):
            progress = learn()
            seal.check()
            _write(network, progress, target_of(training))
    write_json(IDENTITY, made_of)
    seal.write()
    # Last: until here a killed run can resume.
    checkpoint.remove(checkpoint.FOLDER, made_of)


def _write(network: torch.nn.Module, progress: Progress, target: NetworkTarget) -> None:
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(WEIGHTS, save(weights))
    # Nine digits hold a float32 exactly.
    losses = ((step, f"{loss:.9g}") for step, loss in enumerate(progress.losses))
    write_csv(LOSSES, ("step", "loss"), losses)
    rows = [[int(row[0]), *map(target.cell, row[1:])] for row in progress.curves]
    write_csv(CURVES, (*COLUMNS, target.figure), rows)
