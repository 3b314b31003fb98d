"""Steps per second of the project's training against a bare loop; runs inside a built project.

    python bench_training.py PACKAGE      (started by bench.py)

The bare loop has the same network, optimizer, examples, augmentation, threads, level and look at
the dev set after each epoch. It has no checkpoints, streams, schedule, history or checks.
"""

import dataclasses
import importlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EPOCHS, TURNS = 5, 7


def main() -> int:
    """Print {"ours", "bare", "ratio"} as JSON: medians over runs in turns."""
    package = sys.argv[1]

    def module(name: str) -> Any:
        return importlib.import_module(f"{package}.{name}")

    config = module("config")
    settings = {one: config.read(getattr(config, one)) for one in ("Model", "Regularization")}
    optimization = dataclasses.replace(config.read(config.Optimization), epochs=EPOCHS)
    reproducibility = config.read(config.Reproducibility)
    module("reproducibility.determinism").apply(
        reproducibility.level, reproducibility.threads, reproducibility.device
    )
    import torch
    from torch.nn import functional

    batches, loop, model = module("data.batches"), module("training.loop"), module("model")
    optimizer = module("training.optimizer")
    training = batches.Split.open(Path("data/prepared/train"))
    dev = batches.Split.open(Path("data/prepared/dev"))
    regularization = settings["Regularization"]
    sections = loop.Settings(
        optimization, regularization, reproducibility, config.read(config.Runtime)
    )

    def network() -> Any:
        torch.manual_seed(0)
        size = training.images.shape[1], len(training.classes)
        return model.build(settings["Model"], *size, regularization.dropout)

    def ours() -> float:
        made = network()
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            progress = loop.train(made, training, dev, sections, {}, Path(folder))
            return float(progress.step / (time.perf_counter() - start))

    def bare() -> float:
        made, steps = network(), 0
        rule = optimizer.build(made, optimization, regularization)
        images = batches.normalise(training.images)
        labels = torch.from_numpy(training.labels)
        dev_images, dev_labels = batches.normalise(dev.images), torch.from_numpy(dev.labels)
        size = optimization.batch_size
        start = time.perf_counter()
        for _ in range(EPOCHS):
            made.train()
            for chosen in torch.randperm(len(labels)).split(size)[: len(labels) // size]:
                batch = batches.augment(images[chosen], torch.rand(size, 4), regularization)
                loss = functional.cross_entropy(
                    made(batch), labels[chosen], label_smoothing=regularization.label_smoothing
                )
                rule.zero_grad()
                loss.backward()
                rule.step()
                steps += 1
            made.eval()
            with torch.no_grad():
                functional.cross_entropy(made(dev_images), dev_labels).item()
        return steps / (time.perf_counter() - start)

    ours(), bare()
    pairs = [(ours(), bare()) for _ in range(TURNS)]
    result = {
        "ours": statistics.median(a for a, _ in pairs),
        "bare": statistics.median(b for _, b in pairs),
        "ratio": statistics.median(a / b for a, b in pairs),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
