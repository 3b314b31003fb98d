"""The environment is pinned: Python, every package exact and hashed, every import declared."""

import posixpath
import re
import sys

from . import parsing
from .imports import imports
from .outcomes import Check, Finding, check, count
from .project import Project
from .requirements import asked, locked, normalized, satisfies

FOLDER = "requirements"
PYTHON = ".python-version"
DESK = ("cli", "experiments", "testing")  # rooms that no stage runs
SERVICE = "serving"  # the room whose packages serve.in declares
_LOCK = "run `make lock`"
# Import names that differ from the name of their distribution.
_DISTRIBUTIONS = {
    "attr": ["attrs"],
    "bs4": ["beautifulsoup4"],
    "cv2": ["opencv-python", "opencv-python-headless", "opencv-contrib-python"],
    "dateutil": ["python-dateutil"],
    "docx": ["python-docx"],
    "dotenv": ["python-dotenv"],
    "faiss": ["faiss-cpu", "faiss-gpu"],
    "fitz": ["pymupdf"],
    "git": ["gitpython"],
    "hydra": ["hydra-core"],
    "magic": ["python-magic"],
    "mpl_toolkits": ["matplotlib"],
    "PIL": ["pillow", "pillow-simd"],
    "pkg_resources": ["setuptools"],
    "ruamel": ["ruamel-yaml"],
    "sentence_transformers": ["sentence-transformers"],
    "skimage": ["scikit-image"],
    "sklearn": ["scikit-learn"],
    "umap": ["umap-learn"],
    "yaml": ["pyyaml"],
}


def environment(project: Project) -> Check:
    """One Python, and complete locks in which every requirement is exact and hashed."""
    locks = _locks(project)
    pins = [item for path in locks for item in locked(project.text(path) or "")]
    findings = [*_python(project), *_runtime(project), *_agreement(project, locks)]
    for path in locks:
        findings += _lock(project, path)
    for path in (path for path in _requirement_files(project) if path.endswith(".in")):
        findings += _declared_is_locked(project, path)
    packages = len({item.name for item in pins if item.name})
    return check(
        "environment",
        f"{_version(project) or 'no Python'}, {count(packages, 'package')} in "
        f"{count(len(locks), 'lock')}",
        "each exact and hashed",
        findings,
    )


def _requirement_files(project: Project) -> list[str]:
    folder = project.root / FOLDER
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [f"{FOLDER}/{name}" for name in names if name.endswith((".in", ".lock"))]


def _locks(project: Project) -> list[str]:
    return [path for path in _requirement_files(project) if path.endswith(".lock")]


def locked_modules(project: Project) -> set[str]:
    """The names under which code imports the locked packages."""
    pins = {item.name for path in _locks(project) for item in locked(project.text(path) or "")}
    other = {name for name, homes in _DISTRIBUTIONS.items() if pins & {*homes}}
    return other | {pin.replace("-", "_") for pin in pins}


def _version(project: Project) -> str:
    version = (project.text(PYTHON) or "").strip()
    return f"Python {version}" if re.fullmatch(r"3\.\d+(\.\d+)?", version) else ""


def _python(project: Project) -> list[Finding]:
    version = _version(project).removeprefix("Python ")
    if not version:
        return [Finding(PYTHON, 1, "must contain one Python version, such as 3.12; write it")]
    try:
        settings = parsing.toml(project.text("pyproject.toml") or "").get("project", {})
    except parsing.Broken:
        return []
    wanted = settings.get("requires-python", "") if isinstance(settings, dict) else ""
    if satisfies(version, str(wanted)):
        return []
    line = project.line_of("pyproject.toml", "requires-python")
    message = f"requires-python {wanted!r} does not allow {version} of {PYTHON}; change one of them"
    return [Finding("pyproject.toml", line, message)]


def _runtime(project: Project) -> list[Finding]:
    wanted = [f"{FOLDER}/{name}" for name in ("runtime.in", "runtime.lock", "dev.in", "dev.lock")]
    missing = [path for path in wanted if not project.exists(path)]
    return [Finding(path, 1, f"is missing; write it, or {_LOCK}") for path in missing]


