"""What docs/commands.md says about commands, to check it."""

import re
from typing import Any

from conftest import ROOT

PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")


def rows(head: str) -> dict[str, str]:
    """The rows of the table with this beginning of its header: first column → second."""
    table = PAGE.partition(f"\n| {head}")[2].partition("\n\n")[0]
    cells = [line.split("|")[1:3] for line in table.splitlines()[2:]]
    return {
        command.removeprefix("samebits "): what
        for first, what in cells
        for command in re.findall(r"`([^`]+)`", first)
    }


def keys(verb: str) -> set[str]:
    """The keys that a verb prints with `--json`, as the page says."""
    return {*re.findall(r"`([a-z]\w*)`", rows("verb with `--json`")[verb])}


def printed(value: Any) -> set[str]:
    """All keys of a JSON value."""
    if isinstance(value, dict):
        return {*value}.union(*map(printed, value.values()))
    return set().union(*map(printed, value)) if isinstance(value, list) else set()
