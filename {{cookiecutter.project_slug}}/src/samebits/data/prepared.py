"""Prepared examples: what is known of each beside its arrays, and of all together."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from ..console.errors import UserError
from ..core.files import cell, named, read_json, write_json
from .fields import Field, Fields, Shape, record
from .targets import TARGETS

CHECKSUMS, LABELS = "checksums.npy", "labels.npy"
SAID = "words.jsonl"  # what people see of each example, a text in JSON a line, where there is such


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of one prepared example, beside its arrays.

    `path` is below data/raw; `group` names those that share its split, "" for none; `facts` are the
    numbers that `decode` knows of it, such as "width", "height" and "brightness".
    """

    path: str
    label: str
    md5: str
    group: str
    facts: Mapping[str, float]

    @classmethod
    def of(cls, cells: Sequence[str], names: Sequence[str]) -> Self:
        """Return the example that `cells` describes, with facts of these names.

        What is no number is a `ValueError`.
        """
        path, label, md5, group, *facts = map(named, cells)
        return cls(path, label, md5, group, dict(zip(names, map(_number, facts), strict=True)))

    def cells(self) -> list[str]:
        """Return the cells of its row in a table: those of `COLUMNS`, then its facts."""
        facts = (
            f"{one:d}" if isinstance(one, int) else f"{one:.6f}" for one in self.facts.values()
        )
        return [*map(cell, (self.path, self.label, self.md5, self.group)), *facts]


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)


COLUMNS = ("path", "label", "md5", "group")
SHARED = ("version", "content", "target", "classes")  # of index.json, beside its fields


@dataclass(frozen=True, slots=True)
class Index:
    """What prepared examples have in common.

    `version` is that of the data, `content` the SHA-256 of all arrays in the order of the examples
    and, of each, of the fields; `target` is that of the section `task`. `classes` are their names,
    none where answers are numbers; `scale` is then the mean of the training answers and their
    standard deviation. `learnt` are the shapes of what `fit` of data.py has made.
    """

    version: str
    content: str
    target: str
    classes: list[str]
    fields: Fields
    scale: tuple[float, ...] = ()
    learnt: Mapping[str, Shape] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read index.json.

        Raises:
            UserError: it is missing or damaged.
        """
        path = folder / "index.json"
        try:
            known = read_json(path.read_text(encoding="utf-8"))
            fields = {name: Field(one[0], tuple(one[1])) for name, one in known["fields"].items()}
            record(fields)
            version, content, target, classes = (known[one] for one in SHARED)
            if target not in TARGETS:
                raise ValueError(target)
            scale = tuple(map(float, known["scale"]))
            learnt = {name: tuple(shape) for name, shape in known["learnt"].items()}
            return cls(version, content, target, classes, fields, scale, learnt)
        except FileNotFoundError:
            raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise damaged(path) from None

    def write(self, folder: Path) -> None:
        """Write index.json."""
        write_json(folder / "index.json", asdict(self))


def examples(folder: Path) -> Iterator[Example]:
    """Yield what is known of each example of the shards in `folder`, in their order.

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
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.") from None
    except ValueError:
        raise damaged(path) from None


def read_examples(folder: Path) -> list[Example]:
    """Return all `examples` of a folder."""
    return list(examples(folder))


def read_words(folder: Path, count: int) -> list[str]:
    """Return what people see of each of `count` examples in `folder`; [] where nothing is said.

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
    """Return the error that a file of prepared examples is damaged."""
    return UserError(f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'.")
