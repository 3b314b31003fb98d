"""The message about a params.yaml that is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handwritten_digits.model import Model

from samebits.console.errors import UserError
from samebits.core import config
from samebits.core.sections import Data


def refusal(params: Path) -> str:
    """The message about a file; every reader gets the same."""
    readers: list[Callable[[], object]] = [
        lambda: config.read(Data, params),
        lambda: config.read(Model, params),
        lambda: config.values("model", params),
    ]
    said = list[str]()
    for read in readers:
        with pytest.raises(UserError) as caught:
            read()
        said.append(str(caught.value))
    assert len({*said}) == 1
    return said[0]


def refusal_of_data(params: Path) -> str:
    """The message for a reader of section `data`."""
    with pytest.raises(UserError) as caught:
        config.read(Data, params)
    return str(caught.value)
