"""Trains on request in a process of its own, inside a built project; started by bench_costs.py.

    python bench_worker.py PACKAGE LEVEL

A level chooses kernels when torch is imported, so each needs its own process. A request is a line
of JSON on standard input, [way, network, shards, epochs]; the answer is a line too, {"clock",
"processor", "saving"}: seconds of either for a step, and the part of all time that went into
checkpoints. The ways are:

    loop   the project's training
    step   the same, with a dev set of a few examples: what is left is the cost of steps
    bare   a loop written by hand: the same network, optimizer, examples, augmentation and look at
           the dev set after each epoch; no streams, schedule, history, checks or checkpoints. With
           several shards it adds up the gradients of as many parts of the batch, as anybody would
    ddp    a loop written by hand around DistributedDataParallel, with the project's batches

With RANK and WORLD_SIZE in the environment, several such processes train together.
"""

import dataclasses
import importlib
import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE, LEVEL = sys.argv[1:]
WIDE, HIDDEN, FEW = 128, 512, 8


def module(name: str) -> Any:
    """Return a module of the project."""
    return importlib.import_module(f"{PACKAGE}.{name}")


config = module("config")
reproducibility = dataclasses.replace(config.read(config.Reproducibility), level=LEVEL)
module("reproducibility.determinism").apply(LEVEL, reproducibility.threads, "cpu")

# Not before the level is applied.
torch: Any = importlib.import_module("torch")
batches, loop, model = module("data.batches"), module("training.loop"), module("model")
optimizers, processes = module("training.optimizer"), module("training.processes")

optimization, regularization = config.read(config.Optimization), config.read(config.Regularization)
training = batches.Split.open(Path("data/prepared/train"))
dev = batches.Split.open(Path("data/prepared/dev"))
few = dataclasses.replace(dev, images=dev.images[:FEW], labels=dev.labels[:FEW])
size = optimization.batch_size
steps_per_epoch = len(training.labels) // size


def main() -> None:
    """Answer requests until standard input ends."""
    count_saving()
    with processes.joined(1, reproducibility) as group:
        for line in sys.stdin:
            way, name, shards, epochs = json.loads(line)
            network = made(way, name)
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
            print(json.dumps(answer | {"saving": saved[0] / clock}), flush=True)


@cache
def made(way: str, name: str) -> Any:
    """Return a network: the project's, a wider one of its kind, or an MLP; made once."""
    torch.manual_seed(0)
    nn, channels, classes = torch.nn, training.images.shape[1], len(training.classes)
    if name == "mlp":
        layers = [nn.Linear(training.images[0].size, HIDDEN), nn.ReLU()]
        layers += [nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(regularization.dropout)]
        return nn.Sequential(nn.Flatten(), *layers, nn.Linear(HIDDEN, classes))
    section = config.read(config.Model)
    if name == "wide":
        section = dataclasses.replace(section, width=WIDE)
    network = model.build(section, channels, classes, regularization.dropout)
    return nn.parallel.DistributedDataParallel(network) if way == "ddp" else network


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
    sections = loop.Settings(
        dataclasses.replace(optimization, epochs=epochs),
        regularization,
        dataclasses.replace(reproducibility, shards=shards),
        config.read(config.Runtime),
    )
    with tempfile.TemporaryDirectory() as folder:
        loop.train(network, training, shown, sections, {}, Path(folder), group)


def bare(network: Any, parts: int, epochs: int) -> None:
    """Train with as little as one writes by hand."""
    rule = optimizers.build(network, optimization, regularization)
    images, labels = batches.normalise(training.images[:]), torch.from_numpy(training.labels)
    dev_images, dev_labels = batches.normalise(dev.images[:]), torch.from_numpy(dev.labels)
    for _ in range(epochs):
        network.train()
        for chosen in torch.randperm(len(labels)).split(size)[:steps_per_epoch]:
            batch = batches.augment(images[chosen], torch.rand(size, 4), regularization)
            learn(network, rule, batch, labels[chosen], parts)
        network.eval()
        with torch.no_grad():
            torch.nn.functional.cross_entropy(network(dev_images), dev_labels).item()


def in_parallel(network: Any, epochs: int, group: Any) -> None:
    """Train with DistributedDataParallel, each process with its part of the project's batches."""
    rule = optimizers.build(network, optimization, regularization)
    part = group.rank, group.size
    source = batches.Batches(training, size, reproducibility.seed, regularization, part)
    network.train()
    for step in range(epochs * steps_per_epoch):
        images, labels = source[step]
        learn(network, rule, images, labels, 1)


def learn(network: Any, rule: Any, images: Any, labels: Any, parts: int) -> None:
    """Take a step, adding up the gradients of `parts` of the batch."""
    rule.zero_grad()
    for some, answers in zip(images.chunk(parts), labels.chunk(parts), strict=True):
        loss = torch.nn.functional.cross_entropy(
            network(some), answers, label_smoothing=regularization.label_smoothing
        )
        (loss / parts).backward()
    rule.step()


if __name__ == "__main__":
    main()
