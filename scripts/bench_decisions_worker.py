"""Measure intervals and verdicts on made-up models; runs inside a built project.

    python bench_decisions_worker.py intervals|pairs SIMULATIONS
    python bench_decisions_worker.py seeds COUNT EPOCHS [EPOCHS ...]

Started by bench_decisions.py. Prints a line of JSON for each row of a table: its name and figures.

The logits of a made-up model are noise of deviation 1, with `clear` added for the true class; its
true scores are known from very many examples. `seeds` trains networks that differ only in the seed.
"""

import dataclasses
import importlib
import itertools
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev
from typing import Any

REQUEST, *NUMBERS = sys.argv[1:]


def module(name: str) -> Any:
    """Return a module of the engine."""
    return importlib.import_module(f"samebits.{name}")


read, sections = module("core.config").read, module("core.sections")
determinism = module("core.determinism")
reproducibility = read(sections.Reproducibility)
determinism.choose(reproducibility.level, reproducibility.threads)
# Only after the level is chosen.
np: Any = importlib.import_module("numpy")
intervals, comparison = module("metrics.intervals"), module("metrics.comparison")
scores, ClassSample = module("metrics.scores"), module("metrics.class_sample").ClassSample

REPLICATES = 300  # instead of 1,000: enough for a deviation, and there are many
MANY = 400_000  # examples that represent all possible ones
SHARPNESS = 1.2  # of the probabilities: overconfident
TOGETHER = 0.6  # deviation of the noise that a group shares
PLANTED = 2.8932, 3.1  # accuracy of 88.6 and 91.6 % with ten classes: three points apart
SEED_SETS, SEEDS_KNOWN = 20, 6


@dataclass(frozen=True)
class Situation:
    """Examples that a metric is measured on.

    `uneven` classes have sizes from 1 to 10; `together` examples make a group; class sizes are
    `fixed` or random; with `sliced` a third is harder and is measured alone.
    """

    name: str
    count: int
    classes: int
    clear: float
    uneven: bool = False
    together: int = 1
    fixed: bool = True
    sliced: bool = False


SITUATIONS = (
    Situation("100, 2 classes", 100, 2, 1.8),
    Situation("300, 2 classes, 10 : 1", 300, 2, 1.8, uneven=True),
    Situation("1,000, 2 classes", 1000, 2, 1.8),
    Situation("100, 10 classes", 100, 10, 3.0),
    Situation("300, 10 classes", 300, 10, 3.0),
    Situation("1,000, 10 classes", 1000, 10, 3.0),
    Situation("1,000, 10 classes, 10 : 1", 1000, 10, 3.0, uneven=True),
    Situation("1,000, 10 classes as they come", 1000, 10, 3.0, uneven=True, fixed=False),
    Situation("1,000, 10 classes, 99.7 % right", 1000, 10, 4.8),
    Situation("1,000 in groups of 5", 1000, 10, 3.0, together=5),
    Situation("a slice of a third of 1,000", 1000, 10, 3.0, sliced=True),
)


def main() -> None:
    """Print the requested rows."""
    intervals.REPLICATES = REPLICATES
    if REQUEST == "intervals":
        for situation in SITUATIONS:
            show(situation.name, covered(situation, int(NUMBERS[0])))
    elif REQUEST == "pairs":
        for clear, again in (PLANTED, (PLANTED[1], PLANTED[1])):
            for shared in (0.0, 0.5, 0.8, 0.9):
                verdicts(clear, again, shared, int(NUMBERS[0]))
    else:
        for epochs in NUMBERS[1:]:
            seeds(int(NUMBERS[0]), int(epochs))


def show(name: str, figures: dict[str, float]) -> None:
    """Print a row as soon as it is known."""
    print(json.dumps([name, figures]), flush=True)


def metrics(names: list[str]) -> dict[str, Any]:
    """Return all metrics, and those of the first class, the smallest."""
    single = {name: scores.find(f"{name}[{names[0]}]", names) for name in scores.OF_CLASS}
    of_class = {name: metric for name, metric in single.items() if "class" in metric.targets}
    return {**scores.metrics_of("class"), **of_class}


def covered(situation: Situation, simulations: int) -> dict[str, float]:
    """Return the share of intervals that contain the true value, for each metric."""
    wanted = metrics([f"c{number}" for number in range(situation.classes)])
    draw = np.random.default_rng(0)
    everything = examples(draw, dataclasses.replace(situation, count=MANY))
    truth = {name: scores.value(metric, everything) for name, metric in wanted.items()}
    hits = dict.fromkeys(wanted, 0)
    for seed in range(simulations):
        resampled = intervals.resample(wanted, examples(draw, situation), seed)
        for name, figure in resampled.figures.items():
            hits[name] += figure.low <= truth[name] <= figure.high
    return {name: count / simulations for name, count in hits.items()}


def examples(draw: Any, situation: Situation) -> Any:
    """Return a sample of a situation."""
    labels = classes_of(draw, situation)
    count = len(labels)
    groups = np.arange(count) // situation.together
    noise = draw.standard_normal((count, situation.classes))
    if situation.together > 1:
        shared = draw.standard_normal((groups[-1] + 1, situation.classes))[groups]
        noise = np.sqrt(1 - TOGETHER**2) * noise + TOGETHER * shared
    hard = draw.random(count) < 1 / 3
    clear = situation.clear - (0.8 * hard if situation.sliced else 0)
    sample = scored(labels, noise, clear, groups)
    return sample.part(hard) if situation.sliced else sample