def _lock(project: Project, path: str) -> list[Finding]:
    items = locked(project.text(path) or "")
    if not items:
        return [Finding(path, 1, f"locks nothing; {_LOCK}")]
    return [Finding(path, item.line, f"{item.fault}; {_LOCK}") for item in items if item.fault]


def _agreement(project: Project, locks: list[str]) -> list[Finding]:
    """Locks of one environment must not pin different versions."""
    first: dict[str, tuple[str, set[str]]] = {}
    findings = []
    for path in locks:
        pins: dict[str, dict[str, int]] = {}
        for item in locked(project.text(path) or ""):
            pins.setdefault(item.name, {})[item.version] = item.line
        for name, versions in pins.items():
            home, others = first.setdefault(name, (path, set(versions)))
            if name and not others & set(versions):
                message = f"{name} {'/'.join(versions)} is {'/'.join(sorted(others))} in {home}"
                findings.append(Finding(path, min(versions.values()), f"{message}; {_LOCK}"))
    return findings


def _declared_is_locked(project: Project, path: str) -> list[Finding]:
    lock = path.removesuffix(".in") + ".lock"
    if not project.exists(lock):
        return [Finding(path, 1, f"has no lock {lock}; {_LOCK}")]
    versions: dict[str, list[str]] = {}
    for item in locked(project.text(lock) or ""):
        versions.setdefault(item.name, []).append(item.version)
    findings = []
    for name, specifier, line, _ in asked(project.text(path) or ""):
        pinned = versions.get(name, [])
        if name and not pinned:
            findings.append(Finding(path, line, f"{name} is not in {lock}; {_LOCK}"))
        elif name and not any(satisfies(version, specifier) for version in pinned):
            message = f"{name}{specifier} is {', '.join(pinned)} in {lock}; {_LOCK}"
            findings.append(Finding(path, line, message))
    return findings


def declared_imports(project: Project) -> Check:
    """Imports of src/ are in runtime.in; those of tests/, scripts/, commands there or in dev.in.

    Those of the service are there or in serve.in.
    """
    names = ("runtime", "dev", "serve")
    declared = {name: _declared(project, f"{FOLDER}/{name}.in") for name in names}
    local = _local_names(project)
    used: set[str] = set()
    findings = []
    for path in _code(project):
        home = _home(path)
        known = declared["runtime"] | declared[home]
        for name, line in _foreign(project, path, local):
            packages = _DISTRIBUTIONS.get(name, [normalized(name).lstrip("-")])
            used.add(packages[0])
            if not known & set(packages) and not project.allows(path, line):
                file = f"{FOLDER}/{home}.in"
                message = f"imports {name}, which {file} does not declare; add {packages[0]} there"
                findings.append(Finding(path, line, f"{message} and {_LOCK}"))
    return check("imports", f"{count(len(used), 'package')} imported", "each declared", findings)


def _home(path: str) -> str:
    """The name of the file in requirements/ that declares what a file imports."""
    room = "".join(path.split("/")[2:3]) if path.startswith("src/") else DESK[0]
    return "dev" if room in DESK else "serve" if room == SERVICE else "runtime"


def _declared(project: Project, path: str, seen: frozenset[str] = frozenset()) -> set[str]:
    names = set()
    for item in asked(project.text(path) or ""):
        include = posixpath.normpath(posixpath.join(posixpath.dirname(path), item.include))
        if item.include.endswith(".in") and include not in seen:
            names |= _declared(project, include, seen | {path})
        names.add(item.name)
    return names - {""}


def _code(project: Project) -> list[str]:
    others = [path for path in project.tracked if path.startswith(("tests/", "scripts/"))]
    return [*project.sources, *(path for path in others if path.endswith(".py"))]


def _local_names(project: Project) -> set[str]:
    """Top-level names that the project's own folders provide."""
    parts = [path.removesuffix(".py").split("/") for path in _code(project)]
    return {part[1] for part in parts if part[0] == "src"} | {
        name for part in parts if part[0] != "src" for name in part
    }


def _foreign(project: Project, path: str, local: set[str]) -> list[tuple[str, int]]:
    lines: dict[str, int] = {}
    for item in imports(project, path):
        name = item.module.partition(".")[0]
        known = name in sys.stdlib_module_names or name in local or not name
        if not item.relative and not known:
            lines.setdefault(name, item.line)
    return sorted(lines.items())
