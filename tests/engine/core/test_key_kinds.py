"""Which values a key takes, whatever its annotation is."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from samebits.core.key_kinds import choice, fits, keys, number, typed


@dataclass(frozen=True, kw_only=True)
class Section:
    """As a user may write one."""

    layers: tuple[int, ...]
    kinds: list[str]
    rate: float | None
    kind: Literal["a", "b"] = choice("a", "b")


@pytest.mark.parametrize(
    ("name", "value", "fitting"),
    [
        ("layers", [32, 64], True),
        ("kinds", ["a"], True),
        ("rate", None, True),
        ("kind", "b", True),
        ("kind", "c", False),
    ],
)
def test_a_type_that_only_names_what_is_in_it(name: str, value: Any, fitting: bool) -> None:
    assert fits(value, keys(Section)[name]) is fitting


def test_a_list_is_frozen_like_its_section() -> None:
    assert typed([32, 64], keys(Section)["layers"]) == (32, 64)


@pytest.mark.parametrize("step", ["x2", "*1.5", "2", "*0", "+", "*"])
def test_a_step_that_is_none(step: str) -> None:
    with pytest.raises(ValueError, match="write a step such as"):
        number(1, 8, bigger=step)
