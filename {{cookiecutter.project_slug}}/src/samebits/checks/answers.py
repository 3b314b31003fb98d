"""What is asked of answers, by the target: of classes other things than of numbers."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..core.sections import Data
from ..data.findings import Finding, shown
from ..data.targets import is_number
from .class_rules import class_findings
from .class_set_rules import class_set_findings, doubted_classes, names_in, unfit
from .class_set_rules import described as described_classes
from .label_errors import label_findings
from .mask_rules import mask_findings, pixels
from .number_rules import described, doubted_numbers, number_findings


class Rules(NamedTuple):
    """What differs between targets.

    `findings` looks at all answers, `doubts` at those of some examples, with a model; `unfit` says
    what is wrong with an answer, given the names of the classes, and `summary` is what
    reports/data.json says of all. `classes` is whether there are such, `named` which of them an
    answer is, or "" of none, and `answer` what an answer is called. Only those that are words, and
    no files, are doubted and corrected.
    """

    findings: Callable[[sqlite3.Connection, Data], Iterator[Finding]]
    doubts: Callable[..., Iterator[Finding]]
    unfit: Callable[[str, Collection[str]], str]
    summary: Callable[[sqlite3.Connection], dict[str, Any]]
    classes: bool
    named: Callable[[str], Sequence[str]]
    answer: str
    words: bool = True


def _no_class(label: str, classes: Collection[str]) -> str:
    known = label in classes
    return "" if known else f"there is no class {shown(label)}; correct the line or add the class"


def _no_number(label: str, _: Collection[str]) -> str:
    return "" if is_number(label) else f"{shown(label)} is no number; correct the line"


def _no_mask(label: str, _: Collection[str]) -> str:
    return "an answer is a mask; put the right one into data/raw, and remove the line"


def _no_doubts(*_: Any) -> Iterator[Finding]:
    return iter(())


def _classes(database: sqlite3.Connection) -> dict[str, Any]:
    query = "SELECT label, count(*) FROM examples GROUP BY 1 ORDER BY 1"
    return {"classes": dict(database.execute(query).fetchall())}


def _numbers(database: sqlite3.Connection) -> dict[str, Any]:
    return {"classes": {}, "answers": described(database)}


RULES: Mapping[str, Rules] = {
    "class": Rules(
        class_findings,
        label_findings,
        _no_class,
        _classes,
        classes=True,
        named=lambda label: [label],
        answer="class",
    ),
    "classes": Rules(
        class_set_findings,
        doubted_classes,
        unfit,
        described_classes,
        classes=True,
        named=lambda label: names_in(label) or [""],
        answer="set of classes",
    ),
    "number": Rules(
        number_findings,
        doubted_numbers,
        _no_number,
        _numbers,
        classes=False,
        named=lambda _: [""],
        answer="number",
    ),
    "mask": Rules(
        mask_findings,
        _no_doubts,
        _no_mask,
        pixels,
        classes=False,
        named=lambda _: [""],
        answer="mask",
        words=False,
    ),
}
