"""Check the data before training: apply every rule, and collect the findings in one table."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..core.sections import Data
from ..data.corrections import FILE, Correction, labels, misfits, read_corrections
from ..data.coverage import coverage_findings
from ..data.decode_cache import DamagedBlock, DecodeCache
from ..data.fields import image_of
from ..data.findings import Table
from ..data.index import Catalogue
from ..data.splits import Cut, split_of
from . import accepted, drift, image_rules
from .accepted import Accepted
from .columns import column_findings, columns_of
from .copies import same_findings
from .file_rules import file_findings
from .label_sample import Sampled, look_of, sample
from .near_duplicates import neighbour_findings
from .target_rules import RULES, TargetRules
from .views import open_views


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The small files that people maintain next to the data; each may be missing."""

    corrections: Path = FILE
    accepted: Path = accepted.FILE
    reference: Path = drift.FILE


def validate(
    catalogue: Catalogue,
    raw: Path,
    data: Data,
    version: str,
    out_of_fold: Callable[..., NDArray[Any]],
    reviewed: Reviewed,
    workers: int = 0,
    target: str = "class",
) -> tuple[dict[str, Any], Table]:
    """Apply every rule to the examples in `raw`, and describe them.

    Near-duplicates and oddities of images are checked for images only, and drift for the facts that
    the examples have; "not_looked_for" lists the rules that could not be applied.

    Args:
        catalogue: the examples; it is filled first.
        raw: the folder of the examples.
        data: what is expected, and when to warn.
        version: DVC's hash of the raw data.
        out_of_fold: the model that checks labels.
        reviewed: people's files about the data.
        workers: processes that read files; they change no byte of the result.
        target: what an answer is.

    Returns:
        The content of reports/data.json, and the findings.

    Raises:
        UserError: the folder is missing, or data/reference.json is damaged.
    """
    catalogue.fill(raw, workers)
    try:
        return _judged(catalogue, data, version, out_of_fold, reviewed, RULES[target])
    except DamagedBlock as damaged:
        catalogue.forget([str(damaged)])
    return validate(catalogue, raw, data, version, out_of_fold, reviewed, workers, target)


def _judged(
    catalogue: Catalogue,
    data: Data,
    version: str,
    out_of_fold: Callable[..., NDArray[Any]],
    reviewed: Reviewed,
    rules: TargetRules,
) -> tuple[dict[str, Any], Table]:
    database, cache = catalogue.database, DecodeCache(catalogue)
    image = image_of(catalogue.decoder.fields)
    rows, unusable = read_corrections(reviewed.corrections)
    acceptances, cut = Accepted.read(reviewed.accepted), catalogue.cut(data)
    before = drift.last_release(reviewed.reference, version)
    open_views(database, labels(rows))
    sampled = list[Sampled]()
    if rules.doubtful(catalogue.decoder.fields):
        classes = _classes(database, rules)
        sampled = sample(database, data, classes=classes, words=rules.words)
    columns = columns_of(sampled if rules.words else (), cache, catalogue.decoder.columns)
    now = drift.statistics(database, columns)
    known = {*_names(database), *data.classes}
    findings = chain(
        file_findings(database),
        image_rules.image_findings(database, data) if catalogue.decoder.images else (),
        rules.findings(database, data),
        coverage_findings(
            _splits(database, data, rules, cut), data, cut is not None, catalogue.grouped
        ),
        same_findings(database, data, cut, classes=rules.classes, answer=rules.answer),
        unusable,
        misfits(
            rows, _folders(database), lambda label: rules.unfit(label, known), reviewed.corrections
        ),
        acceptances.problems,
        column_findings(
            columns,
            [example.label for example, _ in sampled],
            _splits_of(database, data, cut, sampled) if columns else [],
            [example.path for example, _ in sampled],
        ),
        rules.doubts(sampled, look_of(catalogue, cache, sampled), out_of_fold, data),
        neighbour_findings(database, lambda at: cache(at)[image], data, cut, labels=rules.words)
        if image
        else (),
        drift.drift_findings(now, before, data),
    )
    # Stale acceptances are known once all findings have passed.
    table = Table(chain(acceptances.apply(findings), acceptances.stale()))
    summary = {
        "version": version,
        **_counts(database, rules),
        "statistics": now,
        "compared_with": before["version"] if before else None,
        "labels_examined": len(sampled),
        "corrections": [asdict(row) | {"examples": _corrected(database, row)} for _, row in rows],
        **table.record(),
        **_not_looked_for(image, now, images=catalogue.decoder.images),
    }
    return summary, table


def _not_looked_for(image: str, now: drift.Statistics, *, images: bool) -> dict[str, list[str]]:
    """Return the rules that could not be applied, {} if there are none."""
    rules = [*([] if image else ["near-duplicates"]), *([] if images else image_rules.RULES)]
    rules += [rule for kind, rule in drift.RULES.items() if kind not in now]
    return {"not_looked_for": rules} if rules else {}


def _classes(database: sqlite3.Connection, rules: TargetRules) -> int:
    """Return the number of classes that examples have."""
    labels = database.execute("SELECT DISTINCT label FROM examples")
    return len({name for (label,) in labels for name in rules.named(label)} - {""})


def _names(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute("SELECT label FROM classes")]


def _splits(
    database: sqlite3.Connection, data: Data, rules: TargetRules, cut: Cut | None
) -> Counter[tuple[str, str]]:
    rows = database.execute("SELECT path, md5, grouped, time, label FROM examples")
    return Counter(
        (split_of(path, md5, group, data, at, cut), name)
        for path, md5, group, at, label in rows
        for name in rules.named(label)
    )


def _splits_of(
    database: sqlite3.Connection, data: Data, cut: Cut | None, sampled: list[Sampled]
) -> list[str]:
    """Return the splits of the sampled examples."""
    known = {example.path: "" for example, _ in sampled}
    for path, md5, group, at in database.execute("SELECT path, md5, grouped, time FROM examples"):
        if path in known:
            known[path] = split_of(path, md5, group, data, at, cut)
    return [*known.values()]


def _folders(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Return, by the hashes that corrections name, the folders of those examples."""
    query = """SELECT DISTINCT md5, label FROM files
               WHERE md5 IN (SELECT md5 FROM corrected) AND problem = '' ORDER BY md5, label"""
    pairs = database.execute(query)
    return {md5: [name for _, name in rows] for md5, rows in groupby(pairs, itemgetter(0))}


def _corrected(database: sqlite3.Connection, correction: Correction) -> int:
    query = "SELECT count(*) FROM files WHERE md5 = ? AND label = ? AND problem = ''"
    return int(database.execute(query, (correction.md5, correction.old)).fetchone()[0])


def _counts(database: sqlite3.Connection, rules: TargetRules) -> dict[str, Any]:
    def counted(key: str, known: str = "TRUE") -> dict[str, int]:
        query = f"SELECT {key}, count(*) FROM examples WHERE {known} GROUP BY 1 ORDER BY 1"
        return dict(database.execute(query))

    (examples,) = database.execute("SELECT count(*) FROM examples").fetchone()
    return {
        "examples": examples,
        **rules.summary(database),
        "sizes": counted("width || 'x' || height", "width > 0"),
        "modes": counted("mode", "mode <> ''"),
    }
