"""Prepared examples: their table examples.csv and their index.json."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from ..console.errors import UserError
from ..core.files import cell, named, read_json, write_json
from .fields import Field, Fields, Shape, record
from .targets import TARGETS

CHECKSUMS, LABELS = "checksums.npy", "labels.npy"
SAID = "words.jsonl"  # the text that people see of each example, if any, a JSON string per line


@dataclass(frozen=True, slots=True)
class Example:
    """A prepared example, without its arrays.

    `path` is below data/raw; `group` is shared by examples that stay in one split, "" for none;
    `facts` are the numbers from `decode`, such as "width", "height" and "brightness".
    """

    path: str
    label: str
    md5: str
    group: str
    facts: Mapping[str, float]

    @classmethod
    def of(cls, cells: Sequence[str], names: Sequence[str]) -> Self:
        """Return the example that `cells` describe, with facts of these names.

        Raises:
            ValueError: a fact is not a number.
        """
        path, label, md5, group, *facts = map(named, cells)
        return cls(path, label, md5, group, dict(zip(names, map(_number, facts), strict=True)))

    def cells(self) -> list[str]:
        """Return the cells of its row in a table: those of `COLUMNS`, then its facts."""
        facts = (
            f"{fact:d}" if isinstance(fact, int) else f"{fact:.6f}" for fact in self.facts.values()
        )
        return [*map(cell, (self.path, self.label, self.md5, self.group)), *facts]


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)


COLUMNS = ("path", "label", "md5", "group")
SHARED = ("version", "content", "target", "classes")  # of index.json, besides its fields


@dataclass(frozen=True, slots=True)
class Index:
    """What prepared examples have in common.

    `version` is that of the data, `content` the SHA-256 of all arrays, by example and then by
    field; `target` is that of section `task`. `classes` are the names of the classes, empty if
    answers are numbers; `scale` is then the mean and standard deviation of the training answers.
    `learnt` are the shapes of the arrays that `fit` of data.py returned. `input` is what else
    became of a content on its way here: keys of the sections `task` and `data`, the section `input`
    as `settings`, and the `fields` that `decode` returns.
    """

    version: str
    content: str
    target: str
    classes: list[str]
    fields: Fields
    scale: tuple[float, ...] = ()
    learnt: Mapping[str, Shape] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read index.json.

        Raises:
            UserError: it is missing or damaged.
        """
        path = folder / "index.json"
        try:
            known = read_json(path.read_text(encoding="utf-8"))
            fields = {
                name: Field(dtype, tuple(shape)) for name, (dtype, shape) in known["fields"].items()
            }
            record(fields)
            version, content, target, classes = (known[key] for key in SHARED)
            if target not in TARGETS:
                raise ValueError(target)
            scale = tuple(map(float, known["scale"]))
            learnt = {name: tuple(shape) for name, shape in known["learnt"].items()}
            return cls(version, content, target, classes, fields, scale, learnt, known["input"])
        except FileNotFoundError:
            raise UserError(f"{path.as_posix()} is missing; run 'dvc repro prepare'.") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise damaged(path) from None

    def write(self, folder: Path) -> None:
        """Write index.json."""
        write_json(folder / "index.json", asdict(self))


def examples(folder: Path) -> Iterator[Example]:
    """Yield the examples of the shards in `folder`, in their order.

    Raises:
        UserError: a file is missing or damaged.
    """
    path = folder / "examples.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            columns = tuple(next(reader, ()))
            if columns[: len(COLUMNS)] != COLUMNS:
                raise ValueError
            yield from (Example.of(cells, columns[len(COLUMNS) :]) for cells in reader)
    except FileNotFoundError:
        raise UserError(f"{path.as_posix()} is missing; run 'dvc repro prepare'.") from None
    except ValueError:
        raise damaged(path) from None


def read_examples(folder: Path) -> list[Example]:
    """Return all `examples` of a folder."""
    return list(examples(folder))


def read_words(folder: Path, count: int) -> list[str]:
    """Return the texts that people see of the `count` examples in `folder`; [] without texts.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / SAID
    if not path.exists():
        return []
    try:
        words = [str(read_json(line)) for line in path.read_bytes().splitlines()]
    except ValueError:
        raise damaged(path) from None
    if len(words) != count:
        raise damaged(path)
    return words


def damaged(path: Path) -> UserError:
    """Return the error for a damaged file of prepared examples."""
    return UserError(f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'.")
