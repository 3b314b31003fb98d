"""What to try if a model does not even fit its training set."""

from collections.abc import Iterator

from ..core.sections import Optimization, Regularization
from .evidence import strong
from .ideas import FOUR, DiagnosisSettings, Idea, change

TWO_LINKS = "moves two links: it ends the fit on train in order to narrow the gap to dev"


def bias(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas that help a model to fit its training set."""
    yield from _rates(settings.optimization)
    yield _optimizer(settings.optimization)
    yield change(
        "train longer",
        "the loss was still falling when training ended",
        FOUR,
        fits=("short", "low rate"),
        optimization__epochs=settings.optimization.epochs * 4,
    )
    yield from _bigger(settings)
    yield from _less_regularization(settings.regularization)


def _rates(optimization: Optimization) -> Iterator[Idea]:
    rate = optimization.learning_rate
    yield change(
        "lower learning rate",
        "the steps are so large that they lead away from the minimum",
        fits=("high rate",),
        optimization__learning_rate=max(rate / 10, 1e-12),
    )
    if not optimization.clip:
        yield change(
            "clip the gradient",
            "so that no single batch throws the weights off",
            fits=("high rate",),
            optimization__clip=1.0,
        )
    yield change(
        "higher learning rate",
        "the loss falls, but slowly from first to last",
        fits=("low rate",),
        optimization__learning_rate=min(rate * 10, 1e6),
    )


def _bigger(settings: DiagnosisSettings) -> Iterator[Idea]:
    for key, to in settings.growth["bigger"].items():
        yield change(
            f"bigger network: {key}",
            "the loss has levelled off far from zero: the network cannot represent more",
            FOUR,
            fits=("small",),
            **{f"model__{key}": to},
        )
    for key, to in settings.growth["other"].items():
        yield change(
            f"other {key}",
            "some networks fit better with it",
            **{f"model__{key}": to},
        )


def _optimizer(now: Optimization) -> Idea:
    if now.optimizer == "sgd":
        words, optimizer, rate = "Adam instead of gradient descent", "adamw", 0.003
    else:
        words, optimizer, rate = "gradient descent instead of Adam", "sgd", 0.1
    return change(
        words,
        "it finds other weights; the learning rates of the two are not comparable",
        optimization__optimizer=optimizer,
        optimization__learning_rate=rate,
    )


def _less_regularization(now: Regularization) -> Iterator[Idea]:
    for key in strong(now):
        yield change(
            f"less {key.replace('_', ' ')}",
            "this much of it keeps the network from fitting even what it sees",
            fits=("regularized",),
            **{f"regularization__{key}": getattr(now, key) / 10},
        )
    if now.early_stopping:
        yield change(
            "no early stopping",
            TWO_LINKS.replace("it ends", "it may have ended"),
            fits=("regularized", "short"),
            regularization__early_stopping=0,
        )
