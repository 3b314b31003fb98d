"""Which form of `Errors` a target has."""

from collections.abc import Mapping
from typing import Any

from ..data.targets import Answers
from .class_errors import ClassErrors
from .class_set_errors import ClassSetErrors
from .mask_errors import MaskErrors
from .number_errors import NumberErrors
from .target_errors import Errors

FORMS: Mapping[str, type[Errors[Any]]] = {
    "class": ClassErrors,
    "classes": ClassSetErrors,
    "number": NumberErrors,
    "mask": MaskErrors,
}


def errors_of(answers: Answers, allowed: float) -> Errors[Any]:
    """Return how errors of a project's answers are measured.

    Args:
        answers: what an answer is.
        allowed: evaluation.target_error.
    """
    return FORMS[answers.target](answers, allowed)
