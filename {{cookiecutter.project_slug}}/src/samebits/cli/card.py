"""Write docs/model-card.md: what the model is, how good, on what data, and where it fails.

Run: samebits card

It is made of what the stages left in reports/ and models/. People write between two marks; what
stands there is kept.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import write_bytes
from ..core.signature import Signature
from ..core.stage_outputs import read_record
from ..core.yours import package

FILE = Path("docs/model-card.md")
PART = "<!-- yours: {} -->\n{}<!-- end of yours -->"
YOURS = re.compile(PART.format(r"(\w+)", r"(.*?)"), re.DOTALL)
ASKED = {
    "use": "Say what the model is for, who uses it, and what it must not be used for.",
    "limits": "Say where it is known to fail, and whom that would harm.",
}
METRICS = ("score", "metric", "interval", "accepted", "constraints", "slices", "baselines", "test")
SHOWN = 5  # slices, the worst first


def main() -> None:
    """Write the card; keep what people wrote into the last one."""
    metrics = read_record(Path("reports/metrics.json"), "evaluate", METRICS)
    data = read_record(
        Path("reports/data.json"), "validate", ("version", "release", "examples", "found")
    )
    diagnosis = read_record(Path("reports/diagnosis.json"), "diagnose", ("sentence",))
    identity = read_record(Path("models/identity.json"), "train", ("code", "lock", "data"))
    kept = written(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    lines = card(Signature.read(), metrics, data, diagnosis["sentence"], identity, kept)
    write_bytes(FILE, "\n".join([*lines, ""]).encode())
    sys.stdout.write(f"{FILE.as_posix()} is written; now fill in the parts between its marks.\n")


def written(text: str) -> dict[str, str]:
    """Return what people wrote between the marks of a card, by the name of the part.

    Raises:
        UserError: the card lacks a mark, so what is theirs cannot be told.
    """
    written = dict(YOURS.findall(text))
    if missing := [name for name in ASKED if name not in written]:
        raise UserError(
            f"{FILE.as_posix()} lacks the marks of part '{missing[0]}', so what you wrote "
            "cannot be kept; restore them from Git, or move the file away."
        )
    return written


def card(
    signature: Signature,
    metrics: Mapping[str, Any],
    data: Mapping[str, Any],
    diagnosis: str,
    identity: Mapping[str, Any],
    kept: Mapping[str, str],
) -> Iterator[str]:
    """Yield the lines of the card.

    Args:
        signature: of the model.
        metrics, data, identity: what reports/metrics.json, reports/data.json and
            models/identity.json hold.
        diagnosis: where the error comes from.
        kept: what people wrote, by the name of the part.
    """
    yours = {name: PART.format(name, kept.get(name, f"{ask}\n")) for name, ask in ASKED.items()}
    answer = {"class": "one class", "classes": "any of several classes", "number": "a number"}
    classes = f": {', '.join(signature.classes)}" if signature.classes else ""
    kind = answer.get(signature.target, "a class for each pixel")
    yield from (f"# Model card of {package()}", "", yours["use"], "")
    yield from ("## What it is", "", f"The answer is {kind}{classes}.", "")
    yield from ("## How good it is", "", *_scores(metrics), "")
    yield from ("## Where it fails", "", diagnosis, "", *_slices(metrics), yours["limits"], "")
    release = f", release {data['release']}" if data["release"] else ""
    findings = sum(data["found"].values())
    yield from ("## Data", "", f"{data['examples']:,} examples{release}; {findings} findings.", "")
    yield from ("## What made it", "", *_table(("what", "hash"), _hashes(signature, identity)))


def _scores(metrics: Mapping[str, Any]) -> Iterator[str]:
    (low, high), test = metrics["interval"], metrics["test"]
    yield (
        f"{metrics['metric']} {metrics['score']:.6g} on {test['examples']} test examples (95 % "
        f"interval {low:.6g} to {high:.6g}); {'' if metrics['accepted'] else 'not '}accepted."
    )
    rows = [
        (name, f"{test[name]:.6g}", f"{low:.6g} to {high:.6g}")
        for name, low, high in test["intervals"]
    ]
    yield from ("", *_table(("on test", "value", "interval"), rows))
    simple = [
        (model["name"], f"{model['value']:.6g}", model["verdict"]) for model in metrics["baselines"]
    ]
    if simple:
        yield from ("", *_table(("simple model", metrics["metric"], "the network is"), simple))
    known = {True: "met", False: "missed", None: "not measured"}
    limits = [(limit["constraint"], known[limit["met"]]) for limit in metrics["constraints"]]
    if limits:
        yield from ("", *_table(("must hold", "it is"), limits))


def _slices(metrics: Mapping[str, Any]) -> Iterator[str]:
    counted = [part for part in metrics["slices"] if part["counts"] and part["split"] == "test"]
    worst = sorted(counted, key=lambda part: (-part["cost"], part["slice"]))[:SHOWN]
    rows = [(part["slice"], f"{part['examples']}", f"{part['value']:.6g}") for part in worst]
    if rows:
        yield from (*_table(("slice of test", "examples", metrics["metric"]), rows), "")


def _hashes(signature: Signature, identity: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "weights (SHA-256)", signature.weights
    yield "data (DVC)", identity["data"]
    yield "code (SHA-256)", identity["code"]
    yield "packages (SHA-256)", identity["lock"]
    level = signature.reproducibility
    yield "computed at", f"level {level['level']} on {level['device']}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        cells = (cell.replace("|", r"\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
