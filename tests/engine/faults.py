"""Faults planted in a user's file, and the message of the check that finds them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

Run = Callable[[Any, str], None]


class Fault(NamedTuple):
    """A check, its message, and the file whose attribute is replaced by a wrong one."""

    check: str
    said: str
    file: Any
    name: str
    wrong: Any


def assert_red(run: Run, checks: Any, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that the check passes without the fault, and fails with its message."""
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
