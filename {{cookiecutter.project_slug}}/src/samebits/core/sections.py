"""The engine's sections of params.yaml: one for each effect that a knob can have.

A key with a default may be left out there, as most projects do, so its comment is here. The
comments of all others are in params.yaml alone.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from .key_kinds import choice, names, number, pattern, texts

# A figure, perhaps of one class or in one slice, and what it must reach.
CONSTRAINT = re.compile(
    r"(?P<figure>[a-z]\w*(?:\[.+\])?)(?:@(?P<slice>.+?))?\s*(?P<sign><=|>=)\s*"
    r"(?P<bound>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
)
MOST_CLASSES = 256  # of a pixel, whose value is one byte
COLUMN = re.compile(r"[^\x00-\x1f]*")  # the name of a column, or empty
SLICE = re.compile(
    r"class|path (?P<pattern>\S.*)|(?P<of>[a-z]\w*) "
    r"(?:in (?P<parts>[2-9]|[1-9]\d) parts|at (?P<bounds>\d+(?:\.\d+)?(?:, ?\d+(?:\.\d+)?)*))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is learnt: where examples and their answers are, and what an answer is."""

    reader: str = choice("folders", "labels", "lines", "pairs")
    answer: str = texts(COLUMN, "species")
    time: str = texts(COLUMN, "taken")
    group_by: str = texts(COLUMN, "patient")
    target: str = choice("class", "classes", "number", "mask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What there is to learn from."""

    layout: str = choice("files", "tar")
    train_dev_fraction: float = number(0.01, 0.49)
    dev_fraction: float = number(0.01, 0.49)
    test_fraction: float = number(0.01, 0.49)
    train_fraction: float = number(1e-6, 1)
    train_on: str = pattern(regular=False)
    evaluate_on: str = pattern(regular=False)
    group: str = pattern(regular=True)
    classes: tuple[str, ...] = names()
    # bits in use in 16-bit grey images; 12 if a 12-bit camera wrote them
    bits: int = number(8, 16, default=16)
    # larger images are refused; a decoding process takes up to 28 MB for each megapixel
    megapixels: float = number(0.001, 10_000, default=64.0)
    least_examples: int = number(1)
    # warn if a class has more than this many times as many examples as another
    imbalance: float = number(1, default=10.0)
    # warn of a width or height more than this many times the median, or less than that part of it
    odd_size: float = number(1, default=4.0)
    # warn of a colour mode that less than this share of the images has
    odd_mode: float = number(0, 1, default=0.01)
    # warn of two images whose pixels differ by less than this share; 0 is off
    near_duplicate: float = number(0, 1, default=0.02)
    # warn if this share of the examples has moved since the last release: brighter, longer, ...
    drift: float = number(0, 1, default=0.1)
    # warn of a label if a model is at least this sure of another one
    label_error: float = number(0, 1, default=0.9)
    # the most examples whose answers a model checks; 0 checks none
    label_error_examples: int = number(0, default=50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimization:
    """Fit on the training set: how the weights are found."""

    optimizer: str = choice("sgd", "adam", "adamw")
    learning_rate: float = number(1e-12, 1e6)
    batch_size: int = number(1)
    epochs: int = number(1)
    warmup: float = number(0, 0.99)
    balance: float = number(0, 1)
    class_weights: float = number(0, 1)
    clip: float = number(0, 1e6)
    # average the weights over steps; each keeps this share of the average, such as 0.999; 0 is off
    ema: float = number(0, 0.999999, default=0.0)
    # of products and convolutions in training; weights, losses and predictions stay float32
    precision: str = choice("float32", "bfloat16", default="float32")
    # weights whose names match keep their first values, such as '^(stem|blocks)'; a BatchNorm
    # whose weights are all frozen keeps its statistics; '' freezes none
    freeze: str = pattern(regular=True, default="")
    # learning rate of each layer as a share of the next layer's; the last layer has all; 1 is off
    layer_decay: float = number(0.01, 1, default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularization:
    """The gap between training and dev; `early_stopping` moves the fit on training as well."""

    dropout: float = number(0, 0.99)
    weight_decay: float = number(0, 1e6)
    label_smoothing: float = number(0, 0.99)
    early_stopping: int = number(0)
    # keep the weights of the epoch with the lowest dev loss, not those of the last
    best_epoch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What counts as good."""

    metric: str = texts(re.compile(r"[a-z]\w*"), "macro_f1")
    constraints: tuple[str, ...] = texts(CONSTRAINT, "recall[cat] >= 0.9")
    slices: tuple[str, ...] = texts(SLICE, "brightness in 3 parts")
    target_error: float = number(0)  # a share, at most 1, for classes and masks
    # a smaller slice is shown, but cannot count as the worst
    slice_examples: int = number(1, default=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducibility:
    """What makes two runs equal."""

    seed: int = number(0, 2**63 - 1)
    level: str = choice("portable", "machine", "off")
    device: str = choice("cpu", "cuda", "mps")
    threads: int = number(1, 4096)
    shards: int = choice(*(2**power for power in range(11)))
    chunk: int = number(1, 4096)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """How fast it goes; no value here can change a result."""

    processes: int = number(1, 1024)
    workers: int = number(0, 1024)
    stream: bool
    # batches that each worker prefetches
    prefetch: int = number(1, 1024, default=2)
    # what draws the curves of trainings, on this machine, as docs/experiments.md says
    tracker: str = choice("none", "tensorboard", "mlflow", "wandb", default="none")
    # steps between two looks at the loss: for the tracker, and to stop where it is not finite
    log_every: int = number(1, default=10)
    # steps between two checkpoints, at most
    checkpoint_every: int = number(1, default=200)
    # seconds between two checkpoints, at most, if steps take long
    checkpoint_seconds: int = number(1, default=60)


CLASSED = ("class", "classes")  # targets with classes
# Keys that a target does not use: (section, key) → the value that does nothing; and why.
_BALANCE = {("optimization", "balance"): 0}
_CLASSES = {
    ("data", "classes"): [],
    **_BALANCE,
    ("optimization", "class_weights"): 0,
    ("regularization", "label_smoothing"): 0,
}
WITHOUT: Mapping[str, tuple[str, Mapping[tuple[str, str], Any]]] = {
    "number": ("answers have no classes", _CLASSES),
    "mask": ("an example has no class of its own", _BALANCE),
}
# Keys of `data` that do nothing without images, and those that do nothing for a target.
OF_IMAGES = ("bits", "megapixels", "odd_size", "odd_mode", "near_duplicate")
UNUSED_FOR: Mapping[str, Sequence[str]] = {
    "number": ("imbalance", "label_error"),
    "mask": ("imbalance",),
}
NO_IMAGES = (
    "data.py neither imports samebits.data.image or samebits.data.mask nor writes out the field of "
    'an image, Field("uint8", (channels, height, width))'
)
# What an error is a share of.
SHARES = {"class": "the examples", "classes": "the answers", "mask": "the pixels"}


def unused(target: object, *, images: bool) -> Mapping[str, str]:
    """Return the keys of section `data` that a project must not have, and why they do nothing.

    Args:
        target: of section `task`.
        images: whether the project learns from images.
    """
    idle = {} if images else dict.fromkeys(OF_IMAGES, NO_IMAGES)
    if isinstance(target, str) and target in UNUSED_FOR:
        why = f"{WITHOUT[target][0]} where task.target is {target}"
        idle |= dict.fromkeys(UNUSED_FOR[target], why)
    return idle


def unknown_fact(kind: str, facts: Collection[str]) -> str:
    """Return what is wrong with a slice that names a number that examples lack; "" if nothing.

    Args:
        kind: as `evaluation.slices` has it.
        facts: the names of the numbers that examples have.
    """
    read = SLICE.fullmatch(kind)
    name = read["of"] if read else None
    if name is None or name in facts or (name == "size" and {"width", "height"} <= {*facts}):
        return ""
    known = ", ".join(facts) or "none"
    return f"slice `{kind}`: `decode` in data.py returns no fact {name}; the facts are: {known}."


def contradictions(content: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each value in `content` that the target in section `task` rules out."""
    task, evaluation = content.get("task", {}), content.get("evaluation", {})
    target = task.get("target", "class")
    if target in SHARES and evaluation.get("target_error", 0) > 1:
        yield (
            f"'evaluation.target_error' is {evaluation['target_error']}, but it is a share of "
            f"{SHARES[target]}, so at most 1."
        )
    optimization = content.get("optimization", {})
    if optimization.get("balance", 0) and optimization.get("class_weights", 0):
        yield (
            "'optimization.balance' and 'optimization.class_weights' are both set, so rare classes "
            "would be favoured twice; set one of them to 0."
        )
    if target == "mask" or task.get("reader") == "pairs":
        yield from _masks(task, content.get("data", {}))
    why, without = WITHOUT.get(target, ("", {}))
    for (section, key), nothing in without.items():
        value = content.get(section, {}).get(key, nothing)
        if value != nothing:
            yield (
                f"'{section}.{key}' is {value}, but {why} where task.target is {target}; set it to "
                f"{nothing}."
            )
    if why and "class" in evaluation.get("slices", ()):
        yield (
            f"'evaluation.slices' has 'class', but {why} where task.target is {target}; remove it."
        )


def _masks(task: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps masks from being read."""
    known = {"reader": "pairs", "target": "mask"}
    for (key, wanted), (other, value) in permutations(known.items()):
        if task.get(key) != wanted and task.get(other) == value:
            yield (
                f"'task.{key}' is {task.get(key)}, but task.{other} is {value}, and masks belong "
                f"to images; set it to {wanted}."
            )
    if task.get("target") == "mask" and not 2 <= len(data.get("classes", ())) <= MOST_CLASSES:
        yield (
            f"'data.classes' has {len(data.get('classes', ()))} names, but where task.target is "
            "mask it names the classes of the pixels, 2 to 256, in the order of their values, such "
            "as [background, stroke]."
        )
