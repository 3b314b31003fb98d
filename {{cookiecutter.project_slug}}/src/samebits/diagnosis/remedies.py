"""What to try next for each link of the chain, computed from the current values."""

from collections.abc import Iterator
from typing import Any

from ..core.config import sections
from .bias_remedies import TWO_LINKS, bias
from .ideas import HAND, QUICK, SAME, DiagnosisSettings, Idea, change, run

ADDED = "dvc add data/raw && dvc repro"
LEAST_DEV = 0.01  # as sections.py has it
MOST_DROPOUT, MOST_SMOOTHING = 0.8, 0.9  # beyond these, hardly anything is left to learn from


def ideas(link: str, cause: str | None, settings: DiagnosisSettings) -> list[Idea]:
    """Return what to try for a link: first what fits the cause, then the rest, each by cost.

    Args:
        link: its name, as in `gaps.LINKS`.
        cause: from `evidence.cause`, "labels", or None.
        settings: the current values.
    """
    offered = [*(labels(settings) if cause == "labels" else ()), *OF_LINK[link](settings)]
    # Both lists may have label smoothing; keep the first.
    named = {idea.idea: idea for idea in reversed(offered)}
    fitting = [idea for idea in reversed(named.values()) if not idea.fits or cause in idea.fits]
    return sorted(fitting, key=lambda idea: (cause not in idea.fits, idea.effort))


def variance(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas that help a model to do as well on examples that it has not seen."""
    now = settings.regularization
    if settings.data.train_fraction < 1:
        yield change(
            "learn from all examples",
            "data.train_fraction leaves some of them out",
            data__train_fraction=1.0,
        )
    yield change(
        "L2",
        "smaller weights follow individual examples less closely",
        regularization__weight_decay=min(max(now.weight_decay * 10, 0.01), 1e6),
    )
    if now.dropout < MOST_DROPOUT:
        more = min(now.dropout + 0.2, MOST_DROPOUT)
        yield change(
            "dropout",
            "the network cannot rely on any single feature",
            regularization__dropout=0.3 if now.dropout < 0.3 else more,
        )
    yield from _augmentation(settings, "augmentation", "altered copies act as extra examples")
    yield from _milder(settings)
    for key, to in settings.growth["smaller"].items():
        yield change(
            f"smaller network: {key}",
            "it has less room to memorise examples, but may fit train less well",
            **{f"model__{key}": to},
        )
    yield Idea(
        "more data",
        "the surest remedy, and the most expensive: `samebits exp curve` says what it would give",
        "data",
        "samebits exp curve",
        HAND,
    )


def _milder(settings: DiagnosisSettings) -> Iterator[Idea]:
    now = settings.regularization
    for key, value in settings.augmentation.items():
        if value is False:
            turned_on: dict[str, Any] = {f"augmentation__{key}": True}
            yield change(
                f"augmentation: {key}",
                "if it does not change the answer, it makes new examples from those you have",
                **turned_on,
            )
    if now.label_smoothing < 0.1 and settings.errors.smooths:
        yield change(
            "label smoothing",
            "no single label is trusted completely",
            regularization__label_smoothing=0.1,
        )
    if not now.early_stopping:
        yield change(
            "early stopping",
            TWO_LINKS,
            regularization__early_stopping=5,
        )


def _augmentation(settings: DiagnosisSettings, name: str, why: str) -> Iterator[Idea]:
    """Increase every augmentation in use by half; those at 0 have no scale to go by."""
    known = sections()["augmentation"]
    wider = {
        key: min(value * 1.5, known[key].rules.get("high", value * 1.5))
        for key, value in settings.augmentation.items()
        if isinstance(value, float) and value > 0
    }
    changed = {key: to for key, to in wider.items() if to > settings.augmentation[key]}
    if changed:
        values: dict[str, Any] = {f"augmentation__{key}": to for key, to in changed.items()}
        yield change(
            name,
            why,
            **values,
        )


def mismatch(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas that help a model on examples from another source than those it learned from."""
    data = settings.data
    if data.train_on:
        yield Idea(
            "learn from every source",
            "data.train_on keeps out examples that look like the target's, or might",
            "data",
            "dvc exp run -S 'data.train_on=\"\"'",
            SAME,
        )
    if data.dev_fraction >= 2 * LEAST_DEV:
        yield change(
            "learn from some of the target's examples",
            "half of the dev examples, which look like the target's, move to train",
            data__dev_fraction=data.dev_fraction / 2,
        )
    yield from _augmentation(
        settings,
        "more varied augmentation",
        "augmentation may add the variety of the target's examples that train lacks",
    )
    yield Idea(
        "train on examples like the target's",
        "collect some, or make the others look like them, and add them to data/raw",
        "data",
        ADDED,
        HAND,
    )


def dev(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas against a dev set that is too old, or used so often that its score flatters."""
    data = settings.data
    if settings.timed:
        yield Idea(
            "newer examples",
            "data changes over time, so a model ages: add the latest examples and train again",
            "data",
            ADDED,
            HAND,
        )
        return
    most = min(data.dev_fraction * 2, 0.49, 0.99 - data.test_fraction)
    room = most > data.dev_fraction
    yield Idea(
        "bigger dev set",
        "chance has less say in which idea looks best on it; "
        + ("test stays as it is" if room else "add more examples to data/raw"),
        "data",
        run(data__dev_fraction=most) if room else ADDED,
        SAME if room else HAND,
    )
    if not settings.regularization.early_stopping:
        return
    yield change(
        "no early stopping",
        "it chooses the epoch that does best on dev; it " + TWO_LINKS,
        regularization__early_stopping=0,
    )


def real_world(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas for when a good result on test does not mean a good one in use."""
    first, second = settings.errors.metrics
    other = first if settings.evaluation.metric != first else second
    yield change(
        "other metric",
        "ask whether the metric that decides measures what matters in use",
        QUICK,
        evaluation__metric=other,
    )
    yield Idea(
        "other dev set",
        "add the examples from use to data/raw, and name them in data.evaluate_on",
        "data",
        "dvc exp run -S 'data.evaluate_on=\"*/use-*\"'",
        HAND,
    )


def labels(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas for when many labels are wrong."""
    smoothing = max(settings.regularization.label_smoothing * 2, 0.1)
    yield Idea(
        "correct labels",
        "`validate` doubts them, and without those examples the error is much lower; the report "
        f"shows them: {settings.errors.words.corrected}",
        "data",
        "dvc repro",
        HAND,
        ("labels",),
    )
    if settings.regularization.label_smoothing < MOST_SMOOTHING and settings.errors.smooths:
        yield change(
            "label smoothing",
            "until they are corrected, no single label should be trusted completely",
            regularization__label_smoothing=min(smoothing, MOST_SMOOTHING),
        )


def target_met(settings: DiagnosisSettings) -> list[Idea]:
    """Return what to try when the target is met."""
    tighter = change(
        "tighter target",
        "if a lower error is possible and worth it",
        QUICK,
        evaluation__target_error=settings.evaluation.target_error / 2,
    )
    return [
        *([tighter] if settings.evaluation.target_error else []),
        Idea(
            "examples from use",
            "only these can show whether it does as well in the real world",
            "evaluation",
            "make diagnose REAL=<folder>",
            HAND,
        ),
    ]


def more_examples(settings: DiagnosisSettings) -> list[Idea]:
    """Return what to try when the examples are too few to tell."""
    return [*dev(settings)][:1]


OF_LINK = {
    "bias": bias,
    "variance": variance,
    "mismatch": mismatch,
    "dev": dev,
    "real world": real_world,
}
