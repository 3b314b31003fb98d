"""Check pictures before anything learns from them: one folder per class, every file readable."""

from pathlib import Path
from typing import Any

from ..errors import UserError
from .catalogue import Catalogue

MOST_SHOWN = 20
CLASSES = """
SELECT classes.label, count(path) FROM classes
LEFT JOIN files ON files.label = classes.label AND problem = '' GROUP BY classes.label ORDER BY 1
"""
SIZES = """
SELECT width || 'x' || height, count(*) FROM files WHERE problem = '' GROUP BY 1 ORDER BY 1
"""
MODES = "SELECT mode, count(*) FROM files WHERE problem = '' GROUP BY 1 ORDER BY 1"


def validate(raw: Path, catalogue: Catalogue) -> dict[str, Any]:
    """Check the pictures in `raw`, of which the filled `catalogue` tells, and describe them.

    Returns:
        {"examples": count, "classes": {name: count}, "sizes": {"WxH": count}, "modes": {...}}

    Raises:
        UserError: what is wrong with which files; every problem that was found.
    """
    classes = catalogue.counts(CLASSES)
    query = "SELECT path, problem FROM files WHERE problem != '' ORDER BY path"
    problems = [f"{raw / path}: {problem}." for path, problem in catalogue.database.execute(query)]
    problems += [
        f"{raw / name}: class without a readable picture; add some or remove it."
        for name, count in classes.items()
        if count == 0
    ]
    if len(classes) < 2:
        problems.append(f"{raw}: {len(classes)} class folders; learning needs at least 2.")
    if problems:
        raise UserError(_listed(problems))
    return {
        "examples": sum(classes.values()),
        "classes": classes,
        "sizes": catalogue.counts(SIZES),
        "modes": catalogue.counts(MODES),
    }


def _listed(problems: list[str]) -> str:
    shown = problems[:MOST_SHOWN]
    if len(problems) > MOST_SHOWN:
        shown.append(f"and {len(problems) - MOST_SHOWN} more of this kind.")
    return f"{len(problems)} problem(s) in the data:\n  " + "\n  ".join(shown)
