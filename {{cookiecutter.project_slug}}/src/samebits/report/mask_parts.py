"""The page on masks: how good the pixels of each class are, and how many there are."""

from markupsafe import Markup

from ..metrics.intervals import resample
from ..metrics.mask_predictions import MaskPredictions
from ..metrics.registry import OF_CLASS
from ..metrics.scores import rounded
from .formats import share, thousands
from .inputs import Inputs
from .markup import render
from .number_plots import PlotTitles, histogram
from .parts import Parts, counts_table, splits_of

IOU = "iou"
TITLES = PlotTitles("Examples on test by the share of wrong pixels", "wrong pixels", "examples")


def mask_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples with a class for each pixel."""
    splits = splits_of(inputs, MaskPredictions)
    classes, test = inputs.errors.answers.classes, splits["test"]
    sections = render(
        "masks.html", rows=_classes(test, classes), plot=histogram(TITLES, test.sample.errors)
    )
    return Parts([sections], _counts(splits, classes, inputs.data["answers"]["pixels"]))


def _classes(test: MaskPredictions, classes: list[str]) -> list[dict[str, object]]:
    metrics = {label: OF_CLASS[IOU](at) for at, label in enumerate(classes)}
    figures = resample(metrics, test.sample, seed=0).figures
    true, said, right = (test.sample.sums()[kind][0] for kind in ("true", "said", "right"))
    whole = int(true.sum())
    return [
        {
            "label": label,
            "iou": figures[label].value,
            "ends": tuple(rounded(end, 4) for end in figures[label].interval()),
            "shares": [
                share(int(right[at]), int(true[at])),
                share(int(right[at]), int(said[at])),
                share(int(true[at]), whole),
                share(int(said[at]), whole),
            ],
        }
        for at, label in enumerate(classes)
    ]


def _counts(splits: dict[str, MaskPredictions], classes: list[str], raw: list[int]) -> Markup:
    sums = [split.sample.sums()["true"][0].tolist() for split in splits.values()]
    known = [*raw, *[0] * (len(classes) - len(raw))]
    rows = [
        [label, *(share(int(pixels[at]), int(sum(pixels))) for pixels in (known, *sums))]
        for at, label in enumerate(classes)
    ]
    rows.append(["Examples", "", *(thousands(len(split.examples)) for split in splits.values())])
    return counts_table("Pixels by class and data set", ["Class", "Raw", *splits], rows)
