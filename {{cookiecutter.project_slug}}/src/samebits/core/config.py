"""params.yaml as typed, frozen sections: one section for each effect that a knob can have.

The engine's sections stand in sections.py; yours stand beside what they change, in the files that
`YOURS` names. A stage reads each section it needs with `read(Section)` and hands on what the parts
below it need. The whole file is checked each time, so a mistake anywhere is found by the first
stage that runs. Of your files the syntax alone is read for that: to import them can take torch.
"""

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import MISSING
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ..console.errors import UserError
from . import sections as engine
from .params import Key, allowed, fits, hint, keys, shown, typed
from .yours import YOURS, declared, package, reads_images

PARAMS = Path("params.yaml")
MOST_BYTES, MOST_LETTERS = 100_000, 500  # of the file, and of one text in it
MOST_SAID, DEPTH = 20, 20  # mistakes in one message, and levels of nesting
# What one turns every day first, what nobody needs to turn last: as params.yaml has them.
ORDER = (
    *("model", "optimization", "augmentation", "regularization", "input", "task", "data"),
    *("evaluation", "reproducibility", "runtime"),
)
ENGINE = {
    section.__name__.lower(): keys(section)
    for section in (
        *(engine.Task, engine.Data, engine.Optimization, engine.Regularization),
        *(engine.Evaluation, engine.Reproducibility, engine.Runtime),
    )
}

Section = TypeVar("Section")
Sections = Mapping[str, Mapping[str, Key]]


def sections() -> Sections:
    """Return the keys of every section, the engine's and those of the project in this folder.

    Raises:
        UserError: a file that declares one is missing, or holds none.
    """
    folder = Path("src", package())
    yours = {name: declared(folder / file, name) for name, file in YOURS.items()}
    return {name: {**ENGINE, **yours}[name] for name in ORDER if name in {*ENGINE, *yours}}


def read(section: type[Section], path: Path = PARAMS) -> Section:
    """Read one section of the file at `path`, after checking the whole of it.

    Raises:
        UserError: the file is missing or not YAML, or holds an unknown, misplaced, missing or
            repeated key or a value out of range; the message lists every such problem.
    """
    name = section.__name__.lower()
    known = {**sections(), name: keys(section)}
    return section(**_typed(checked(known, path)[name], known[name]))


def values(section: str, path: Path = PARAMS) -> dict[str, Any]:
    """Return the values of a section by key, for who does not import the file that declares it.

    Raises:
        UserError: as `read`.
    """
    known = sections()
    return _typed(checked(known, path)[section], known[section])


def checked(known: Sections, path: Path = PARAMS) -> dict[str, Any]:
    """Return the sections of the file at `path`, as they are written there.

    Raises:
        UserError: as `read`.
    """
    content = contents(path)
    if wrong := problems(content, known):
        raise UserError(f"{path}: " + f"\n       {path}: ".join(wrong))
    return content


def left_out(*names: str) -> frozenset[str]:
    """Return the keys of sections that params.yaml does not have, as `data.odd_size`.

    They have their defaults, and `dvc exp run -S` takes them with a plus alone.

    Raises:
        UserError: as `read`.
    """
    known = sections()
    content = checked(known)
    return frozenset(
        f"{name}.{key}" for name in names for key in known[name] if key not in content[name]
    )


def check_slices(facts: Collection[str], path: Path = PARAMS) -> None:
    """Refuse slices by numbers that no example has, early, in a stage that no slice can change.

    Args:
        facts: the names of the numbers that examples have.

    Raises:
        UserError: `evaluation.slices` names another one.
    """
    kinds = contents(path)["evaluation"]["slices"]
    if problem := next(filter(None, (engine.unknown_fact(kind, facts) for kind in kinds)), ""):
        raise UserError(problem)


def _typed(values: Mapping[str, Any], known: Mapping[str, Key]) -> dict[str, Any]:
    return {name: typed(values.get(name, key.default), key) for name, key in known.items()}


def images() -> bool | None:
    """Return whether the project in this folder learns from images; None if data.py leaves it open.

    Raises:
        UserError: there is none.
    """
    path = Path("src", package(), YOURS["input"])
    declared(path, "input")  # which says what is wrong with the file
    return reads_images(path.read_bytes())


