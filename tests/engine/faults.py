"""What is planted in a user's file, and what the check that sees it says."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

Run = Callable[[Any, str], None]


class Fault(NamedTuple):
    """A check, what it says, and the file of which an attribute is replaced by what is wrong."""

    check: str
    said: str
    file: Any
    name: str
    wrong: Any


def assert_red(run: Run, checks: Any, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that the check passes without the fault, and says what is wrong with it."""
    run(checks, fault.check)
    monkeypatch.setattr(fault.file, fault.name, fault.wrong)
    with pytest.raises(Exception, match=fault.said):
        run(checks, fault.check)


def assert_all(checks: Any, faults: Sequence[Fault]) -> None:
    """Assert that a fault is planted for every check."""
    names = {name for name in dir(checks) if name.startswith("test_")}
    assert {fault.check for fault in faults} == names


def named(faults: Sequence[Fault]) -> Any:
    """Return the mark that runs a test on each fault."""
    return pytest.mark.parametrize("fault", faults, ids=[fault.check for fault in faults])
