"""Whether the engine is as the template shipped it. To edit it is no fault, only good to know.

But for the few files that hand something to stages without being a dependency of theirs: results
that such an edit would change would stay as they are.
"""

import hashlib
import re
from collections.abc import Iterator

from ..core.seals import files
from .dvcfiles import stages
from .findings import Check, Finding, count
from .project import Project
from .rooms import ENGINE, HANDED

MANIFEST = f"{ENGINE}/MANIFEST"
LISTED = (ENGINE, "scripts")
EXAMPLE = "scripts/example.py"  # makes the example data, and is the task's
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def manifest(project: Project) -> Check:
    """Every file of the engine and of scripts/ is as its manifest lists it; else a warning.

    It is an error where the file is `HANDED` to a stage that does not depend on it.
    """
    version, shipped = _shipped(project.text(MANIFEST) or "")
    if not shipped:
        message = "lists no file, so what of the engine was edited cannot be told; restore it "
        warning = Finding(MANIFEST, 1, f"{message}with `git checkout {MANIFEST}`")
        return Check("manifest", "engine of an unknown version", (), (warning,))
    differing = sorted(_differences(project, version, shipped))
    found = f"engine {version} as shipped, {count(len(shipped), 'file')}"
    if differing:
        found = (
            f"engine {version}, {len(differing)} of {count(len(shipped), 'file')} not as shipped"
        )
    errors = [_outliving(one) for one in differing if _is_handed(project, one.path)]
    warnings = [one for one in differing if not _is_handed(project, one.path)]
    return Check("manifest", found, tuple(errors), tuple(warnings))


def _is_handed(project: Project, path: str) -> bool:
    """Whether it hands something to a stage that does not depend on it."""
    return path in HANDED and any(path not in stage.deps for stage in stages(project))


def _outliving(found: Finding) -> Finding:
    message = (
        f"{found.message}, and what it hands to stages is no dependency of theirs, so that old "
    )
    message += "results would stay; restore it, or name it in the deps of every stage of dvc.yaml"
    return found._replace(message=message)


def _shipped(text: str) -> tuple[str, dict[str, str]]:
    """The version and the SHA-256 of each file; none where a line is not as it should be."""
    header, *lines = text.splitlines() or [""]
    version, rows = re.fullmatch(r"samebits (\S+)", header), [*map(_LINE.fullmatch, lines)]
    if not version or not all(rows):
        return "", {}
    return version[1], {row[2]: row[1] for row in rows if row}


def _differences(project: Project, version: str, shipped: dict[str, str]) -> Iterator[Finding]:
    folders = [project.root / folder for folder in LISTED if project.exists(folder)]
    found = (file for folder in folders for file in files(folder))
    here = {file.relative_to(project.root).as_posix(): file for file in found}
    for path, digest in shipped.items():
        # Git may give a file other line ends.
        text = here[path].read_bytes().replace(b"\r\n", b"\n") if path in here else None
        if text is None:
            yield Finding(path, 1, f"is missing, and was shipped with engine {version}")
        elif hashlib.sha256(text).hexdigest() != digest:
            yield Finding(path, 1, f"is not as engine {version} was shipped")
    for path in here.keys() - shipped.keys() - {MANIFEST, EXAMPLE}:
        if not path.endswith(".pyc") and not project.ignored(path):
            yield Finding(path, 1, f"was not shipped with engine {version}")
