"""What a model answers, with the figures that reports/predictions.csv would have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..data.targets import SAID, joined
from ..metrics.class_predictions import MILLION
from ..metrics.probabilities import predicted
from ..metrics.scores import decimals_for, rounded


@dataclass(frozen=True)
class Answer:
    """The answer for one example.

    `answer` is the name of a class, the names of several, a number, or for a mask the share of the
    pixels that each class has. `probabilities` are those of the classes, `mask` [h, w] is the class
    of each pixel, where there are any. `raw` is what the network gave, of which bits can be
    compared. If the example could not be read, `problem` says why, and `answer` is None.
    """

    input: str
    answer: Any = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    mask: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    raw: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    problem: str = ""

    def __str__(self) -> str:
        """Return it as a person reads it, such as "cat (0.981233)"."""
        if self.problem:
            return self.problem
        if isinstance(self.answer, dict):
            shares = ((name, 100 * share) for name, share in self.answer.items() if share)
            return ", ".join(f"{name} {share:.1f} %" for name, share in shares)
        if isinstance(self.answer, list):
            return joined(self.answer)
        if isinstance(self.answer, str):
            return f"{self.answer} ({self.probabilities[self.answer]:.6f})"
        return f"{self.answer:.15g}"

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it: "input", and "error", or "answer" and any "probabilities"."""
        if self.problem:
            return {"input": self.input, "error": self.problem}
        known = {"input": self.input, "answer": self.answer}
        return {**known, "probabilities": self.probabilities} if self.probabilities else known


def answers(
    target: str, classes: Sequence[str], scale: Sequence[float], raw: NDArray[Any]
) -> Iterator[Answer]:
    """Yield the answers, of inputs without a name.

    Args:
        target: of section `task`.
        classes: their names, if there are any.
        scale: of answers that are numbers, mean and standard deviation of those trained on.
        raw: what the network gave: probabilities [n, classes], numbers [n] or masks [n, h, w].

    Raises:
        UserError: the network gave NaN or infinity.
    """
    if not np.isfinite(raw).all():
        raise UserError(
            "the model answered NaN or infinity: it has diverged; train it again with a lower "
            "learning rate."
        )
    if target == "mask":
        yield from (_of_mask(mask, classes) for mask in raw)
    elif target == "number":
        decimals = decimals_for(scale[1])
        yield from (Answer("", rounded(number, decimals), raw=np.asarray(number)) for number in raw)
    else:
        # As the table of predictions rounds them; the answer is that of all digits.
        figures = (np.rint(raw.astype(np.float64) * MILLION) / MILLION).tolist()
        said = _sets(raw, classes) if target == "classes" else _classes(raw, classes)
        for answer, row, bits in zip(said, figures, raw, strict=True):
            yield Answer("", answer, dict(zip(classes, row, strict=True)), raw=bits)


def _classes(raw: NDArray[Any], classes: Sequence[str]) -> Iterator[str]:
    return (classes[at] for at in predicted(raw).tolist())


def _sets(raw: NDArray[Any], classes: Sequence[str]) -> Iterator[list[str]]:
    return ([classes[at] for at in np.flatnonzero(row >= SAID).tolist()] for row in raw)


def _of_mask(mask: NDArray[np.uint8], classes: Sequence[str]) -> Answer:
    counts = np.bincount(mask.ravel(), minlength=len(classes)).tolist()
    shares = {name: rounded(count / mask.size) for name, count in zip(classes, counts, strict=True)}
    return Answer("", shares, mask=mask, raw=mask)
