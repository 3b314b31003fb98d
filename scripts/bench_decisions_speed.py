"""Measure evaluating and reporting many predictions; runs inside a built project.

    python bench_decisions_speed.py make EXAMPLES CLASSES    (started by bench_decisions.py)
    python bench_decisions_speed.py STAGE

`make` gives the project of the current folder that many examples, split as usual, and the weights
of an untrained network. STAGE runs a stage with made-up predictions, so that only the work after
the prediction is timed. It prints a line of JSON: [seconds, processor seconds, peak memory in MiB].
"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

REQUEST, *NUMBERS = sys.argv[1:]
PREPARED = Path("data/prepared")
SHARES = {"train": 0.65, "train_dev": 0.05, "dev": 0.15, "test": 0.15}
SIDE, SURE = 8, 4.0  # pixels; added to the true class's logit, with noise of deviation 1
SLICES = '["class", "path */night/*", "brightness in 3 parts", "size at 32, 64"]'
CONSTRAINTS = (
    '["parameters <= 1e9", "expected_calibration_error <= 0.5", "recall[c0] >= 0.1", '
    '"worst_slice >= 0.1", "accuracy@brightness 1 of 3 >= 0.1"]'
)


def module(name: str) -> Any:
    """Return a module of the engine."""
    return importlib.import_module(f"samebits.{name}")


def main() -> None:
    """Do what the command line asks for."""
    if REQUEST == "make":
        examples, classes = map(int, NUMBERS)
        make(examples, classes)
        return
    if REQUEST == "evaluate":
        made_up()
    # With the imports, since a stage is a process.
    start = time.perf_counter()
    sys.argv = ["samebits", "run", REQUEST]
    module("__main__").main()
    seconds, processor = time.perf_counter() - start, time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, processor, memory]))


def make(examples: int, classes: int) -> None:
    """Write params.yaml, data/prepared, models and everything else that the report reads."""
    settings, key, lines = {"  slices:": SLICES, "  constraints:": CONSTRAINTS}, "", list[str]()
    for line in Path("params.yaml").read_text(encoding="utf-8").splitlines():
        if key and line.startswith("  - "):
            continue  # of the list that was replaced
        key = next((start for start in settings if line.startswith(start)), "")
        lines.append(f"{key} {settings[key]}" if key else line)
    Path("params.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    names = [f"c{number}" for number in range(classes)]
    first = 0
    for split, share in SHARES.items():
        count = round(share * examples)
        write_split(PREPARED / split, names, range(first, first + count))
        first += count
    write_model(classes)
    write_records(names, examples)


def write_split(folder: Path, names: list[str], numbers: range) -> None:
    """Write examples of noise, a tenth of them in groups of five."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    prepared, writing = module("data.prepared"), module("data.shard_writer")
    draw = np.random.default_rng(numbers.start)
    fields = {"image": module("data.fields").Field("uint8", (1, SIDE, SIDE))}
    with writing.Writer(folder, fields, writing.SHARD_BYTES) as writer:
        for number in numbers:
            label, kind = number % len(names), ("night", "day", "dusk")[number % 3]
            pixels = draw.integers(0, 256, SIDE * SIDE, dtype=np.uint8)
            example = prepared.Example(
                path=f"{names[label]}/{kind}/{number:07d}.png",
                label=names[label],
                md5=f"{number:032x}",
                group=f"scene-{number // 5}" if number % 50 < 5 else "",
                facts={
                    "width": 16 + number % 64,
                    "height": 80,
                    "brightness": round(float(pixels.mean()) / 255, 6),
                },
            )
            writer.add(example, label, pixels.tobytes())
        prepared.Index("made-up", writer.close(), "class", names, fields).write(folder)


def write_model(classes: int) -> None:
    """Write the weights of the untrained network."""
    model = module("core.yours").Yours(["model"]).model
    section = module("core.config").read(model.Model)
    network = model.build(section, {"image": (1, SIDE, SIDE)}, classes, 0.0)
    Path("models").mkdir(exist_ok=True)
    importlib.import_module("safetensors.torch").save_file(
        dict(network.state_dict()), "models/model.safetensors"
    )


def write_records(names: list[str], examples: int) -> None:
    """Write the outputs of `validate` and `train` that the report reads."""
    write_json = module("core.files").write_json
    data: dict[str, Any] = {
        "version": "made-up",
        "release": None,
        "examples": examples,
        "classes": dict.fromkeys(names, examples // len(names)),
        "sizes": {"16x80": examples},
        "modes": {"L": examples},
        **{name: {} for name in ("statistics", "found", "accepted")},
        **{name: [] for name in ("corrections", "findings")},
        "compared_with": None,
        "labels_examined": 0,
    }
    write_json(Path("reports/data.json"), data)
    identity = {"code": "made-up", "data": "made-up", "lock": "made-up", "params": {}}
    write_json(Path("models/identity.json"), identity)
    curves = "epoch,train_loss,dev_loss,dev_accuracy\n1,1.0,1.1,0.5\n2,0.5,0.6,0.8\n"
    Path("reports/learning-curves.csv").write_text(curves, encoding="utf-8")
    losses = "".join(f"{step},{1 / (1 + step):.9g}\n" for step in range(1000))
    Path("reports/losses.csv").write_text(f"step,loss\n{losses}", encoding="utf-8")


def made_up() -> None:
    """Replace the predictions by made-up ones, mostly right."""

    def predict(_: Any, inputs: Any, arrays: Any, target: Any, chunk: int, labels: Any) -> Any:
        import numpy as np

        labels = labels[: len(arrays["image"])]
        draw = np.random.default_rng(len(labels))
        logits = draw.standard_normal((len(labels), target.outputs), dtype=np.float32)
        logits[np.arange(len(labels)), labels] += SURE
        rows = np.exp(logits)
        return rows / rows.sum(axis=1, keepdims=True)

    determinism = module("core.determinism")
    choose = determinism.choose

    def chosen(*settings: Any) -> None:
        choose(*settings)
        # Only now, since the stage imports NumPy and torch.
        module("stages.evaluate").predict = predict

    determinism.choose = chosen


if __name__ == "__main__":
    main()
