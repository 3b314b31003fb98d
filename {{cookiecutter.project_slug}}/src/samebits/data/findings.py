"""What is wrong or odd in the data: the rules by name, and the table of their findings."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_SHOWN = 20  # sentences of a rule in the message of a refusal
MOST_KEPT = 10_000  # findings of a rule in the table, and as many accepted; the rest is counted
MOST_PATHS = 100  # paths of one finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding.

    An `error` stops the pipeline unless it is accepted with a reason; one that is not `acceptable`
    must be fixed. If the rule `leaves_out`, examples of accepted findings are not learned from.
    """

    title: str
    error: bool
    acceptable: bool = True
    leaves_out: bool = False


RULES = {
    "misplaced": Rule("file in the wrong place", error=True, leaves_out=True),
    "empty-file": Rule("zero bytes", error=True, leaves_out=True),
    "unreadable": Rule("unreadable or truncated", error=True, leaves_out=True),
    "too-large": Rule("too many pixels", error=True, leaves_out=True),
    "unlabelled": Rule("example without an answer", error=True, leaves_out=True),
    "untimed": Rule("example without a time", error=True, leaves_out=True),
    "ungrouped": Rule("example without a group", error=True, leaves_out=True),
    "missing-file": Rule("answer without its example", error=True, leaves_out=True),
    "lost-content": Rule("content that decoding would lose", error=True),
    "wrong-type": Rule("type other than the extension says", error=True),
    "many-classes": Rule("answers that do not look like classes", error=True),
    "single-classes": Rule("one class each, where there may be several", error=True),
    "constant-class": Rule("class that almost every example has", error=True),
    "few-classes": Rule("fewer than two classes", error=True, acceptable=False),
    "empty-class": Rule("class without an example", error=True),
    "small-class": Rule("class with very few examples", error=True),
    "similar-classes": Rule("classes that differ only in case", error=True),
    "paired-folders": Rule("images and their masks as two classes", error=True),
    "missing-class": Rule("expected class missing", error=True, acceptable=False),
    "empty-split": Rule("split without an example", error=True, acceptable=False),
    "unlearnt-class": Rule("class that train lacks", error=True, acceptable=False),
    "unseen-class": Rule("class that dev or test lacks", error=True),
    "unexpected-class": Rule("class that was not expected", error=False),
    "no-number": Rule("answer that is not a number", error=True, acceptable=False),
    "no-class": Rule("mask with a value that is not a class", error=True, acceptable=False),
    "two-masks": Rule("one image with two masks", error=True),
    "plain-masks": Rule("masks with only one class", error=False),
    "few-examples": Rule("very few examples", error=True),
    "constant-answer": Rule("the same answer for all", error=True, acceptable=False),
    "two-labels": Rule("one example under two labels", error=True, acceptable=False),
    "two-answers": Rule("equal rows with different answers", error=False),
    "two-splits": Rule("one example in two splits", error=True),
    "corrections": Rule("correction that does not fit", error=True, acceptable=False),
    "acceptance": Rule("acceptance that does not fit", error=True, acceptable=False),
    "stale-acceptance": Rule("acceptance of nothing", error=False, acceptable=False),
    "cut-content": Rule("examples whose end is cut off", error=False),
    "constant-column": Rule("columns without information", error=False),
    "missing-column": Rule("columns with many missing cells", error=False),
    "leaking-column": Rule("columns that give away the answer", error=False),
    "far-answer": Rule("answers far from all others", error=False),
    "label-error": Rule("probable label error", error=False),
    "near-duplicates": Rule("near-duplicates", error=False),
    "copies": Rule("copies of one example", error=False),
    "imbalance": Rule("imbalance of the classes", error=False),
    "odd-name": Rule("name that other systems do not allow", error=False),
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
class DataFinding:
    """One thing that a rule found.

    `message` is a sentence: what, where, and the cure. `paths` are below data/raw, `md5` the hashes
    of their content ("" if unknown); `classes` are those affected, if no path is. `accepted` is the
    reason for accepting it, or "".
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
    """Return a name for a sentence: unchanged, or quoted if it would break the line."""
    return name if name.isprintable() and name else json.dumps(name)


class Table:
    """All findings, in the order of the rules; if a rule has very many, the first and a count."""

    def __init__(self, findings: Iterable[DataFinding]) -> None:
        self.kept: dict[str, list[DataFinding]] = {name: [] for name in RULES}
        self.counts: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.stopping: Counter[str] = Counter()
        self.left_out: list[str] = []
        for finding in findings:
            self._add(finding)

    def _add(self, finding: DataFinding) -> None:
        rule = finding.rule
        self.counts[rule] += 1
        self.accepted[rule] += bool(finding.accepted)
        self.stopping[rule] += finding.stops
        accepted = self.accepted[rule]
        if (accepted if finding.accepted else self.counts[rule] - accepted) <= MOST_KEPT:
            self.kept[rule].append(finding)
        if finding.accepted and RULES[rule].leaves_out:
            self.left_out += finding.paths

    def record(self) -> dict[str, Any]:
        """Return the findings as in reports/data.json."""
        rows = [finding.record() for kept in self.kept.values() for finding in kept]
        return {
            "errors": self.stopping.total(),
            "left_out": sorted(self.left_out),
            "found": {name: self.counts[name] for name in RULES if self.counts[name]},
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
        messages = [finding.message for finding in self.kept[name] if finding.stops][:MOST_SHOWN]
        lines = [f"  {RULES[name].title} ({name}): {count}"]
        lines += [f"    {message}" for message in messages]
        return (
            lines if count <= len(messages) else [*lines, f"    and {count - len(messages)} more"]
        )
