"""What a project learns from its training examples before any network, such as a vocabulary.

data.py defines both of two functions, or neither. `fit` gets the decoded arrays of the training
examples and returns arrays; with these, `transform` turns the arrays of any examples into what is
stored. So nothing of dev or test influences the inputs of the network.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..console.errors import UserError
from ..core.files import write_bytes
from .fields import DTYPES, Arrays, Fields, checked, fields_of

FILE = "fitted.safetensors"


@dataclass(frozen=True)
class Fitting:
    """`fit` and `transform` of data.py, with the section `input`."""

    fit: Callable[[Iterator[Arrays], Any], Mapping[str, NDArray[Any]]]
    transform: Callable[[Arrays, Arrays, Any], Arrays]
    settings: Any

    def learn(self, batches: Iterator[Arrays]) -> "Fitted":
        """Return the result of `fit` for the training examples, batches of arrays [b, ...].

        Raises:
            UserError: the result cannot be stored.
        """
        result = self.fit(batches, self.settings)
        named = result.items() if isinstance(result, Mapping) else [("no arrays", result)]
        for name, array in named:
            known = isinstance(array, np.ndarray) and array.dtype.name in DTYPES
            if not known or not isinstance(name, str):
                raise UserError(
                    f"data.py: `fit` returned {name}, {getattr(array, 'dtype', type(array))}; it "
                    f"must return a dict of arrays of {', '.join(DTYPES)} by name."
                )
        return Fitted({name: np.ascontiguousarray(array) for name, array in result.items()}, self)


@dataclass(frozen=True)
class Fitted:
    """What was learnt, and how it is applied; `fitting` is None if a project learns nothing."""

    arrays: Arrays
    fitting: Fitting | None

    def __call__(self, arrays: Arrays) -> Arrays:
        """Return the arrays [b, ...] to store, by name.

        Raises:
            UserError: `transform` loses examples, or returns arrays that cannot be stored.
        """
        if self.fitting is None:
            return arrays
        count = len(next(iter(arrays.values())))
        made = self.fitting.transform(arrays, self.arrays, self.fitting.settings)
        if not isinstance(made, Mapping) or not all(map(_is_array, made.values())):
            raise UserError(
                f"data.py: `transform` returned {type(made).__name__}; it must return a dict of "
                "arrays by name."
            )
        checked(fields_of(made), "transform")
        for name, array in made.items():
            if len(array) != count:
                raise UserError(
                    f"data.py: `transform` returned {len(array)} rows of {name} for {count} "
                    "examples; it must return one for each."
                )
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise UserError(
                    f"data.py: `transform` turned {name} into NaN or infinity; perhaps a scale is "
                    "0 because all training examples are alike."
                )
        return {
            name: np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            for name, array in made.items()
        }

    def fields(self, before: Fields) -> Fields:
        """Return the fields that are stored, given those of `decode`."""
        blank = {name: np.zeros((1, *field.shape), field.dtype) for name, field in before.items()}
        return before if self.fitting is None else fields_of(self(blank))

    def write(self, folder: Path) -> None:
        """Write what was learnt, if anything."""
        if self.fitting is not None:
            write_bytes(folder / FILE, save(dict(self.arrays)))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def learnt(folder: Path, fitting: Fitting | None) -> Fitted:
    """Return what `prepare` learnt from the training examples.

    Args:
        folder: data/prepared/train.
        fitting: the project's.

    Raises:
        UserError: it is missing or damaged.
    """
    if fitting is None:
        return Fitted({}, None)
    try:
        return Fitted(load((folder / FILE).read_bytes()), fitting)
    except FileNotFoundError:
        problem = "is missing; run 'dvc repro prepare'"
    except (SafetensorError, ValueError):
        problem = "is damaged; run 'dvc repro --force prepare'"
    raise UserError(f"{(folder / FILE).as_posix()} {problem}.")


def fitting_of(yours: Any, settings: Any) -> Fitting | None:
    """Return `fit` and `transform` of a data.py, or None if it has neither.

    Raises:
        UserError: it has one without the other.
    """
    fit, transform = (getattr(yours, name, None) for name in ("fit", "transform"))
    if (fit is None) != (transform is None):
        present, missing = ("fit", "transform") if fit else ("transform", "fit")
        raise UserError(f"data.py has `{present}` and no `{missing}`; write both, or neither.")
    return Fitting(fit, transform, settings) if fit and transform else None
