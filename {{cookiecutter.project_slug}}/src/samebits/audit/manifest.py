"""Whether the engine is as the template shipped it. An edit is a warning, not a fault.

The exceptions are the few files that hand something to stages without being dependencies of them:
an edit of those is an error, since it would not rerun the stages whose results it changes.
"""

import hashlib
import re
from collections.abc import Iterator

from ..core.seals import files
from .dvc_yaml import stages
from .outcomes import Check, Finding, count
from .project import Project
from .rooms import ENGINE, HANDED

MANIFEST = f"{ENGINE}/MANIFEST"
LISTED = (ENGINE, "scripts")
EXAMPLE = "scripts/example.py"  # makes the example data; differs by task
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def manifest(project: Project) -> Check:
    """Every file of the engine and of scripts/ matches the manifest; if not, a warning.

    It is an error if the file is `HANDED` to a stage that does not depend on it.
    """
    version, shipped = _shipped(project.text(MANIFEST) or "")
    if not shipped:
        message = "lists no files, so edits of the engine cannot be found; restore it with "
        warning = Finding(MANIFEST, 1, f"{message}`git checkout {MANIFEST}`")
        return Check("manifest", "engine of an unknown version", (), (warning,))
    differing = sorted(_differences(project, version, shipped))
    summary = f"engine {version} as shipped, {count(len(shipped), 'file')}"
    if differing:
        summary = (
            f"engine {version}, {len(differing)} of {count(len(shipped), 'file')} not as shipped"
        )
    errors = [_as_error(item) for item in differing if _is_handed(project, item.path)]
    warnings = [item for item in differing if not _is_handed(project, item.path)]
    return Check("manifest", summary, tuple(errors), tuple(warnings))


def _is_handed(project: Project, path: str) -> bool:
    """Whether the file hands something to a stage that does not depend on it."""
    return path in HANDED and any(path not in stage.deps for stage in stages(project))


def _as_error(finding: Finding) -> Finding:
    message = (
        f"{finding.message}, and stages use it without depending on it, so old results would stay; "
    )
    message += "restore it, or add it to the deps of every stage in dvc.yaml"
    return finding._replace(message=message)


def _shipped(text: str) -> tuple[str, dict[str, str]]:
    """The version, and the SHA-256 of each file; both empty if a line is malformed."""
    header, *lines = text.splitlines() or [""]
    version, rows = re.fullmatch(r"samebits (\S+)", header), [*map(_LINE.fullmatch, lines)]
    if not version or not all(rows):
        return "", {}
    return version[1], {row[2]: row[1] for row in rows if row}


def _differences(project: Project, version: str, shipped: dict[str, str]) -> Iterator[Finding]:
    folders = [project.root / folder for folder in LISTED if project.exists(folder)]
    present = (file for folder in folders for file in files(folder))
    here = {file.relative_to(project.root).as_posix(): file for file in present}
    for path, digest in shipped.items():
        # Git may change the line ends of a file.
        text = here[path].read_bytes().replace(b"\r\n", b"\n") if path in here else None
        if text is None:
            yield Finding(path, 1, f"is missing but was shipped with engine {version}")
        elif hashlib.sha256(text).hexdigest() != digest:
            yield Finding(path, 1, f"differs from the file shipped with engine {version}")
    for path in here.keys() - shipped.keys() - {MANIFEST, EXAMPLE}:
        if not path.endswith(".pyc") and not project.ignored(path):
            yield Finding(path, 1, f"was not shipped with engine {version}")
