"""What is wrong or odd in the data: the rules by name, and one table of what they found."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_SHOWN = 20  # sentences of a rule in the message of a refusal
MOST_KEPT = 10_000  # findings of a rule in the table, and as many accepted; others are counted
MOST_PATHS = 100  # paths of one finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding.

    An `error` stops the pipeline, unless it is accepted with a reason; one that is not `acceptable`
    can only be mended. Examples of an accepted finding that `leaves_out` are not learned from.
    """

    title: str
    error: bool
    acceptable: bool = True
    leaves_out: bool = False


RULES = {
    "misplaced": Rule("not where examples stand", error=True, leaves_out=True),
    "empty-file": Rule("zero bytes", error=True, leaves_out=True),
    "unreadable": Rule("unreadable or truncated", error=True, leaves_out=True),
    "too-large": Rule("too many pixels", error=True, leaves_out=True),
    "unlabelled": Rule("example without an answer", error=True, leaves_out=True),
    "untimed": Rule("example without a time", error=True, leaves_out=True),
    "ungrouped": Rule("example without a group", error=True, leaves_out=True),
    "missing-file": Rule("answer without its example", error=True, leaves_out=True),
    "lost-content": Rule("content that the pixels would not show", error=True),
    "wrong-type": Rule("wrong type behind the extension", error=True),
    "many-classes": Rule("answers that are hardly classes", error=True),
    "single-classes": Rule("one class each, where there may be several", error=True),
    "constant-class": Rule("class that hardly an example lacks", error=True),
    "few-classes": Rule("fewer than two classes", error=True, acceptable=False),
    "empty-class": Rule("class without an example", error=True),
    "small-class": Rule("class with hardly an example", error=True),
    "similar-classes": Rule("classes that differ by case only", error=True),
    "paired-folders": Rule("images and their masks as two classes", error=True),
    "missing-class": Rule("expected class missing", error=True, acceptable=False),
    "empty-split": Rule("split without an example", error=True, acceptable=False),
    "unlearnt-class": Rule("class that train lacks", error=True, acceptable=False),
    "unseen-class": Rule("class that dev or test lacks", error=True),
    "unexpected-class": Rule("class that was not expected", error=False),
    "no-number": Rule("answer that is no number", error=True, acceptable=False),
    "no-class": Rule("mask with a value that is no class", error=True, acceptable=False),
    "two-masks": Rule("one image with two masks", error=True),
    "plain-masks": Rule("masks of one class alone", error=False),
    "few-examples": Rule("hardly an example", error=True),
    "constant-answer": Rule("the same answer for all", error=True, acceptable=False),
    "two-labels": Rule("one example under two labels", error=True, acceptable=False),
    "two-answers": Rule("equal rows with different answers", error=False),
    "two-splits": Rule("one example in two splits", error=True),
    "corrections": Rule("correction that does not fit", error=True, acceptable=False),
    "acceptance": Rule("acceptance that does not fit", error=True, acceptable=False),
    "stale-acceptance": Rule("acceptance of nothing", error=False, acceptable=False),
    "cut-content": Rule("examples of which an end is cut off", error=False),
    "constant-column": Rule("columns that tell nothing", error=False),
    "missing-column": Rule("columns with many missing cells", error=False),
    "leaking-column": Rule("columns that tell the answer", error=False),
    "far-answer": Rule("answers far from all others", error=False),
    "label-error": Rule("probable label error", error=False),
    "near-duplicates": Rule("near-duplicates", error=False),
    "copies": Rule("copies of one example", error=False),
    "imbalance": Rule("imbalance of the classes", error=False),
    "odd-name": Rule("name that other systems cannot hold", error=False),
    "more-frames": Rule("frames, pages or channels beyond the first", error=False),
    "odd-size": Rule("odd size", error=False),
    "odd-mode": Rule("odd colour mode", error=False),
    "unused-bits": Rule("bits that no image uses", error=False),
    "brightness-drift": Rule("brightness has drifted", error=False),
    "size-drift": Rule("sizes have drifted", error=False),
    "value-drift": Rule("values have drifted", error=False),
    "odd-length": Rule("odd length", error=False),
    "unseen-category": Rule("category that train lacks", error=False),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found.

    `message` is a sentence: what, where, how to mend it. `paths` are below data/raw, `md5` the
    hashes of their content ("" unknown); `classes` are those concerned where no path is.
    `accepted` is the reason for which it may stand, "" for none.
    """

    rule: str
    message: str
    paths: tuple[str, ...] = ()
    md5: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    accepted: str = ""

    @property
    def stops(self) -> bool:
        """Whether it stops the pipeline."""
        return RULES[self.rule].error and not self.accepted

    def record(self) -> dict[str, Any]:
        """Return the finding as a row of the table in reports/data.json."""
        return {
            "rule": self.rule,
            "severity": "error" if RULES[self.rule].error else "warning",
            "accepted": self.accepted or None,
            "message": self.message,
            "paths": list(self.paths),
            "md5": list(self.md5),
            "classes": list(self.classes),
        }


def shown(name: str) -> str:
    """Return a name for a sentence: as it is, or quoted where it would break or turn the line."""
    return name if name.isprintable() and name else json.dumps(name)


class Table:
    """All findings, in the order of the rules; of very many of one rule, the first and a count."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.kept: dict[str, list[Finding]] = {name: [] for name in RULES}
        self.found: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.stopping: Counter[str] = Counter()
        self.left_out: list[str] = []
        for one in findings:
            self._add(one)

    def _add(self, one: Finding) -> None:
        self.found[one.rule] += 1
        self.accepted[one.rule] += bool(one.accepted)
        self.stopping[one.rule] += one.stops
        accepted = self.accepted[one.rule]
        if (accepted if one.accepted else self.found[one.rule] - accepted) <= MOST_KEPT:
            self.kept[one.rule].append(one)
        if one.accepted and RULES[one.rule].leaves_out:
            self.left_out += one.paths

    def record(self) -> dict[str, Any]:
        """Return what reports/data.json says of the findings."""
        rows = [one.record() for kept in self.kept.values() for one in kept]
        return {
            "errors": self.stopping.total(),
            "left_out": sorted(self.left_out),
            "found": {name: self.found[name] for name in RULES if self.found[name]},
            "accepted": {name: self.accepted[name] for name in RULES if self.accepted[name]},
            "findings": rows,
        }

    def refusal(self) -> str:
        """Return the text that stops the pipeline, "" if nothing does."""
        lines = []
        for name, count in self.stopping.items():
            if count:
                lines += self._listed(name, count)
        total = self.stopping.total()
        return f"{total} error(s) in the data:\n" + "\n".join(lines) if total else ""

    def _listed(self, name: str, count: int) -> list[str]:
        messages = [one.message for one in self.kept[name] if one.stops][:MOST_SHOWN]
        lines = [f"  {RULES[name].title} ({name}): {count}", *(f"    {one}" for one in messages)]
        return (
            lines if count <= len(messages) else [*lines, f"    and {count - len(messages)} more"]
        )