def problems(content: dict[str, Any], known: Sections | None = None) -> list[str]:
    """Return one sentence for each thing that is wrong with the sections in `content`.

    Of very many, the first `MOST_SAID` and a word on the others.
    """
    known = known or sections()
    wrong = list(islice(_problems(content, known), MOST_SAID + 1))
    wrong = wrong or [*_idle(content), *engine.contradictions(content)]
    return wrong if len(wrong) <= MOST_SAID else [*wrong[:MOST_SAID], "and more like this."]


def _problems(content: dict[str, Any], known: Sections) -> Iterator[str]:
    yield from (_unknown_section(name, known) for name in content if name not in known)
    for name, section in known.items():
        values = content.get(name)
        if not isinstance(values, dict):
            yield f"section '{name}' is missing; add it with its keys {', '.join(section)}."
            continue
        yield from (_unknown_key(key, name, known) for key in values if key not in section)
        for key, rule in section.items():
            value = values.get(key, rule.default)
            if value is MISSING:
                yield (
                    f"key '{key}' is missing from section '{name}'; add it: it takes "
                    f"{allowed(rule)}."
                )
            elif not fits(value, rule):
                said = f"'{name}.{key}' is {shown(value)}, but takes {allowed(rule)}."
                yield said + hint(value, rule)


def _idle(content: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the keys of section `data` that do nothing in this project."""
    unused = engine.unused(content["task"]["target"], images=images() is not False)
    for why in dict.fromkeys(unused.values()):
        if idle := [key for key in content["data"] if unused.get(key) == why]:
            those = "it" if len(idle) == 1 else "them"
            yield f"delete {', '.join(idle)} from section 'data': {why}, so nothing reads {those}."


def contents(path: Path) -> dict[str, Any]:
    """Return the sections of the file at `path`, unchecked.

    Raises:
        UserError: as `loaded`, or it has none.
    """
    content = loaded(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} has no sections; it needs {', '.join(ORDER)}.")
    return content


def loaded(path: Path) -> Any:
    """Return what the YAML file at `path` holds.

    Raises:
        UserError: the file is missing, not YAML, or larger than anybody writes.
    """
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8-sig")
        if len(text.encode()) > MOST_BYTES:
            raise UserError(f"{path} has more than {MOST_BYTES} bytes; restore it from Git.")
        return yaml.load(text, Loader=_StrictLoader)
    except FileNotFoundError:
        raise UserError(f"there is no {path} here; run this from the project's folder.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; save it as that.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}," if mark else ""
        raise UserError(f"{path}{line} is not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None


class _StrictLoader(yaml.SafeLoader):
    """Reads plain words as DVC does, by YAML 1.2, and refuses a key that stands twice.

    PyYAML's own rules are those of YAML 1.1, to which `off` is false and `1e-5` is text. What no
    parameter needs, tags, aliases and deep nesting, is refused: it can be without end.
    """

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        problem = ""
        if isinstance(event, yaml.AliasEvent):
            problem = f"the alias *{event.anchor}; write out what it stands for"
        elif getattr(event, "tag", None):
            problem = f"the tag {event.tag}; write the value without it"
        elif self.depth == DEPTH:
            problem = "brackets or lines that are nested too deeply; no parameter needs that"
        elif isinstance(event, yaml.ScalarEvent) and len(event.value) > MOST_LETTERS:
            problem = f"a value of more than {MOST_LETTERS} letters; shorten it"
        if problem:
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key.value}' stands twice; keep one of them", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern in {
    "null": r"~|null|",
    "bool": r"true|false",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
}.items():
    _StrictLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), first=None
    )


def _unknown_section(name: object, known: Sections) -> str:
    nearest = _nearest(str(name), list(known))
    return f"there is no section {shown(name)}; {nearest}the sections are {', '.join(known)}."


def _unknown_key(key: object, section: str, known: Sections) -> str:
    homes = [name for name, other in known.items() if key in other]
    if homes:
        return f"key '{key}' stands in section '{section}', but belongs in '{homes[0]}'; move it."
    everywhere = {other: name for name, keys in known.items() for other in keys}
    close = get_close_matches(str(key), list(known[section]), 1)
    close = close or get_close_matches(str(key), everywhere, 1)
    near = f"did you mean '{everywhere[close[0]]}.{close[0]}'? " if close else ""
    its = ", ".join(known[section])
    return f"there is no key {shown(key)} in section '{section}'; {near}its keys are {its}."


def _nearest(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f"did you mean '{close[0]}'? " if close else ""
