"""Every file is rendered, parses, and names no path of one machine."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from . import parsing
from .outcomes import Check, Finding, check, count
from .project import Project

# Text of the template that was not rendered. `${{ }}` in a workflow is GitHub's own.
_TEMPLATE = (
    re.compile(r"\{\{-?\s*cookiecutter\b"),
    re.compile(r"\{%-?\s*(?:if|elif|for|set|include)\b[^%]*\bcookiecutter\b"),
    re.compile(r"\{%-?\s*(?:else|endif|endfor|raw|endraw|endmacro)\s*-?%\}"),
)
# Folders of one user or one machine. After a word or a dot, the slash is inside something else: a
# URL, or a path below the project.
_HERE = r"(?<![\w.~$}\])-])"
_MACHINE = (
    re.compile(_HERE + r"/(?:home|Users)/[\w.-]+/"),
    re.compile(_HERE + r"/(?:root|tmp)/[\w.-]+"),
    re.compile(_HERE + r"/(?:private/)?var/[f]olders/"),
    re.compile(r"(?<!\w)[A-Za-z]:[\\/]{1,2}(?:Users|Documents and Settings)[\\/]"),
)
_HINTS = ("/home/", "/Users/", "/root/", "/tmp/", "/var/fold", ":\\", ":/")
_PARSERS: dict[str, Callable[[str], Any]] = {
    ".py": parsing.python,
    ".yaml": parsing.yaml_documents,
    ".yml": parsing.yaml_documents,
    ".dvc": parsing.yaml_documents,
    ".lock": parsing.yaml_documents,
    ".toml": parsing.toml,
    ".json": parsing.json_value,
    ".ipynb": parsing.json_value,
}


def rendered(project: Project) -> Check:
    """No template text in a file or in a file's name."""
    findings = [
        Finding(path, 1, "the file name contains template text; rename it")
        for path in project.files
        if "{{" in path or "{%" in path
    ]
    # cruft keeps the template's own prompts in its record.
    for path in (path for path in project.files if path != ".cruft.json"):
        for line, text in _template(project.text(path) or ""):
            message = f"contains template text: {text!r}; replace it with its value"
            findings.append(Finding(path, line, message))
    return check("rendered", count(len(project.files), "file"), "no template text left", findings)


@cache
def _template(text: str) -> tuple[tuple[int, str], ...]:
    if "cookiecutter" not in text and "{%" not in text:
        return ()
    # One per line is enough.
    return tuple(dict(places(text, _TEMPLATE)).items())


def places(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[tuple[int, str]]:
    """The line and the text of every match of the patterns."""
    matches = [match for pattern in patterns for match in pattern.finditer(text)]
    return sorted((text.count("\n", 0, match.start()) + 1, match[0]) for match in matches)


def syntax(project: Project) -> Check:
    """Every TOML, YAML, JSON and Python file parses, and no YAML key is repeated."""
    parsed = 0
    findings = []
    for path in project.files:
        if parser := _parser(path):
            parsed += 1
            findings += _attempt(project, path, parser)
    return check("syntax", f"{parsed} TOML, YAML, JSON and Python files", "each parses", findings)


def _parser(path: str) -> Callable[[str], Any] | None:
    folder, _, name = path.rpartition("/")
    suffix = name[name.rfind(".") :] if "." in name else ""
    pip_lock = suffix == ".lock" and name != "dvc.lock"
    # The JSON files of editors have comments.
    editor = folder.endswith((".vscode", ".devcontainer"))
    return None if pip_lock or editor else _PARSERS.get(suffix)


def _attempt(project: Project, path: str, parser: Callable[[str], Any]) -> list[Finding]:
    text = project.text(path)
    if text is None:
        return [
            Finding(path, 1, "is not UTF-8 text or is over 1 MB; save it as UTF-8 or ignore it")
        ]
    try:
        parser(text)
    except parsing.Broken as error:
        return [Finding(path, error.line, f"does not parse: {error}; fix it")]
    return []


def portable(project: Project) -> Check:
    """No file names an absolute path of one machine."""
    findings = []
    for path in project.files:
        text = project.text(path) or ""
        for line, place in [*_machine_paths(text), *_this_folder(project, text)]:
            if not project.allows(path, line):
                message = f"{place!r} is a path of one machine; write it relative to the project"
                findings.append(Finding(path, line, message))
    files = count(len(project.files), "file")
    return check("portable", files, "no path of one machine", findings)


@cache
def _machine_paths(text: str) -> tuple[tuple[int, str], ...]:
    return tuple(places(text, _MACHINE)) if any(hint in text for hint in _HINTS) else ()


def _this_folder(project: Project, text: str) -> list[tuple[int, str]]:
    if len(project.root.parts) < 3:
        return []
    spellings = {str(project.root), project.root.as_posix()}
    patterns = [re.escape(place) + r"(?![\w-])" for place in spellings if place in text]
    return places(text, tuple(re.compile(_HERE + pattern) for pattern in patterns))
