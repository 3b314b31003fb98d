"""data/prepared/{train,dev} → models/, reports/{losses,learning-curves}.csv: the weights."""

from base64 import b64encode
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from ..core import determinism, kernels
from ..core.config import check_slices, read
from ..core.files import write_bytes, write_csv, write_json
from ..core.identity import identity
from ..core.seals import PIPELINE, Seal, declared, files, read_yaml
from ..core.sections import Optimization, Regularization, Reproducibility, Runtime
from ..core.signature import Signature, made_by, sha256
from ..core.yours import Yours, package
from ..data import fitting
from ..data.loader import Split, lists
from ..data.prepared import Index, examples
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
    _signature(folders[0], training, model, reproducibility).write()
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


def _signature(
    folder: Path, training: Split, model: Any, reproducibility: Reproducibility
) -> Signature:
    """Return what the model needs beside its weights, which are written.

    Args:
        folder: the lists of the training examples.
        training: these examples.
        model, reproducibility: sections of params.yaml.
    """
    fitted = folder / fitting.FILE
    code = [file for path in _code() for file in files(path)]
    names = ["/".join(file.parts[2:]) for file in code]
    return Signature(
        target=training.target,
        classes=training.classes,
        scale=[*training.scale],
        input=Index.read(folder).input,
        fitted=b64encode(fitted.read_bytes()).decode() if fitted.exists() else "",
        shapes={name: [*shape] for name, shape in training.shapes().items()},
        model=asdict(model),
        reproducibility=asdict(reproducibility),
        weights=sha256(WEIGHTS),
        made_by=made_by(Path(), package(), names),
    )


def _code() -> list[Path]:
    """Return the files of the user on which this stage depends."""
    deps = declared(read_yaml(Path(PIPELINE)), "train").deps
    return [Path(dep) for dep in deps if dep.startswith(f"src/{package()}/")]
