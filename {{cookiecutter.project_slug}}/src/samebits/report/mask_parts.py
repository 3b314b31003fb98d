"""What the page says of masks: how good the pixels of each class are, and how many there are."""

from ..metrics.intervals import Figure, resample
from ..metrics.mask_predictions import MaskPredictions
from ..metrics.registry import OF_CLASS
from ..metrics.scores import rounded
from ..metrics.sums import Values
from .inputs import Inputs
from .markup import bar, name, section, share, table
from .parts import Parts
from .plots import Titles, histogram

IOU = "iou"


def mask_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples with a class for each pixel."""
    splits = {
        split: one for split, one in inputs.predictions.items() if isinstance(one, MaskPredictions)
    }
    classes, test = inputs.errors.answers.classes, splits["test"]
    raw = inputs.data["answers"]["pixels"]
    return Parts([_classes(test, classes), _errors(test)], _counts(splits, classes, raw))


def _classes(test: MaskPredictions, classes: list[str]) -> str:
    sample = test.sample
    metrics = {name: OF_CLASS[IOU](at) for at, name in enumerate(classes)}
    figures = resample(metrics, sample, seed=0).figures
    true, said, right = (sample.sums()[kind][0] for kind in ("true", "said", "right"))
    rows = [
        [name(label), *_row(figures[label], true[at], said[at], right[at], float(true.sum()))]
        for at, label in enumerate(classes)
    ]
    lead = (
        "<p>IoU, intersection over union: of the pixels that are of a class or were said to be, "
        "how many are both.</p>"
    )
    header = ["Class", "", "IoU", "Found of it", "Right of said", "Of all pixels", "Said"]
    caption = "Pixels of test by class, with 95 % intervals over the examples"
    return section("Classes of pixels on test", lead, table(caption, header, rows, kind="bars"))


def _row(figure: Figure, true: float, said: float, right: float, whole: float) -> list[str]:
    low, high = (rounded(end, 4) for end in figure.interval())
    return [
        bar(figure.value, (low, high), 1.0),
        f"{figure.value:.4f} <small>{low:.4f} to {high:.4f}</small>",
        share(int(right), int(true)),
        share(int(right), int(said)),
        *(share(int(one), int(whole)) for one in (true, said)),
    ]


def _errors(test: MaskPredictions) -> str:
    titles = Titles("Examples on test by the share of wrong pixels", "wrong pixels", "examples")
    drawn = histogram(titles, test.sample.errors)
    return section("Wrong pixels of the examples on test", f"<figure>\n{drawn}\n</figure>")


def _counts(splits: dict[str, MaskPredictions], classes: list[str], raw: list[int]) -> str:
    header = ["Class", "Raw", *(name(one.replace("_", "-")) for one in splits)]
    sums = [one.sample.sums()["true"][0] for one in splits.values()]
    known = [*raw, *[0] * (len(classes) - len(raw))]
    rows = [
        [name(label), share(known[at], sum(known)), *(_share(one, at) for one in sums)]
        for at, label in enumerate(classes)
    ]
    counts = (f"{len(one.examples):,}" for one in splits.values())
    rows.append(["Examples", "", *counts])
    return table("Pixels by class and data set", header, rows, marked=len(rows) - 1)


def _share(sums: Values, at: int) -> str:
    return share(int(sums[at]), int(sums.sum()))