def classes_of(draw: Any, situation: Situation) -> Any:
    """Return the classes of the examples; those of a group may differ."""
    weights = np.linspace(1, 10 if situation.uneven else 1, situation.classes)
    shares = weights / weights.sum()
    if not situation.fixed:
        return draw.choice(situation.classes, situation.count, p=shares)
    ends = np.rint(np.cumsum(shares) * situation.count).astype(np.int64)
    labels = np.searchsorted(ends, np.arange(situation.count), side="right")
    # Groups contain examples of several classes.
    return np.random.default_rng(0).permutation(labels) if situation.together > 1 else labels


def scored(labels: Any, noise: Any, clear: Any, groups: Any) -> Any:
    """Return the sample of a model whose logits are noise, plus `clear` for the true class."""
    logits = noise.copy()
    logits[np.arange(len(labels)), labels] += clear
    rows = np.exp(SHARPNESS * (logits - logits.max(axis=1, keepdims=True)))
    rows = (rows / rows.sum(axis=1, keepdims=True)).round(6)
    return ClassSample(labels, rows.argmax(axis=1), rows, groups)


def verdicts(clear: float, again: float, shared: float, simulations: int) -> None:
    """Show how often two models are told apart by 1,000 test examples, and intervals are right.

    `shared` is the part of the noise that both have, so that the same examples are hard for both.
    """
    draw = np.random.default_rng(0)

    def pair(count: int) -> list[Any]:
        labels = np.arange(count) % 10
        common, *own = draw.standard_normal((3, count, 10))
        mixed = (np.sqrt(shared) * common + np.sqrt(1 - shared) * noise for noise in own)
        return [
            scored(labels, noise, margin, np.arange(count))
            for noise, margin in zip(mixed, (clear, again), strict=True)
        ]

    names = ("accuracy", "macro_f1", "log_loss")
    everything = pair(MANY)
    right = [sample.answers == sample.labels for sample in everything]
    figures = {
        "correlation": float(np.corrcoef(*right)[0, 1]),
        "points": 100 * float(right[1].mean() - right[0].mean()),
    }
    pairs = [pair(1000) for _ in range(simulations)]
    for name in names:
        metric = scores.METRICS[name]
        truth = scores.value(metric, everything[1]) - scores.value(metric, everything[0])
        judged = [apart(metric, samples, seed).judged() for seed, samples in enumerate(pairs)]
        figures[f"{name}: better"] = sum(verdict.gain == 1 for verdict in judged) / simulations
        figures[f"{name}: worse"] = sum(verdict.gain == -1 for verdict in judged) / simulations
        expected = truth if clear != again else 0
        covered = sum(verdict.low <= expected <= verdict.high for verdict in judged)
        figures[f"{name}: covered"] = covered / simulations
    show(f"{shared:.2f} of the noise shared", figures)


def apart(metric: Any, pair: list[Any], seed: int) -> Any:
    """Return how far apart two models are on the same examples."""
    resampled = (intervals.resample({"": metric}, sample, seed) for sample in pair)
    return comparison.paired(metric, *resampled)


def seeds(count: int, epochs: int) -> None:
    """Show how often two networks that differ only in their seeds are called different."""
    samples = trained(count, epochs)
    pairs = list(itertools.combinations(range(count), 2))
    draw = np.random.default_rng(0)
    for name in ("macro_f1", "accuracy", "log_loss"):
        metric = scores.METRICS[name]
        values = [scores.value(metric, sample) for sample in samples]
        alone = known = 0.0
        for a, b in pairs:
            difference = apart(metric, [samples[a], samples[b]], 0)
            alone += difference.judged().gain != 0
            for _ in range(SEED_SETS):
                # As `samebits exp seeds 5` commits for A; B comes later.
                others = draw.permutation([seed for seed in range(count) if seed not in (a, b)])
                several = [values[seed] for seed in (a, *others[: SEEDS_KNOWN - 1])]
                spread = comparison.Spread(stdev(several), SEEDS_KNOWN)
                known += (difference.judged(spreads=[spread]).gain != 0) / SEED_SETS
        figures = {
            "pairs": len(pairs),
            "lowest": min(values),
            "highest": max(values),
            "two models": alone / len(pairs),
            "6 seeds known": known / len(pairs),
        }
        show(f"{epochs} epochs, {name}", figures)


def trained(count: int, epochs: int) -> list[Any]:
    """Train `count` networks and return the sample of test examples of each."""
    torch: Any = importlib.import_module("torch")
    given = reproducibility
    module("core.kernels").configure(given.level, given.threads, given.device)
    loop, built = module("training.loop"), module("training.network").built
    key, predict = module("core.random").key, module("training.predict").predict
    yours = module("core.yours").Yours(["model", "training"])
    recipe = module("training.recipe").Recipe.of(yours.model, yours.training)
    folders = (Path("data/prepared") / name for name in ("train", "dev", "test"))
    training, dev, test = map(module("data.loader").Split.open, folders)
    inputs, target = yours.model.inputs, module("training.target_base").target_of(training)
    regularization = read(sections.Regularization)
    optimization = dataclasses.replace(read(sections.Optimization), epochs=epochs)
    never = {"checkpoint_every": 10**9, "checkpoint_seconds": 10**9}
    runtime = dataclasses.replace(read(sections.Runtime), **never)
    samples = []
    for seed in range(count):
        torch.manual_seed(key(seed, "initialisation"))
        own = dataclasses.replace(given, seed=seed)
        network = built(yours.model, training, regularization.dropout, own)
        settings = loop.Settings(optimization, regularization, own, runtime)
        with tempfile.TemporaryDirectory() as folder:
            loop.train(network, training, dev, settings, recipe, {}, Path(folder))
        rows = predict(network, inputs, test.arrays, target, own.chunk)
        rows = rows.astype(np.float64).round(6)
        labels = np.asarray(test.labels)
        samples.append(ClassSample(labels, rows.argmax(axis=1), rows, np.arange(len(labels))))
    return samples


if __name__ == "__main__":
    main()
