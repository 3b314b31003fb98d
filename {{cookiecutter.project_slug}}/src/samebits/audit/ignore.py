"""The files that Git tracks: as Git lists them, or without Git as the .gitignore files say."""

import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..console.errors import UserError
from ..programs import NoRepository, git_bytes

# Folders that never hold the project's own text, and are too large to walk.
UNSEEN = {
    *(".git", ".venv", ".dvc/cache", ".dvc/tmp", "data/raw", "data/prepared"),
    *("data/decoded", "data/streamed", "node_modules"),
}


class IgnoreRule(NamedTuple):
    """A pattern of a .gitignore file, as a regular expression for paths below that file."""

    pattern: re.Pattern[str]
    negated: bool
    directories_only: bool


def tracked(root: Path) -> list[str]:
    """The files that Git tracks, or, if it tracks none yet, would track after `git add .`.

    Returns:
        Sorted paths relative to `root`, with `/`, of files that still exist.

    Raises:
        UserError: there is a repository that Git cannot read.
    """
    listed = [path for path in _index(root) if (root / path).is_file()]
    return sorted(listed) if listed else sorted(_walk(Ignored(root), ""))


def _index(root: Path) -> list[str]:
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return []
    try:
        done = git_bytes("ls-files", "-z", folder=root)
    except NoRepository:  # or Git is not installed
        return []
    if done.returncode:
        reason = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise UserError(f"Git cannot list the files that it tracks: {reason}")
    return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]


def _walk(rules: "Ignored", directory: str) -> list[str]:
    files: list[str] = []
    for entry in os.scandir(rules.root / directory):
        path = f"{directory}/{entry.name}" if directory else entry.name
        inside = entry.is_dir(follow_symlinks=False)
        if path in UNSEEN or entry.name == "__pycache__" or rules.matches(path, inside):
            continue
        if inside:
            files += _walk(rules, path)
        elif entry.is_file():
            files.append(path)
    return files


class Ignored:
    """The rules of all files of this name below a folder, each read once."""

    def __init__(self, root: Path, name: str = ".gitignore") -> None:
        self.root = root
        self._name = name
        self._read: dict[str, tuple[IgnoreRule, ...]] = {}

    def covers(self, path: str) -> bool:
        """Whether the rules ignore `path` or a folder that contains it."""
        parts = path.split("/")
        # A path that does not exist yet (data, outputs of a run) counts as a folder.
        return any(
            self.matches("/".join(parts[:n]), n < len(parts) or not (self.root / path).is_file())
            for n in range(1, len(parts) + 1)
        )

    def matches(self, path: str, is_directory: bool) -> bool:
        """Whether the last rule that matches `path` itself, from any folder above, ignores it."""
        verdict = False
        parts = path.split("/")
        for depth in range(len(parts)):
            below = "/".join(parts[depth:])
            for rule in self._rules("/".join(parts[:depth])):
                if (is_directory or not rule.directories_only) and rule.pattern.fullmatch(below):
                    verdict = not rule.negated
        return verdict

    def _rules(self, folder: str) -> tuple[IgnoreRule, ...]:
        if folder not in self._read:
            try:
                text = (self.root / folder / self._name).read_text("utf-8", errors="replace")
            except OSError:
                text = ""
            self._read[folder] = _rules(text)
        return self._read[folder]


@cache
def _rules(text: str) -> tuple[IgnoreRule, ...]:
    lines = [line.rstrip() for line in text.splitlines()]
    return tuple(_rule(line) for line in lines if line and not line.startswith("#"))


def _rule(line: str) -> IgnoreRule:
    negated = line.startswith("!")
    pattern = line.removeprefix("!")
    anchored = "/" in pattern.rstrip("/")
    body = re.sub(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|\\.|.", _translate, pattern.strip("/"))
    try:
        expression = re.compile(body if anchored else f"(?:.*/)?{body}")
    except re.error:  # such as [z-a], which matches nothing
        expression = re.compile("(?!)")
    return IgnoreRule(expression, negated, pattern.endswith("/"))


def _translate(token: re.Match[str]) -> str:
    text = token[0]
    if text.startswith("[") and len(text) > 1:
        negated = len(text) > 3 and text[1] in "!^"
        letters = re.sub(r"([\\[&|~^])", r"\\\1", text[1 + negated : -1])
        return f"[{'^' * negated}{letters}]"
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return wild.get(text) or re.escape(text.removeprefix("\\") or text)
