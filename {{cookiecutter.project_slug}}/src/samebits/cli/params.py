"""Say of each key of params.yaml what it is now, what it may be, and what it does.

What a key does is said in one place: next to it in params.yaml or, if it is left out there, next to
its field in the dataclass that declares it.
"""

import ast
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import yaml

from ..console.errors import UserError
from ..console.spelling import did_you_mean
from ..core import sections as engine
from ..core.config import PARAMS, checked, images, sections
from ..core.key_kinds import Key, allowed
from ..core.yours import YOURS, package

WIDTH = 100


class ListedKey(NamedTuple):
    """A key: whether params.yaml has it, its current value, and what it does."""

    key: Key
    written: bool
    value: Any
    does: str


def main(given: Namespace) -> None:
    """Print all keys, those of a section, or one."""
    sys.stdout.write(told(given.key))


def told(asked: str = "") -> str:
    """Return the explanations of the keys asked for: one key, a section, or all.

    Raises:
        UserError: there is no such key, it does nothing here, or params.yaml is wrong.
    """
    known = knobs()
    asked_for = {
        section: {
            name: knob
            for name, knob in each.items()
            if asked in ("", section, name, f"{section}.{name}")
        }
        for section, each in known.items()
    }
    if asked not in ("", *known) and not any(asked_for.values()):
        raise UserError(_unknown(asked, known))
    titles = _titles()
    parts = [
        "\n".join(
            [f"{section}: {titles.get(section, '')}".rstrip(": "), *_lines(asked_for[section])]
        )
        for section in known
        if asked_for[section] or asked in ("", section)
    ]
    return "\n\n".join(parts) + "\n"


def knobs() -> Mapping[str, Mapping[str, ListedKey]]:
    """Return the keys of every section, except those that do nothing in this project.

    Raises:
        UserError: params.yaml is wrong.
    """
    known = sections()
    content, beside = checked(known), _beside_keys()
    idle = engine.unused(content["task"]["target"], images=images() is not False)
    listed: dict[str, dict[str, ListedKey]] = {}
    for section, keys in known.items():
        fields = _beside_fields(section)
        listed[section] = {
            name: ListedKey(
                key,
                name in content[section],
                content[section].get(name, key.default),
                beside.get((section, name)) or fields.get(name, ""),
            )
            for name, key in keys.items()
            if section != "data" or name not in idle
        }
    return listed


def _lines(knobs: Mapping[str, ListedKey]) -> Iterator[str]:
    firsts = {name: f"  {name}: {_yaml(knob.value)}" for name, knob in knobs.items()}
    column = max((len(first) for first in firsts.values() if len(first) <= 40), default=0)
    for name, knob in knobs.items():
        yield f"{firsts[name]:<{column}}   {_origin(knob)}; {allowed(knob.key)}"
        yield from wrap(knob.does, WIDTH, initial_indent="      ", subsequent_indent="      ")


def _origin(knob: ListedKey) -> str:
    if not knob.written:
        return "default"
    default = knob.key.default
    return "in params.yaml" + (f" (default {_yaml(default)})" if default is not MISSING else "")


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").strip()


def _unknown(asked: str, known: Mapping[str, Mapping[str, ListedKey]]) -> str:
    unused = engine.unused(checked(sections())["task"]["target"], images=images() is not False)
    if why := unused.get(asked.removeprefix("data.")):
        return f"data.{asked.removeprefix('data.')} does nothing here: {why}."
    names = [*known, *(f"{section}.{name}" for section in known for name in known[section])]
    plain = {name.rpartition(".")[2]: name for name in names}
    near = did_you_mean(asked, names) or did_you_mean(asked, plain, plain)
    return f"there is no key '{asked}'; {near}'samebits params' lists all of them."


def _titles() -> dict[str, str]:
    """What each section is, from the comment next to its name in params.yaml."""
    text = _text(PARAMS)
    sections = _pairs(yaml.compose(text, yaml.SafeLoader))
    return {name.value: _behind(text, _end(name, node)) for name, node in sections}


def _beside_keys() -> dict[tuple[str, str], str]:
    """The comments of params.yaml on its keys, above or next to them."""
    text, comments = _text(PARAMS), {}
    for section, keys in _pairs(yaml.compose(text, yaml.SafeLoader)):
        for name, value in _pairs(keys):
            does = _above(text, name.start_mark.index), _behind(text, _end(name, value))
            comments[section.value, name.value] = " ".join(filter(None, does))
    return comments


def _beside_fields(section: str) -> dict[str, str]:
    """The comments on a section's fields in the file that declares it, above or next to them."""
    own = Path("src", package(), YOURS[section]) if section in YOURS else Path(engine.__file__)
    text, comments = _text(own), {}
    starts = [0, *(line.end() for line in re.finditer("\n", text))]
    classes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    for node in next(each for each in classes if each.name.lower() == section).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            source = ast.get_source_segment(text, node) or ""
            start = text.index(source, starts[node.lineno - 1])
            does = _above(text, start), _behind(text, start + len(source))
            comments[node.target.id] = " ".join(filter(None, does))
    return comments


def _pairs(node: Any) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _end(name: yaml.Node, value: yaml.Node) -> int:
    """Where the line of a key ends: behind its value, or behind itself if that stands below."""
    below = isinstance(value, yaml.CollectionNode) and not value.flow_style
    return int((name if below else value).end_mark.index)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _above(text: str, at: int) -> str:
    """The comment that ends in the line above a place."""
    words = list[str]()
    for line in reversed(text[:at].split("\n")[:-1]):
        if not (comment := re.fullmatch(r"\s+#\s*(.*)", line)):
            break
        words.insert(0, comment[1].rstrip())
    return " ".join(words)


def _behind(text: str, at: int) -> str:
    """The comment after a place, on its line."""
    comment = re.fullmatch(r":?\s*#\s*(.*)", text[at:].partition("\n")[0])
    return comment[1].rstrip() if comment else ""
