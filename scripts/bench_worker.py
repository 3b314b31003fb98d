"""Train on request in a separate process, inside a built project; started by bench_costs.py.

    python bench_worker.py LEVEL

A level chooses kernels when torch is imported, so each needs its own process. A request is a line
of JSON on standard input, [way, network, shards, epochs]; so is the answer, {"clock", "processor",
"saving", "steps"}: seconds and processor seconds of a step, the share of all time that went into
checkpoints, and the steps of an epoch. The ways are:

    loop   the project's training
    step   the same with a dev set of a few examples, so that only the steps count
    bare   a hand-written loop: the same network, optimizer, examples, augmentation and loss on
           the dev set after each epoch; no streams, schedule, history, checks or checkpoints. With
           several shards it adds up the gradients of as many parts of the batch
    ddp    a hand-written loop around DistributedDataParallel, with the project's batches

With RANK and WORLD_SIZE in the environment, several such processes train together.
"""

import dataclasses
import importlib
import json
import math
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

(LEVEL,) = sys.argv[1:]
WIDE, HIDDEN, FEW = 128, 512, 8


def module(name: str) -> Any:
    """Return a module of the engine."""
    return importlib.import_module(f"samebits.{name}")


read, sections = module("core.config").read, module("core.sections")
determinism = module("core.determinism")
reproducibility = dataclasses.replace(read(sections.Reproducibility), level=LEVEL)
determinism.choose(LEVEL, reproducibility.threads)

# Only after the level is chosen.
torch: Any = importlib.import_module("torch")
numpy: Any = importlib.import_module("numpy")
module("core.kernels").configure(LEVEL, reproducibility.threads, "cpu")
loader, loop, networks = module("data.loader"), module("training.loop"), module("training.network")
optimizers, processes = module("training.optimizer"), module("training.distributed")
yours = module("core.yours").Yours(["model", "training"])

optimization, regularization = read(sections.Optimization), read(sections.Regularization)
runtime = read(sections.Runtime)
recipe = module("training.recipe").Recipe.of(yours.model, yours.training)
training = loader.Split.open(Path("data/prepared/train"))
dev = loader.Split.open(Path("data/prepared/dev"))
rows = module("data.shards").rows
few = dataclasses.replace(dev, arrays=rows(dev.arrays, slice(FEW)), labels=dev.labels[:FEW])
size = optimization.batch_size
steps_per_epoch = len(training.labels) // size


def main() -> None:
    """Answer requests until standard input ends."""
    count_saving()
    with processes.joined(1, reproducibility) as group:
        for line in sys.stdin:
            way, name, shards, epochs = json.loads(line)
            network = made(name, way == "ddp")
            saved[0] = 0.0
            clock, processor = time.perf_counter(), time.process_time()
            if way in ("loop", "step"):
                ours(network, dev if way == "loop" else few, shards, epochs, group)
            elif way == "bare":
                bare(network, shards, epochs)
            else:
                in_parallel(network, epochs, group)
            clock, processor = time.perf_counter() - clock, time.process_time() - processor
            steps = epochs * steps_per_epoch
            answer = {"clock": clock / steps, "processor": processor / steps}
            answer |= {"saving": saved[0] / clock, "steps": steps_per_epoch}
            print(json.dumps(answer), flush=True)


@cache
def made(name: str, parallel: bool) -> Any:
    """Return a network: the project's, a wider one of its kind, or an MLP; cached.

    All ways share it, since the place of its weights in memory changes a step by a tenth.
    """
    torch.manual_seed(0)
    shapes, outputs = training.shapes(), module("training.target_base").target_of(training).outputs
    if name == "mlp":
        network = Perceptron(math.prod(shapes["image"]), outputs)
    else:
        section = read(yours.model.Model)
        if name == "wide":
            section = dataclasses.replace(section, width=WIDE)
        network = yours.model.build(section, shapes, outputs, regularization.dropout)
    return torch.nn.parallel.DistributedDataParallel(network) if parallel else network


class Perceptron(torch.nn.Module):  # type: ignore[misc]
    """An MLP of two hidden layers."""

    def __init__(self, pixels: int, outputs: int) -> None:
        super().__init__()
        nn = torch.nn
        hidden = [nn.Linear(pixels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU()]
        last = [nn.Dropout(regularization.dropout), nn.Linear(HIDDEN, outputs)]
        self.layers = nn.Sequential(nn.Flatten(), *hidden, *last)

    def forward(self, image: Any) -> Any:
        return self.layers(image)


saved = [0.0]


def count_saving() -> None:
    """Count the seconds that the project's training spends on checkpoints."""
    write = loop.checkpoints.write

    def counted(*arguments: Any) -> None:
        start = time.perf_counter()
        write(*arguments)
        saved[0] += time.perf_counter() - start

    loop.checkpoints.write = counted


def ours(network: Any, shown: Any, shards: int, epochs: int, group: Any) -> None:
    """Train with the project's loop."""
    settings = loop.Settings(
        dataclasses.replace(optimization, epochs=epochs),
        regularization,
        dataclasses.replace(reproducibility, shards=shards),
        runtime,
    )
    with tempfile.TemporaryDirectory() as folder:
        loop.train(network, training, shown, settings, recipe, {}, Path(folder), group)


def bare(network: Any, parts: int, epochs: int) -> None:
    """Train with a minimal hand-written loop."""
    rule = optimizers.build(network, optimization, regularization)
    inputs, augment, draws = recipe.preparation
    known, shown = (
        loader.Batch(
            inputs(rows(split.arrays, slice(None))), split.targets(numpy.arange(len(split.labels)))
        )
        for split in (training, dev)
    )
    for _ in range(epochs):
        network.train()
        for chosen in torch.randperm(len(known.target)).split(size)[:steps_per_epoch]:
            taken = {name: array[chosen] for name, array in known.inputs.items()}
            batch = loader.Batch(taken, known.target[chosen])
            learn(network, rule, augment(batch, torch.rand(size, draws)), parts)
        network.eval()
        with torch.no_grad():
            recipe.loss(network, shown, regularization).item()


def in_parallel(network: Any, epochs: int, group: Any) -> None:
    """Train with DistributedDataParallel, each process on its part of the project's batches."""
    rule = optimizers.build(network, optimization, regularization)
    part = group.rank, group.size
    source = loader.Batches(training, size, reproducibility.seed, recipe.preparation, part)
    network.train()
    for step in range(epochs * steps_per_epoch):
        learn(network, rule, source[step], 1)


def learn(network: Any, rule: Any, batch: Any, parts: int) -> None:
    """Take a step, adding up the gradients of `parts` of the batch."""
    rule.zero_grad()
    chunks = {name: array.chunk(parts) for name, array in batch.inputs.items()}
    for part, target in enumerate(batch.target.chunk(parts)):
        piece = loader.Batch({name: arrays[part] for name, arrays in chunks.items()}, target)
        (recipe.loss(network, piece, regularization) / parts).backward()
    rule.step()


if __name__ == "__main__":
    main()
