"""params.yaml as typed, frozen sections: one section for each effect that a knob can have.

A stage reads each section it needs with `read(Section)` and hands on what the parts below it need.
The whole file is checked each time, so a mistake anywhere is found by the first stage that runs.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .errors import UserError

PARAMS = Path("params.yaml")
MOST_BYTES, MOST_LETTERS = 100_000, 500  # of the file, and of one text in it
LARGEST = 2**63 - 1  # of any number: what a computer counts with
MOST_SAID, DEPTH = 20, 20  # mistakes in one message, and levels of nesting

# A figure, perhaps of one class, perhaps in one slice, and what it must reach.
CONSTRAINT = re.compile(
    r"(?P<figure>[a-z]\w*(?:\[.+\])?)(?:@(?P<slice>.+?))?\s*(?P<sign><=|>=)\s*"
    r"(?P<bound>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
)
SLICE = re.compile(
    r"class|path (?P<pattern>\S.*)|(?P<of>brightness|size) "
    r"(?:in (?P<parts>[2-9]|[1-9]\d) parts|at (?P<bounds>\d+(?:\.\d+)?(?:, ?\d+(?:\.\d+)?)*))"
)


def number(low: float, high: float = float("inf")) -> Any:
    """A field whose value lies between `low` and `high`, both included."""
    return field(metadata={"low": low, "high": high})


def pattern(regular: bool) -> Any:
    """A field whose value is a pattern of file names, as a regular expression or as a shell's."""
    return field(metadata={"regular": regular})


def texts(shape: re.Pattern[str], example: str) -> Any:
    """A field whose value is a list of texts of one shape, such as `example`."""
    return field(metadata={"shape": shape, "example": example})


def names() -> Any:
    """A field whose value is a list of names."""
    return field(metadata={"names": True})


