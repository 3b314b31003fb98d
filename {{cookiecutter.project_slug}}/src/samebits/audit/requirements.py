"""Requirement files: requirements (`.in`), locked packages (`.lock`), and versions."""

import re
from functools import cache
from typing import NamedTuple

_NAME = r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[^]]*\])?"
_LOCKED = re.compile(_NAME + r"\s*==\s*([^\s;*,]+)\s*(?:;[^\\]*)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_ASKED = re.compile(_NAME + r"\s*([^;#@]*)")


class Locked(NamedTuple):
    """One requirement of a lock file; `fault` is empty if it is exact and hashed."""

    name: str
    version: str
    line: int
    fault: str


class Asked(NamedTuple):
    """One requirement of a `.in` file; `specifier` may be empty, `include` names another file."""

    name: str
    specifier: str
    line: int
    include: str = ""


def normalized(name: str) -> str:
    """One spelling for a distribution's name, as package indexes compare them (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def locked(text: str) -> tuple[Locked, ...]:
    """The requirements of a lock file, with the faults of its lines."""
    return tuple(_locked(line, number) for number, line in _logical_lines(text))


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines joined at a trailing backslash, without comments, each with its first number."""
    joined: list[tuple[int, str]] = []
    open_line = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        piece = line.removesuffix("\\").strip()
        if open_line:
            joined[-1] = (joined[-1][0], f"{joined[-1][1]} {piece}")
        elif piece:
            joined.append((number, piece))
        open_line = line.endswith("\\")
    return joined


def _locked(line: str, number: int) -> Locked:
    requirement, *hashes = re.split(r"\s+(?=--)", line)
    match = _LOCKED.fullmatch(requirement)
    if requirement.startswith("-"):
        return Locked("", "", number, f"has the option {requirement.split()[0].split('=')[0]!r}")
    if match is None:
        return Locked("", "", number, f"{requirement.split(';')[0].strip()!r} is not exact (==)")
    name = normalized(match[1])
    if not hashes:
        return Locked(name, match[2], number, f"{name} has no hash")
    if not all(_HASH.fullmatch(item) for item in hashes):
        return Locked(name, match[2], number, f"{name} has a hash that is not a complete sha256")
    return Locked(name, match[2], number, "")


@cache
def asked(text: str) -> tuple[Asked, ...]:
    """The requirements and includes of a `.in` file, without other options."""
    requirements = []
    for number, line in _logical_lines(text):
        include = re.match(r"(?:-r|--requirement)[\s=]*(\S+)", line)
        match = _ASKED.match(line)
        if include:
            requirements.append(Asked("", "", number, include[1]))
        elif match:
            requirements.append(Asked(normalized(match[1]), match[2].strip(), number))
    return tuple(requirements)


def satisfies(version: str, specifier: str) -> bool:
    """Whether a version meets a specifier such as `>=3.11,<3.14`; unknown parts are met."""
    return all(_meets(version, part.strip()) for part in specifier.split(",") if part.strip())


def _meets(version: str, part: str) -> bool:
    match = re.fullmatch(r"(===?|~=|!=|>=|<=|>|<)\s*([\w.!+*-]+)", part)
    if match is None:
        return True
    operator, wanted = match[1], match[2]
    if operator in ("==", "===", "!="):
        return _equal(version, wanted) == (operator != "!=")
    actual, bound = _release(version), _release(wanted)
    width = max(len(actual), len(bound))
    left, right = (numbers + (0,) * (width - len(numbers)) for numbers in (actual, bound))
    if operator == "~=":
        return left >= right and actual[: len(bound) - 1] == bound[:-1]
    return {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[
        operator
    ]


def _equal(version: str, wanted: str) -> bool:
    if wanted.endswith(".*"):
        prefix = _release(wanted[:-2])
        return _release(version)[: len(prefix)] == prefix
    # A version without a local part (`+cpu`) matches every build of it.
    public = version if "+" in wanted else version.partition("+")[0]
    return re.sub(r"(\.0)+$", "", public) == re.sub(r"(\.0)+$", "", wanted)


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version: (2, 13, 0) for `2.13.0+cpu`."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in numbers[0].split(".")) if numbers else ()
