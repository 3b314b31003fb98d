"""The kinds of values that a key of params.yaml can have, and the check of a value.

A section is a frozen dataclass; each field is a key. `number`, `choice` and the others say which
values it takes:

    width: int = number(1, 65536, bigger="*2")

A key whose field has a default may be left out of params.yaml; a value there overrides it:

    heads: int = number(1, 1024, default=4)
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, field, fields
from typing import Any, NamedTuple

LARGEST = 2**63 - 1  # of any number: the largest signed 64-bit integer
# By their names in annotations.
TYPES: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}
TYPES["tuple[str, ...]"] = tuple[str, ...]


class Key(NamedTuple):
    """A key of a section: its name, the type of its values, and further rules for them.

    `default` is the value if params.yaml leaves the key out; MISSING: it must not.
    """

    name: str
    type: Any
    rules: Mapping[str, Any]
    default: Any = MISSING


def keys(section: Any) -> dict[str, Key]:
    """Return the keys of a dataclass by name."""
    return {
        key.name: Key(
            key.name, TYPES.get(str(key.type), key.type), key.metadata, written(key.default)
        )
        for key in fields(section)
    }


def written(value: Any) -> Any:
    """Return a value of a section as in params.yaml: a tuple as a list."""
    return [*value] if isinstance(value, tuple) else value


def number(
    low: float, high: float = float("inf"), *, bigger: str = "", default: Any = MISSING
) -> Any:
    """A field whose value lies between `low` and `high`, both included.

    Args:
        low, high: the ends.
        bigger: for a key of the network, the step to a larger one that `diagnose` may suggest: "*2"
            or "+1".
        default: the value if params.yaml has none.

    Raises:
        ValueError: `bigger` is not a step.
    """
    if bigger and not re.fullmatch(r"[*+][1-9]\d*", bigger):
        raise ValueError(f"bigger is {bigger!r}; write a step such as '*2' or '+1'")
    return field(default=default, metadata={"low": low, "high": high, "bigger": bigger})


def pattern(regular: bool, *, default: Any = MISSING) -> Any:
    """A field whose value is a pattern of names: a regular expression, or a glob."""
    return field(default=default, metadata={"regular": regular})


def texts(shape: re.Pattern[str], example: str, *, default: Any = MISSING) -> Any:
    """A field whose value is a list of texts of one form, such as `example`."""
    return field(default=default, metadata={"shape": shape, "example": example})


def names(default: Any = MISSING) -> Any:
    """A field whose value is a list of names; a default is a tuple."""
    return field(default=default, metadata={"names": True})


def choice(*values: str | int, default: Any = MISSING) -> Any:
    """A field whose value is one of `values`."""
    return field(default=default, metadata={"choices": values})


def fits(value: Any, key: Key) -> bool:
    """Whether a key may have this value."""
    # bool is a kind of int to Python, but `epochs: true` is a mistake.
    if isinstance(value, bool) or key.type is bool:
        return isinstance(value, bool) and key.type is bool
    if "choices" in key.rules:
        return value in key.rules["choices"] and _is(value, key.type)
    if "names" in key.rules:
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if "regular" in key.rules:
        return isinstance(value, str) and (not key.rules["regular"] or _compiles(value))
    if "shape" in key.rules:
        listed = isinstance(value, str) if key.type is str else isinstance(value, list)
        return listed and not _misshapen(value, key)
    if key.type not in (int, float):
        return _is(value, key.type)
    if not isinstance(value, int if key.type is int else (int, float)):
        return False
    # NaN is between no two numbers; infinity is above the largest.
    low, high = _ends(key)
    return bool(low <= value <= min(high, LARGEST))


def _is(value: Any, type_: Any) -> bool:
    """Whether a value is of a type; of one that only names what is in it, as list[int], any is."""
    return not isinstance(type_, type) or isinstance(value, type_)


def _ends(key: Key) -> tuple[float, float]:
    return key.rules.get("low", -LARGEST), key.rules.get("high", float("inf"))


def _misshapen(value: Any, key: Key) -> list[Any]:
    """The texts of a value that do not have the form."""
    shape = key.rules["shape"]
    given = value if isinstance(value, list) else [value]
    return [text for text in given if not (isinstance(text, str) and shape.fullmatch(text))]


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def shown(value: Any) -> str:
    """Return a value for a message, cut short."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:60]}…{text[-20:]}"


def typed(value: Any, key: Key) -> Any:
    """Return a valid value as the type of its key."""
    if isinstance(value, list):
        return tuple(value)
    # `rotation: 10` means 10.0, and must give the same result.
    return float(value) if key.type is float else value


def hint(value: object, key: Key) -> str:
    """Return a hint for a number in quotes, or for wrong texts in a list."""
    if isinstance(value, list) and key.type is not str and "shape" in key.rules:
        return " Wrong are: " + ", ".join(f"'{text}'" for text in _misshapen(value, key)) + "."
    try:
        meant = key.type(value) if isinstance(value, str) and key.type in (int, float) else None
    except (ValueError, OverflowError):
        return ""
    if isinstance(value, (int, float)) and value > LARGEST and key.type in (int, float):
        return f" No number may be larger than {LARGEST}."
    return f" Write it as {meant}, without quotes." if fits(meant, key) else ""


def allowed(key: Key) -> str:
    """Return what a key takes, in words."""
    if key.type is bool:
        return "true or false"
    if "choices" in key.rules:
        return "one of " + ", ".join(map(str, key.rules["choices"]))
    if "names" in key.rules:
        return "a list of names such as [cat, dog], numbers in quotes, or [] for none"
    if "regular" in key.rules:
        kind = "a regular expression" if key.rules["regular"] else "a pattern such as 'phone/*'"
        return f"{kind}, or '' for none"
    if "shape" in key.rules:
        kind = "a name" if key.type is str else "a list of texts"
        none = ", or '' for none" if key.type is str and key.rules["shape"].fullmatch("") else ""
        return f"{kind} such as '{key.rules['example']}'{none}"
    if key.type not in (int, float):
        return "a text"
    kind = "a whole number" if key.type is int else "a number"
    low, high = _ends(key)
    return f"{kind} of at least {low}" if high > LARGEST else f"{kind} from {low} to {high}"
