"""What to try if a model does not even fit its training set."""

from collections.abc import Iterator

from ..core.sections import Optimization, Regularization
from .evidence import strong
from .ideas import FOUR, SAME, DiagnosisSettings, Idea, run

TWO_LINKS = "moves two links: it ends the fit on train in order to narrow the gap to dev"


def bias(settings: DiagnosisSettings) -> Iterator[Idea]:
    """Yield ideas that help a model to fit its training set."""
    yield from _rates(settings.optimization)
    yield _optimizer(settings.optimization)
    yield Idea(
        "train longer",
        "the loss was still falling when training ended",
        "optimization",
        run(optimization__epochs=settings.optimization.epochs * 4),
        FOUR,
        ("short", "low rate"),
    )
    yield from _bigger(settings)
    yield from _less_regularization(settings.regularization)


def _rates(optimization: Optimization) -> Iterator[Idea]:
    rate, section = optimization.learning_rate, "optimization"
    yield Idea(
        "lower learning rate",
        "the steps are so large that they lead away from the minimum",
        section,
        run(optimization__learning_rate=max(rate / 10, 1e-12)),
        SAME,
        ("high rate",),
    )
    if not optimization.clip:
        yield Idea(
            "clip the gradient",
            "so that no single batch throws the weights off",
            section,
            run(optimization__clip=1.0),
            SAME,
            ("high rate",),
        )
    yield Idea(
        "higher learning rate",
        "the loss falls, but slowly from first to last",
        section,
        run(optimization__learning_rate=min(rate * 10, 1e6)),
        SAME,
        ("low rate",),
    )


def _bigger(settings: DiagnosisSettings) -> Iterator[Idea]:
    for key, to in settings.growth["bigger"].items():
        yield Idea(
            f"bigger network: {key}",
            "the loss has levelled off far from zero: the network cannot represent more",
            "model",
            run(**{f"model__{key}": to}),
            FOUR,
            ("small",),
        )
    for key, to in settings.growth["other"].items():
        yield Idea(
            f"other {key}",
            "some networks fit better with it",
            "model",
            run(**{f"model__{key}": to}),
            SAME,
        )


def _optimizer(now: Optimization) -> Idea:
    if now.optimizer == "sgd":
        changed = run(optimization__optimizer="adamw", optimization__learning_rate=0.003)
        words = "Adam instead of gradient descent"
    else:
        changed = run(optimization__optimizer="sgd", optimization__learning_rate=0.1)
        words = "gradient descent instead of Adam"
    return Idea(
        words,
        "it finds other weights; the learning rates of the two are not comparable",
        "optimization",
        changed,
        SAME,
    )


def _less_regularization(now: Regularization) -> Iterator[Idea]:
    for key in strong(now):
        yield Idea(
            f"less {key.replace('_', ' ')}",
            "this much of it keeps the network from fitting even what it sees",
            "regularization",
            run(**{f"regularization__{key}": getattr(now, key) / 10}),
            SAME,
            ("regularized",),
        )
    if now.early_stopping:
        yield Idea(
            "no early stopping",
            TWO_LINKS.replace("it ends", "it may have ended"),
            "regularization",
            run(regularization__early_stopping=0),
            SAME,
            ("regularized", "short"),
        )
