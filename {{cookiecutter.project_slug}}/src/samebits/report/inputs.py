"""What the report is made from, read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.records import Curves
from ..data.shards import Pictures
from ..metrics.predictions import Predictions


@dataclass(frozen=True)
class Inputs:
    """Everything that the page shows.

    `metrics`, `diagnosis`, `data` and `identity` are the JSON files of that name; `curves` the
    columns of the learning curves; `predictions` those for each data set; `pictures` the dev
    pictures, uint8 `[n, c, h, w]`, in the order of `predictions["dev"]`; `odd` those of findings in
    the data, uint8 `[c, h, w]` by path; `tags` what people say caused mistakes, by the content
    (MD5) of a picture.
    """

    metrics: dict[str, Any]
    diagnosis: dict[str, Any]
    data: dict[str, Any]
    identity: dict[str, Any]
    curves: Curves
    classes: list[str]
    predictions: dict[str, Predictions]
    pictures: npt.NDArray[np.uint8] | Pictures
    odd: Mapping[str, npt.NDArray[np.uint8]]
    tags: Mapping[str, Sequence[str]]
