"""The rules about answers, by target."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..core.sections import Data
from ..data.fields import Fields
from ..data.findings import DataFinding, shown
from ..data.targets import is_number
from .class_rules import class_findings
from .class_set_rules import class_set_findings, doubted_classes, names_in, unfit
from .class_set_rules import described as described_classes
from .label_errors import label_findings
from .mask_label_errors import doubted_masks, pictured
from .mask_rules import mask_findings, pixels
from .number_rules import described, doubted_numbers, number_findings


class TargetRules(NamedTuple):
    """What differs between targets.

    `findings` checks all answers; `doubts` checks those of a sample with a model. `unfit` says what
    is wrong with an answer, given the names of the classes; `summary` is the part of
    reports/data.json on all
    answers. `classes` says whether the target has classes, `named` which of them an
    answer names ("" for none), `answer` what an answer is called. Answers that are `words`, not
    files, can be corrected; `doubtful` says whether examples with these fields can be doubted.
    """

    findings: Callable[[sqlite3.Connection, Data], Iterator[DataFinding]]
    doubts: Callable[..., Iterator[DataFinding]]
    unfit: Callable[[str, Collection[str]], str]
    summary: Callable[[sqlite3.Connection], dict[str, Any]]
    classes: bool
    named: Callable[[str], Sequence[str]]
    answer: str
    words: bool = True
    doubtful: Callable[[Fields], bool] = lambda _: True


def _no_class(label: str, classes: Collection[str]) -> str:
    known = label in classes
    return "" if known else f"there is no class {shown(label)}; correct the line or add the class"


def _no_number(label: str, _: Collection[str]) -> str:
    return "" if is_number(label) else f"{shown(label)} is not a number; correct the line"


def _no_mask(label: str, _: Collection[str]) -> str:
    return "an answer is a mask; put the right one into data/raw, and remove the line"


def _classes(database: sqlite3.Connection) -> dict[str, Any]:
    query = "SELECT label, count(*) FROM examples GROUP BY 1 ORDER BY 1"
    return {"classes": dict(database.execute(query).fetchall())}


def _numbers(database: sqlite3.Connection) -> dict[str, Any]:
    return {"classes": {}, "answers": described(database)}


RULES: Mapping[str, TargetRules] = {
    "class": TargetRules(
        class_findings,
        label_findings,
        _no_class,
        _classes,
        classes=True,
        named=lambda label: [label],
        answer="class",
    ),
    "classes": TargetRules(
        class_set_findings,
        doubted_classes,
        unfit,
        described_classes,
        classes=True,
        named=lambda label: names_in(label) or [""],
        answer="set of classes",
    ),
    "number": TargetRules(
        number_findings,
        doubted_numbers,
        _no_number,
        _numbers,
        classes=False,
        named=lambda _: [""],
        answer="number",
    ),
    "mask": TargetRules(
        mask_findings,
        doubted_masks,
        _no_mask,
        pixels,
        classes=False,
        named=lambda _: [""],
        answer="mask",
        words=False,
        doubtful=pictured,
    ),
}