def choice(*values: str | int) -> Any:
    """A field whose value is one of `values`."""
    return field(metadata={"choices": values})


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What there is to learn from."""

    layout: str = choice("files", "tar")
    image_size: int = number(4, 4096)
    channels: int = choice(1, 3)
    bits: int = number(8, 16)
    megapixels: float = number(0.001, 10_000)
    train_dev_fraction: float = number(0.01, 0.49)
    dev_fraction: float = number(0.01, 0.49)
    test_fraction: float = number(0.01, 0.49)
    train_fraction: float = number(1e-6, 1)
    source: str = pattern(regular=False)
    target: str = pattern(regular=False)
    group: str = pattern(regular=True)
    classes: tuple[str, ...] = names()
    least_examples: int = number(1)
    imbalance: float = number(1)
    odd_size: float = number(1)
    odd_mode: float = number(0, 1)
    near_duplicate: float = number(0, 1)
    drift: float = number(0, 1)
    label_error: float = number(0, 1)
    label_error_examples: int = number(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Fit on the training set: what the network can represent."""

    width: int = number(1, 65536)
    depth: int = number(1, 10)
    activation: str = choice("relu", "gelu", "silu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimization:
    """Fit on the training set: how the weights are found."""

    optimizer: str = choice("sgd", "adam", "adamw")
    learning_rate: float = number(1e-12, 1e6)
    batch_size: int = number(1)
    epochs: int = number(1)
    warmup: float = number(0, 0.99)
    clip: float = number(0, 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularization:
    """The gap between training and dev; `early_stopping` moves the fit on training as well."""

    dropout: float = number(0, 0.99)
    weight_decay: float = number(0, 1e6)
    label_smoothing: float = number(0, 0.99)
    rotation: float = number(0, 180)
    shift: float = number(0, 1)
    flip: bool
    early_stopping: int = number(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What counts as good."""

    metric: str = texts(re.compile(r"[a-z]\w*"), "macro_f1")
    target_error: float = number(0, 1)
    constraints: tuple[str, ...] = texts(CONSTRAINT, "recall[cat] >= 0.9")
    slices: tuple[str, ...] = texts(SLICE, "brightness in 3 parts")
    slice_examples: int = number(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducibility:
    """What makes two runs equal."""

    seed: int = number(0, 2**63 - 1)
    level: str = choice("portable", "machine", "off")
    device: str = choice("cpu", "cuda", "mps")
    threads: int = number(1, 4096)
    shards: int = choice(*(2**power for power in range(11)))
    chunk: int = number(1, 4096)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """How fast it goes; no value here can change a result."""

    processes: int = number(1, 1024)
    workers: int = number(0, 1024)
    prefetch: int = number(1, 1024)
    stream: bool
    log_every: int = number(1)
    checkpoint_every: int = number(1)
    checkpoint_seconds: int = number(1)


Section = TypeVar(
    "Section", Data, Model, Optimization, Regularization, Evaluation, Reproducibility, Runtime
)
SECTIONS: dict[str, type[Any]] = {
    section.__name__.lower(): section
    for section in (
        Data,
        Model,
        Optimization,
        Regularization,
        Evaluation,
        Reproducibility,
        Runtime,
    )
}


def read(section: type[Section], path: Path = PARAMS) -> Section:
    """Read one section of the file at `path`, after checking the whole of it.

    Raises:
        UserError: the file is missing or not YAML, or holds an unknown, misplaced, missing or
            repeated key or a value out of range; the message lists every such problem.
    """
    content = contents(path)
    found = problems(content)
    if found:
        raise UserError(f"{path}: " + f"\n       {path}: ".join(found))
    values = content[section.__name__.lower()]
    return section(**{one.name: _typed(values[one.name], one) for one in fields(section)})


def problems(content: dict[str, Any]) -> list[str]:
    """Return one sentence for each thing that is wrong with the sections in `content`.

    Of very many, the first `MOST_SAID` and a word on the others.
    """
    found = list(islice(_problems(content), MOST_SAID + 1))
    return found if len(found) <= MOST_SAID else [*found[:MOST_SAID], "and more like this."]


def _problems(content: dict[str, Any]) -> Iterator[str]:
    yield from (_unknown_section(name) for name in content if name not in SECTIONS)
    for name, section in SECTIONS.items():
        values = content.get(name)
        if not isinstance(values, dict):
            yield f"section '{name}' is missing; add it with its keys {_keys(section)}."
            continue
        known = {one.name: one for one in fields(section)}
        yield from (_unknown_key(key, name) for key in values if key not in known)
        for key, one in known.items():
            if key not in values:
                takes = f"add it: it takes {_allowed(one)}."
                yield f"key '{key}' is missing from section '{name}'; {takes}"
            elif not _fits(values[key], one):
                said = f"'{name}.{key}' is {_shown(values[key])}, but takes {_allowed(one)}."
                yield said + _hint(values[key], one)


def contents(path: Path) -> dict[str, Any]:
    """Return the sections of the file at `path`, unchecked.

    Raises:
        UserError: the file is missing, not YAML, or larger than anybody writes.
    """
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8-sig")
        if len(text.encode()) > MOST_BYTES:
            raise UserError(f"{path} has more than {MOST_BYTES} bytes; restore it from Git.")
        content = yaml.load(text, Loader=_Loader)
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
    if not isinstance(content, dict):
        raise UserError(f"{path} has no sections; it needs {', '.join(SECTIONS)}.")
    return content


class _Loader(yaml.SafeLoader):
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


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in {
    "null": r"~|null|",
    "bool": r"true|false",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
}.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), first=None
    )


def _unknown_section(name: object) -> str:
    nearest = _nearest(str(name), list(SECTIONS))
    return f"there is no section {_shown(name)}; {nearest}the sections are {', '.join(SECTIONS)}."


def _unknown_key(key: object, section: str) -> str:
    homes = [name for name, other in SECTIONS.items() if key in other.__dataclass_fields__]
    if homes:
        return f"key '{key}' stands in section '{section}', but belongs in '{homes[0]}'; move it."
    everywhere = {one.name: name for name, other in SECTIONS.items() for one in fields(other)}
    own = [one.name for one in fields(SECTIONS[section])]
    close = get_close_matches(str(key), own, 1) or get_close_matches(str(key), everywhere, 1)
    hint = f"did you mean '{everywhere[close[0]]}.{close[0]}'? " if close else ""
    keys = _keys(SECTIONS[section])
    return f"there is no key {_shown(key)} in section '{section}'; {hint}its keys are {keys}."


def _nearest(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f"did you mean '{close[0]}'? " if close else ""


def _keys(section: type[Any]) -> str:
    return ", ".join(one.name for one in fields(section))


def _fits(value: Any, one: Any) -> bool:
    # bool is a kind of int to Python, but `epochs: true` is a mistake.
    if isinstance(value, bool) or one.type is bool:
        return isinstance(value, bool) and one.type is bool
    if "choices" in one.metadata:
        return value in one.metadata["choices"] and isinstance(value, one.type)
    if "names" in one.metadata:
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if "regular" in one.metadata:
        return isinstance(value, str) and (not one.metadata["regular"] or _compiles(value))
    if "shape" in one.metadata:
        listed = isinstance(value, str) if one.type is str else isinstance(value, list)
        return listed and not _misshapen(value, one)
    if not isinstance(value, int if one.type is int else (int, float)):
        return False
    # Not a number lies between no two numbers; infinity lies above the largest.
    return bool(one.metadata["low"] <= value <= min(one.metadata["high"], LARGEST))


def _misshapen(value: Any, one: Any) -> list[Any]:
    """What of a text or a list of them has not the shape."""
    shape = one.metadata["shape"]
    given = value if isinstance(value, list) else [value]
    return [text for text in given if not (isinstance(text, str) and shape.fullmatch(text))]


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:60]}…{text[-20:]}"


def _typed(value: Any, one: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    # `rotation: 10` means 10.0, and must give the same result.
    return float(value) if one.type is float else value


def _hint(value: object, one: Any) -> str:
    """A hint for a number in quotes, or for the texts of a list that are wrong."""
    if isinstance(value, list) and "shape" in one.metadata:
        return " Wrong are: " + ", ".join(f"'{text}'" for text in _misshapen(value, one)) + "."
    try:
        meant = one.type(value) if isinstance(value, str) and one.type in (int, float) else None
    except (ValueError, OverflowError):
        return ""
    if isinstance(value, (int, float)) and value > LARGEST and one.type in (int, float):
        return f" No number may be larger than {LARGEST}."
    return f" Write it as {meant}, without quotes." if _fits(meant, one) else ""


def _allowed(one: Any) -> str:
    if one.type is bool:
        return "true or false"
    if "choices" in one.metadata:
        return "one of " + ", ".join(map(str, one.metadata["choices"]))
    if "names" in one.metadata:
        return "a list of names such as [cat, dog], numbers in quotes, or [] for none"
    if "regular" in one.metadata:
        kind = "a regular expression" if one.metadata["regular"] else "a pattern such as 'phone/*'"
        return f"{kind}, or '' for none"
    if "shape" in one.metadata:
        kind = "a name" if one.type is str else "a list of texts"
        return f"{kind} such as '{one.metadata['example']}'"
    kind = "a whole number" if one.type is int else "a number"
    low, high = one.metadata["low"], one.metadata["high"]
    return f"{kind} of at least {low}" if high > LARGEST else f"{kind} from {low} to {high}"
