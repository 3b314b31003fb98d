"""Check the data before anything learns from it: every rule, all that it finds, one table."""

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
from ..data import labels as corrections
from ..data.coverage import coverage_findings
from ..data.decode_cache import DamagedBlock, DecodeCache
from ..data.fields import image_of
from ..data.findings import Table
from ..data.index import Catalogue
from ..data.labels import Correction, labels, misfits, read_corrections
from ..data.splits import Cut, split_of
from . import accepted, drift, image_rules
from .accepted import Accepted
from .answers import RULES, Rules
from .columns import column_findings, columns_of
from .copies import same_findings
from .file_rules import file_findings
from .near_duplicates import neighbour_findings
from .sampled import Sampled, look_of, sample
from .views import open_views


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The small files that people keep beside the data; one that is not there says nothing."""

    corrections: Path = corrections.FILE
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

    Near-duplicates and what is odd of images are looked for among images alone, and drift in facts
    that the examples have: which rules could not be applied, "not_looked_for" says.

    Args:
        catalogue: the examples; it is filled first.
        raw: where the examples stand.
        data: what is expected, and when to warn.
        version: DVC's hash of the raw data.
        out_of_fold: the model that doubts labels.
        reviewed: what people say of the data.
        workers: processes that read files; moves no byte.
        target: what an answer is.

    Returns:
        What reports/data.json says, and the findings.

    Raises:
        UserError: there is no such folder, or data/reference.json is damaged.
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
    rules: Rules,
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
    found = chain(
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
            [one.label for one, _ in sampled],
            _splits_of(database, data, cut, sampled) if columns else [],
            [one.path for one, _ in sampled],
        ),
        rules.doubts(sampled, look_of(catalogue, cache, sampled), out_of_fold, data),
        neighbour_findings(database, lambda at: cache(at)[image], data, cut, labels=rules.words)
        if image
        else (),
        drift.drift_findings(now, before, data),
    )
    # The stale ones are known when all others have been seen.
    table = Table(chain(acceptances.apply(found), acceptances.stale()))
    summary = {
        "version": version,
        **_counts(database, rules),
        "statistics": now,
        "compared_with": before["version"] if before else None,
        "labels_examined": len(sampled),
        "corrections": [asdict(one) | {"examples": _corrected(database, one)} for _, one in rows],
        **table.record(),
        **_not_looked_for(image, now, images=catalogue.decoder.images),
    }
    return summary, table


def _not_looked_for(image: str, now: drift.Statistics, *, images: bool) -> dict[str, list[str]]:
    """Return which rules could not be applied: said only where there are such."""
    rules = [*([] if image else ["near-duplicates"]), *([] if images else image_rules.RULES)]
    rules += [rule for kind, rule in drift.RULES.items() if not any(now[kind])]
    return {"not_looked_for": rules} if rules else {}


def _classes(database: sqlite3.Connection, rules: Rules) -> int:
    """Return how many classes examples have."""
    labels = database.execute("SELECT DISTINCT label FROM examples")
    return len({name for (label,) in labels for name in rules.named(label)} - {""})


def _names(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute("SELECT label FROM classes")]


def _splits(
    database: sqlite3.Connection, data: Data, rules: Rules, cut: Cut | None
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
    """Return the splits of some examples."""
    known = {one.path: "" for one, _ in sampled}
    for path, md5, group, at in database.execute("SELECT path, md5, grouped, time FROM examples"):
        if path in known:
            known[path] = split_of(path, md5, group, data, at, cut)
    return [*known.values()]


def _folders(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Return for the hashes of corrections the folders in which such examples stand."""
    query = """SELECT DISTINCT md5, label FROM files
               WHERE md5 IN (SELECT md5 FROM corrected) AND problem = '' ORDER BY md5, label"""
    pairs = database.execute(query)
    return {md5: [name for _, name in rows] for md5, rows in groupby(pairs, itemgetter(0))}


def _corrected(database: sqlite3.Connection, one: Correction) -> int:
    query = "SELECT count(*) FROM files WHERE md5 = ? AND label = ? AND problem = ''"
    return int(database.execute(query, (one.md5, one.old)).fetchone()[0])


def _counts(database: sqlite3.Connection, rules: Rules) -> dict[str, Any]:
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
