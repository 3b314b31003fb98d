"""Where in the chain the error arises, why, and what to try next: reports/diagnosis.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.targets import Answers
from ..metrics.predictions import Predictions
from ..metrics.proportions import Measured
from ..metrics.scores import rounded
from .evidence import Training, cause, training
from .gaps import REAL, TARGET, Gap, gaps, largest, target, together
from .ideas import DiagnosisSettings
from .remedies import ideas, more_examples, target_met
from .words import Words

MOST_IDEAS = 9
# Labels are the cause if without the doubted examples this part of the error above the target is
# gone, and at least so many mistakes: validate doubts only the plainest of the wrong labels.
LABELS, DOUBTED = 0.2, 5
DOUBTS = ("label-error", "far-answer")  # the rules of validate that doubt single answers
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
    "regularized": "this much regularization keeps the network from fitting what it sees",
    "small": "the loss levelled off far from zero, so the network is too small",
    "labels": "much of it comes from examples whose labels `validate` doubts, so many may be wrong",
}


@dataclass(frozen=True)
class DiagnosisInputs:
    """What a diagnosis is based on.

    `metrics` and `data` are the JSON files of that name, `answers` says what an answer is, `losses`
    has the loss of each step, `epochs` is how many there were.
    """

    metrics: Mapping[str, Any]
    data: Mapping[str, Any]
    answers: Answers
    predictions: Mapping[str, Predictions]
    losses: Sequence[float]
    epochs: int


def diagnose(
    inputs: DiagnosisInputs, settings: DiagnosisSettings, real: Measured | None = None
) -> dict[str, Any]:
    """Return the content of reports/diagnosis.json.

    Args:
        inputs: outputs of the earlier stages.
        settings: sections of params.yaml.
        real: the error on examples from the real world, if there are any.

    Raises:
        UserError: a data set of the chain is missing.
    """
    errors, predictions = settings.errors, inputs.predictions
    share = predictions["test"].sample.share
    chain = [target(settings.evaluation.target_error, share=share)]
    chain += errors.of_splits(inputs.metrics, predictions)
    chain += [real] if real else []
    apart = bool(settings.data.evaluate_on or settings.data.train_on)
    chain_gaps = gaps(chain, predictions, apart=apart, timed=settings.timed)
    ends = errors.losses(settings.regularization.label_smoothing)
    went = training(inputs.losses, *ends, settings.optimization)
    main = largest(chain_gaps)
    if _met(chain):
        sentence = _met_sentence(chain, errors.words)
        ways, said = target_met(settings), _said("target met", None, None, sentence)
    elif main is None:
        sentence = _unsure_sentence(chain, errors.words)
        ways, said = more_examples(settings), _said("cannot tell", None, None, sentence)
    else:
        why = _cause(main, inputs, settings, went)
        section = SECTIONS.get(why or "", main.link.section)
        sentence = _gap_sentence(main, why, section, errors.words)
        ways, said = ideas(main.link.name, why, settings), _said("gap", main, section, sentence)
        said["cause"] = why
    said["ideas"] = [idea.record(settings.left_out) for idea in ways[:MOST_IDEAS]]
    return said | {
        "chain": [place.record() for place in chain],
        "gaps": [gap.record() for gap in chain_gaps],
        "training": went.record(),
    }


def _met(chain: Sequence[Measured]) -> bool:
    """Whether the end of the chain is within the target, and dev does not clearly miss it."""
    known = {place.name: place for place in chain}
    least = known[TARGET].error
    return all(place.error <= least for place in chain[4:]) and known["dev"].low <= least


def _cause(
    gap: Gap, inputs: DiagnosisInputs, settings: DiagnosisSettings, went: Training
) -> str | None:
    if gap.link.name in ("bias", "variance") and _mislabelled(inputs, settings):
        return "labels"
    if gap.link.name == "bias":
        return cause(went, inputs.epochs, settings.optimization, settings.regularization)
    return None


def _mislabelled(inputs: DiagnosisInputs, settings: DiagnosisSettings) -> bool:
    """Whether much of the error above the target is on examples whose labels are in doubt."""
    doubted = frozenset(
        md5
        for finding in inputs.data["findings"]
        if finding["rule"] in DOUBTS and not finding["accepted"]
        for md5 in finding["md5"]
    )
    unseen = ("train_dev", "dev", "test")
    allowed = settings.evaluation.target_error
    every = together(inputs.predictions, unseen)
    others = together(inputs.predictions, unseen, without=doubted)
    mistakes = sum(_among(doubted, inputs.predictions[name], settings) for name in unseen)
    gone = rounded(every.error - others.error, every.decimals)
    enough = rounded(LABELS * (every.error - allowed), every.decimals)
    return mistakes >= DOUBTED and gone >= enough


def _among(doubted: frozenset[str], predictions: Predictions, settings: DiagnosisSettings) -> int:
    """How many mistakes are on the doubted examples."""
    wrong = np.flatnonzero(settings.errors.mistakes(predictions)).tolist()
    return sum(predictions.examples[row].md5 in doubted for row in wrong)


def _said(state: str, gap: Gap | None, section: str | None, sentence: str) -> dict[str, Any]:
    return {
        "state": state,
        "link": gap.link.name if gap else None,
        "section": section,
        "cause": None,
        "sentence": sentence,
    }


def _gap_sentence(gap: Gap, why: str | None, section: str, words: Words) -> str:
    start = "the target allows" if gap.start.name == TARGET else _where(gap.start)
    lead = (
        f"The largest gap is {gap.link.title}: {words.happens(gap.end.error, _where(gap.end))}, "
        f"{words.bare(gap.value)}{words.points} more than {start} "
        f"(95 % interval {words.ends(gap.low, gap.high)})"
    )
    because = f"; {CAUSES[why]}" if why else ""
    return f"{lead}{because}. Its knobs are in section `{section}` of params.yaml."


def _met_sentence(chain: Sequence[Measured], words: Words) -> str:
    end, least = chain[-1], chain[0].error
    sure = (
        "the examples leave no doubt"
        if end.high <= least
        else f"though with {end.examples:,} examples it may be up to {words.amount(end.high)}"
    )
    return (
        f"The target is met: {words.happens(end.error, _where(end))}, and {words.allowed(least)}; "
        f"{sure}."
    )


def _unsure_sentence(chain: Sequence[Measured], words: Words) -> str:
    end = chain[-1]
    return (
        f"Cannot tell where the error is: {words.happens(end.error, _where(end))}, and "
        f"{words.allowed(chain[0].error)}, but every gap on the way may be chance or is too small "
        "to matter; more examples in dev and test would tell."
    )


def _where(place: Measured) -> str:
    return "in the real world" if place.name == REAL else f"on {place.name.replace('_', '-')}"
