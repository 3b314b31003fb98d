"""The subclass of `Errors` for each target."""

from collections.abc import Mapping
from typing import Any

from ..data.targets import Answers
from .class_errors import ClassErrors
from .class_set_errors import ClassSetErrors
from .errors_base import Errors
from .mask_errors import MaskErrors
from .number_errors import NumberErrors

ERRORS: Mapping[str, type[Errors[Any]]] = {
    "class": ClassErrors,
    "classes": ClassSetErrors,
    "number": NumberErrors,
    "mask": MaskErrors,
}


def errors_of(answers: Answers, allowed: float) -> Errors[Any]:
    """Return how to measure the errors of a project's answers.

    Args:
        answers: what an answer is.
        allowed: evaluation.target_error.
    """
    return ERRORS[answers.target](answers, allowed)
