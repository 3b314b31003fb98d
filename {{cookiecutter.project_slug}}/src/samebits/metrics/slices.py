"""Slices: parts of a data set that may score worse than the whole.

`evaluation.slices` may list `class`; `path */night/*`, a pattern of paths below data/raw;
`brightness in 3 parts` and `size in 3 parts`, with equally many examples in each; `brightness at
0.2, 0.6` and `size at 32`, with bounds of your own. The names are facts that `decode` returns for
an example; `size` is the smaller of its width and height.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.sections import CLASSED, SLICE, unknown_fact
from ..data.prepared import Example
from ..data.targets import Answers
from .predictions import Predictions

Mask = NDArray[np.bool_]


def slices(kinds: Sequence[str], predictions: Predictions, answers: Answers) -> dict[str, Mask]:
    """Return the slices that have examples: by name, which `[n]` they are.

    Args:
        kinds: as `evaluation.slices` has them.
        predictions: for one data set.
        answers: what an answer is.

    Raises:
        UserError: a kind of slice cannot be read, or there are no classes to cut by.
    """
    masks: dict[str, Mask] = {}
    for kind in kinds:
        masks |= _of_kind(kind, predictions, answers)
    return {name: mask for name, mask in masks.items() if mask.any()}


def _of_kind(kind: str, predictions: Predictions, answers: Answers) -> dict[str, Mask]:
    read = SLICE.fullmatch(kind)
    if read is None:
        raise UserError(f"slice `{kind}` cannot be read; write `class` or `brightness in 3 parts`.")
    if kind == "class":
        if answers.target not in CLASSED:
            raise UserError(
                f"slice `class`: examples have no class, since task.target is {answers.target}; "
                "remove it from evaluation.slices."
            )
        of_class = predictions.sample.of_class
        return {f"class {name}": of_class(at) for at, name in enumerate(answers.classes)}
    if read["pattern"]:
        fits = [fnmatchcase(example.path, read["pattern"]) for example in predictions.examples]
        return {kind: np.array(fits)}
    of, examples = read["of"], predictions.examples
    if problem := unknown_fact(kind, examples[0].facts):
        raise UserError(problem)
    values = np.array([_fact(of, example) for example in examples])
    if read["parts"]:
        count = int(read["parts"])
        names = [f"{of} {part} of {count}" for part in range(1, count + 1)]
        ordered = np.sort(values, kind="stable")
        bounds = ordered[[len(values) * part // count for part in range(1, count)]]
    else:
        given = [float(bound) for bound in read["bounds"].split(",")]
        if given != sorted(set(given)):
            raise UserError(f"slice `{kind}`: the bounds must increase; sort them.")
        names = [f"{of} below {given[0]:g}"]
        names += [f"{of} {low:g} to {high:g}" for low, high in pairwise(given)]
        names += [f"{of} from {given[-1]:g}"]
        bounds = np.array(given)
    part_of = np.searchsorted(bounds, values, side="right")
    return {name: part_of == part for part, name in enumerate(names)}


def _fact(name: str, example: Example) -> float:
    facts = example.facts
    if name == "size" and name not in facts:
        return min(facts["width"], facts["height"])
    return facts[name]
