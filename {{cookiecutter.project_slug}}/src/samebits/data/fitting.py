"""What a project learns of its training examples alone, such as a vocabulary, before any network.

data.py says it with two functions, or with neither: `fit` sees the arrays of the training examples,
as `decode` made them, and returns arrays; `transform` makes of any examples, with these, what is
stored. So no number of dev or test reaches what a network sees of them.
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
        """Return what `fit` makes of the training examples, arrays [b, ...] at a time.

        Raises:
            UserError: it returns what cannot be stored.
        """
        found = self.fit(batches, self.settings)
        for name, array in found.items() if isinstance(found, Mapping) else [("no arrays", found)]:
            known = isinstance(array, np.ndarray) and array.dtype.name in DTYPES
            if not known or not isinstance(name, str):
                raise UserError(
                    f"data.py: `fit` returned {name}, {getattr(array, 'dtype', type(array))}; let "
                    f"it return a dict of arrays of {', '.join(DTYPES)} by name."
                )
        return Fitted({name: np.ascontiguousarray(one) for name, one in found.items()}, self)


@dataclass(frozen=True)
class Fitted:
    """What was learnt, and how it is applied; `fitting` is None where a project learns nothing."""

    arrays: Arrays
    fitting: Fitting | None

    def __call__(self, arrays: Arrays) -> Arrays:
        """Return what is stored of examples: arrays [b, ...] by name.

        Raises:
            UserError: `transform` loses examples, or returns what cannot be stored.
        """
        if self.fitting is None:
            return arrays
        count = len(next(iter(arrays.values())))
        made = self.fitting.transform(arrays, self.arrays, self.fitting.settings)
        if not isinstance(made, Mapping) or not all(map(_is_array, made.values())):
            raise UserError(
                f"data.py: `transform` returned {type(made).__name__}; let it return a dict of "
                "arrays by name."
            )
        checked(fields_of(made), "transform")
        for name, array in made.items():
            if len(array) != count:
                raise UserError(
                    f"data.py: `transform` returned {len(array)} rows of {name} for {count} "
                    "examples; let it return one for each."
                )
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise UserError(
                    f"data.py: `transform` made NaN or infinity of {name}; a scale of 0, perhaps, "
                    "where all training examples are alike."
                )
        return {
            name: np.ascontiguousarray(one, one.dtype.newbyteorder("<"))
            for name, one in made.items()
        }

    def fields(self, before: Fields) -> Fields:
        """Return the fields of what is stored, from those that `decode` gives."""
        blank = {name: np.zeros((1, *one.shape), one.dtype) for name, one in before.items()}
        return before if self.fitting is None else fields_of(self(blank))

    def write(self, folder: Path) -> None:
        """Write what was learnt, where that is anything."""
        if self.fitting is not None:
            write_bytes(folder / FILE, save(dict(self.arrays)))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def learnt(folder: Path, fitting: Fitting | None) -> Fitted:
    """Return what `prepare` learnt of the training examples.

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
        problem = "is not there; run 'dvc repro prepare'"
    except (SafetensorError, ValueError):
        problem = "is damaged; run 'dvc repro --force prepare'"
    raise UserError(f"{(folder / FILE).as_posix()} {problem}.")


def fitting_of(yours: Any, settings: Any) -> Fitting | None:
    """Return `fit` and `transform` of a data.py, or None where it has neither.

    Raises:
        UserError: it has one without the other.
    """
    fit, transform = (getattr(yours, name, None) for name in ("fit", "transform"))
    if (fit is None) != (transform is None):
        there, missing = ("fit", "transform") if fit else ("transform", "fit")
        raise UserError(f"data.py has `{there}` and no `{missing}`; write both, or neither.")
    return Fitting(fit, transform, settings) if fit and transform else None
