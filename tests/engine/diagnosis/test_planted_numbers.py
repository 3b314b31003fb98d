"""The diagnosis names planted faults if a network learns numbers."""

import planted_numbers
import pytest
from planted import right
from planted_numbers import FAULTS

pytestmark = pytest.mark.usefixtures("params")


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault(name: str) -> None:
    fault, diagnosis = planted_numbers.planted(name, seed=0)
    assert right(fault, diagnosis), diagnosis
