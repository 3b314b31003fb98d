"""Where in the chain the error sits, why, and what to try next: reports/diagnosis.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..metrics.predictions import Predictions
from ..metrics.proportions import Measured
from ..metrics.scores import rounded
from .evidence import Training, cause, training
from .gaps import TARGET, Gap, gaps, largest, split_errors, target, together
from .ideas import Idea, Settings
from .remedies import ideas, more_examples, target_met

MOST_IDEAS = 9
# Of what is above the target so much must be gone without the pictures whose labels are in doubt,
# and so many mistakes: validate doubts only the plainest, so there are more that are wrong.
LABELS, DOUBTED = 0.2, 5
SECTIONS = {
    "high rate": "optimization",
    "low rate": "optimization",
    "short": "optimization",
    "regularized": "regularization",
    "small": "model",
    "labels": "data",
}
CAUSES = {
    "high rate": "the loss rose before it fell, so the learning rate is too high",
    "low rate": "the loss fell slowly from first to last, so the learning rate is too low",
    "short": "the loss was still falling at the end, so training was too short",
    "regularized": "so much regularization keeps the network from fitting what it sees",
    "small": "the loss came to rest far from zero, so the network is too small",
    "labels": "a good part of it is pictures whose labels validate doubts, so many may be wrong",
}


@dataclass(frozen=True)
class Inputs:
    """What a diagnosis is made from.

    `metrics` and `data` are the JSON files of that name, `losses` those of each step, `epochs` how
    many there were.
    """

    metrics: Mapping[str, Any]
    data: Mapping[str, Any]
    predictions: Mapping[str, Predictions]
    losses: Sequence[float]
    epochs: int


def diagnose(inputs: Inputs, settings: Settings, real: Measured | None = None) -> dict[str, Any]:
    """Return the content of reports/diagnosis.json.

    Args:
        inputs: what the stages before have left.
        settings: sections of params.yaml.
        real: the error on pictures from the real world, where there are some.

    Raises:
        UserError: a data set of the chain is missing.
    """
    chain = [target(settings.evaluation.target_error), *split_errors(inputs.metrics)]
    chain += [real] if real else []
    apart = bool(settings.data.evaluate_on or settings.data.train_on)
    found = gaps(chain, inputs.predictions, apart=apart)
    smoothing = settings.regularization.label_smoothing
    classes = inputs.predictions["test"].probabilities.shape[1]
    went = training(inputs.losses, classes, settings.optimization, smoothing)
    main = largest(found)
    if _met(chain):
        said = _said("target met", None, None, _met_sentence(chain), target_met(settings))
    elif main is None:
        said = _said("cannot tell", None, None, _unsure_sentence(chain), more_examples(settings))
    else:
        why = _cause(main, inputs, settings, went)
        section = SECTIONS.get(why or "", main.link.section)
        sentence = _gap_sentence(main, why, section)
        said = _said("gap", main, section, sentence, ideas(main.link.name, why, settings))
        said["cause"] = why
    return said | {
        "chain": [one.record() for one in chain],
        "gaps": [gap.record() for gap in found],
        "training": went.record(),
    }


def _met(chain: Sequence[Measured]) -> bool:
    """Whether the end of the chain is within the target, and dev does not surely miss it."""
    known = {one.name: one for one in chain}
    least = known[TARGET].error
    return all(one.error <= least for one in chain[4:]) and known["dev"].low <= least


def _cause(gap: Gap, inputs: Inputs, settings: Settings, went: Training) -> str | None:
    if gap.link.name in ("bias", "variance") and _mislabelled(inputs, settings):
        return "labels"
    if gap.link.name == "bias":
        return cause(went, inputs.epochs, settings.optimization, settings.regularization)
    return None


def _mislabelled(inputs: Inputs, settings: Settings) -> bool:
    """Whether most of the error above the target is on pictures whose labels are in doubt."""
    doubted = frozenset(
        md5
        for one in inputs.data["findings"]
        if one["rule"] == "label-error" and not one["accepted"]
        for md5 in one["md5"]
    )
    unseen = ("train_dev", "dev", "test")
    allowed = settings.evaluation.target_error
    every = together(inputs.predictions, unseen)
    others = together(inputs.predictions, unseen, without=doubted)
    mistakes = round(every.error * every.examples) - round(others.error * others.examples)
    gone = rounded(every.error - others.error)
    return mistakes >= DOUBTED and gone >= rounded(LABELS * (every.error - allowed))


def _said(
    state: str, gap: Gap | None, section: str | None, sentence: str, found: Sequence[Idea]
) -> dict[str, Any]:
    return {
        "state": state,
        "link": gap.link.name if gap else None,
        "section": section,
        "cause": None,
        "sentence": sentence,
        "ideas": [one.record() for one in found[:MOST_IDEAS]],
    }


def _gap_sentence(gap: Gap, why: str | None, section: str) -> str:
    start = "the target allows" if gap.start.name == TARGET else f"on {_name(gap.start)}"
    low, high = 100 * gap.low, 100 * gap.high
    lead = (
        f"The largest gap is {gap.link.title}: a wrong class goes to {_percent(gap.end.error)} of "
        f"the pictures on {_name(gap.end)}, {100 * gap.value:.1f} points more than {start} "
        f"(95 % interval {low:.1f} to {high:.1f})"
    )
    because = f"; {CAUSES[why]}" if why else ""
    return f"{lead}{because}. What moves it stands in section `{section}` of params.yaml."


def _met_sentence(chain: Sequence[Measured]) -> str:
    end, least = chain[-1], chain[0].error
    sure = (
        "the examples leave no doubt"
        if end.high <= least
        else f"though {end.examples:,} pictures leave open up to {_percent(end.high)}"
    )
    return (
        f"The target is met: {_percent(end.error)} of the pictures get a wrong class on "
        f"{_name(end)}, and {_percent(least)} are allowed; {sure}."
    )


def _unsure_sentence(chain: Sequence[Measured]) -> str:
    end = chain[-1]
    return (
        f"Cannot tell where the error is: {_percent(end.error)} of the pictures get a wrong class "
        f"on {_name(end)}, and {_percent(chain[0].error)} are allowed, but every gap on the way "
        "may be chance or is too small to matter; more pictures in dev and test would tell."
    )


def _name(one: Measured) -> str:
    return one.name.replace("_", "-")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
