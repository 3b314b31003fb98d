"""The inputs of the report, read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.stage_outputs import Curves
from ..diagnosis.errors_base import Errors
from ..metrics.predictions import Predictions
from .looks import Gallery, Look


@dataclass(frozen=True)
class Inputs:
    """Everything that the page shows.

    `metrics`, `diagnosis`, `data` and `identity` are the JSON files of that name; `curves` are the
    columns of the learning curves; `errors` says what an answer and a mistake are; `predictions`
    are those of each data set; `looks` are those of the dev examples, in the order of
    `predictions["dev"]`; `odd` are the looks of examples with findings, by path; `tags` are the
    causes that people gave for mistakes, by the content (MD5) of an example.
    """

    metrics: dict[str, Any]
    diagnosis: dict[str, Any]
    data: dict[str, Any]
    identity: dict[str, Any]
    curves: Curves
    errors: Errors[Any]
    predictions: Mapping[str, Predictions]
    looks: Gallery | npt.NDArray[np.uint8]
    odd: Mapping[str, Look]
    tags: Mapping[str, Sequence[str]]
