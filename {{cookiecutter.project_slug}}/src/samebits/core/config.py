"""params.yaml as typed, frozen sections: one section per effect of its knobs.

The engine's sections are in sections.py; yours are next to what they change, in the files that
`YOURS` names. A stage reads each section it needs with `read(Section)` and passes on what the parts
below it need. The whole file is checked each time, so the first stage that runs finds a mistake
anywhere. Your files are parsed for this, not imported: importing them may require torch.
"""

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import MISSING
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ..console.errors import UserError
from ..console.spelling import did_you_mean
from . import sections as engine
from .key_kinds import Key, allowed, fits, hint, keys, shown, typed
from .yours import YOURS, declared, package, reads_images

PARAMS = Path("params.yaml")
MOST_BYTES, MOST_LETTERS = 100_000, 500  # of the file, and of one text in it
MOST_SAID, DEPTH = 20, 20  # mistakes in one message, and levels of nesting
# Everyday sections first, rarely changed ones last, as in params.yaml.
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
    """Return the keys of every section: the engine's and those of the project in this folder.

    Raises:
        UserError: a file that should declare a section is missing, or does not.
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
    """Return the values of a section by key, without importing the file that declares it.

    Raises:
        UserError: as `read`.
    """
    known = sections()
    return _typed(checked(known, path)[section], known[section])


def checked(known: Sections, path: Path = PARAMS) -> dict[str, Any]:
    """Return the sections of the file at `path`, as written there.

    Raises:
        UserError: as `read`.
    """
    content = contents(path)
    if wrong := problems(content, known):
        raise UserError(f"{path}: " + f"\n       {path}: ".join(wrong))
    return content


def left_out(*names: str) -> frozenset[str]:
    """Return the keys that params.yaml leaves out, such as `data.odd_size`.

    They have defaults, and `dvc exp run -S` takes them only with a plus.

    Raises:
        UserError: as `read`.
    """
    known = sections()
    content = checked(known)
    return frozenset(
        f"{name}.{key}" for name in names for key in known[name] if key not in content[name]
    )


def check_slices(facts: Collection[str], path: Path = PARAMS) -> None:
    """Refuse slices by numbers that no example has, early, in a stage that slices cannot change.

    Args:
        facts: the names of the numbers that examples have.

    Raises:
        UserError: `evaluation.slices` names an unknown number.
    """
    kinds = contents(path)["evaluation"]["slices"]
    if problem := next(filter(None, (engine.unknown_fact(kind, facts) for kind in kinds)), ""):
        raise UserError(problem)


def _typed(values: Mapping[str, Any], known: Mapping[str, Key]) -> dict[str, Any]:
    return {name: typed(values.get(name, key.default), key) for name, key in known.items()}


def images() -> bool | None:
    """Return whether the project in this folder learns from images; None if data.py leaves it open.

    Raises:
        UserError: there is no project here.
    """
    path = Path("src", package(), YOURS["input"])
    declared(path, "input")  # which says what is wrong with the file
    return reads_images(path.read_bytes())


def problems(content: dict[str, Any], known: Sections | None = None) -> list[str]:
    """Return one sentence for each thing that is wrong with the sections in `content`.

    If there are very many, return the first `MOST_SAID` and a word on the others.
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
    """Yield a problem for each key of section `data` that does nothing in this project."""
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
        UserError: the file is missing, not YAML, or too large.
    """
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8-sig")
        if len(text.encode()) > MOST_BYTES:
            raise UserError(f"{path} has more than {MOST_BYTES} bytes; restore it from Git.")
        return yaml.load(text, Loader=_StrictLoader)
    except FileNotFoundError:
        raise UserError(f"there is no {path} here; run this from the project's folder.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}," if mark else ""
        raise UserError(f"{path}{line} is not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None


class _StrictLoader(yaml.SafeLoader):
    """Reads plain words by YAML 1.2, as DVC does, and refuses repeated keys.

    PyYAML itself follows YAML 1.1, in which `off` is false and `1e-5` is text. Tags, aliases and
    deep nesting are refused: no parameter needs them, and they can expand without end.
    """

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        problem = ""
        if isinstance(event, yaml.AliasEvent):
            problem = f"the alias *{event.anchor}; write out its value"
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
                    None, None, f"key '{key.value}' appears twice; keep one of them", key.start_mark
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
    near = did_you_mean(str(name), known)
    return f"there is no section {shown(name)}; {near}the sections are {', '.join(known)}."


def _unknown_key(key: object, section: str, known: Sections) -> str:
    homes = [name for name, other in known.items() if key in other]
    if homes:
        return f"key '{key}' is in section '{section}', but belongs in '{homes[0]}'; move it."
    everywhere = {other: f"{name}.{other}" for name, keys in known.items() for other in keys}
    own = {other: f"{section}.{other}" for other in known[section]}
    near = did_you_mean(str(key), own, own) or did_you_mean(str(key), everywhere, everywhere)
    its = ", ".join(known[section])
    return f"there is no key {shown(key)} in section '{section}'; {near}its keys are {its}."
