"""serving.yaml: how this checkout serves a model. A model that is rolled back leaves it alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.config import loaded
from ..core.key_kinds import allowed, fits, hint, keys, number, shown, texts, typed

FILE = Path("serving.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The keys of serving.yaml; each may be left out."""

    # where it listens; beyond this machine only with a token
    host: str = texts(re.compile(r"[\w.:-]+"), "127.0.0.1", default="127.0.0.1")
    port: int = number(0, 65535, default=8000)  # 0 takes any that is free
    queue: int = number(1, 100_000, default=256)  # examples that wait; more are refused with 503
    connections: int = number(1, 100_000, default=512)  # at once; more are refused with 503
    megabytes: float = number(0.001, 1024, default=8.0)  # of a request
    megapixels: float = number(0.001, 10_000, default=16.0)  # of an image, told from its header
    examples: int = number(1, 100_000, default=64)  # in one request
    seconds: float = number(0.1, 3600, default=10.0)  # until the whole of a request is here
    keep_inputs: bool = True  # whether the log holds what was asked, or its hash alone
    keep_days: float = number(0, 36_500, default=90.0)  # of the log; 0 keeps all


def read(path: Path = FILE) -> Serving:
    """Return the settings of a file, or the defaults if there is none.

    Raises:
        UserError: it is not YAML, or holds an unknown key or a value out of range; the message
            lists every such problem.
    """
    content = (loaded(path) if path.exists() else None) or {}
    known = keys(Serving)
    if not isinstance(content, dict):
        raise UserError(f"{path} has no keys; it takes {', '.join(known)}.")
    if problems := [*_problems(content)]:
        raise UserError("\n".join(f"{path}: {problem}" for problem in problems))
    return Serving(**{name: typed(value, known[name]) for name, value in content.items()})


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    known = keys(Serving)
    for name, value in content.items():
        if name not in known:
            near = get_close_matches(str(name), known, 1)
            meant = (
                f"; did you mean '{near[0]}'?" if near else f"; the keys are {', '.join(known)}."
            )
            yield f"there is no key {shown(name)}{meant}"
        elif not fits(value, known[name]):
            rule = known[name]
            yield f"'{name}' is {shown(value)}, but takes {allowed(rule)}.{hint(value, rule)}"
