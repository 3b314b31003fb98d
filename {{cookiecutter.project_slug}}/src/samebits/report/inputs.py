"""What the report is made from, read and checked."""

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

    `metrics`, `diagnosis`, `data` and `identity` are the JSON files of that name; `curves` the
    columns of the learning curves; `errors` what an answer is, and a mistake; `predictions` those
    for each data set; `looks` how the dev examples are shown, in the order of `predictions["dev"]`;
    `odd` how those of findings in the data are, by path; `tags` what people say caused mistakes, by
    the content (MD5) of an example.
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
