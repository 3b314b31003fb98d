"""Seals record what a stage read and what it made, so that no part can be swapped unnoticed.

DVC hashes a stage's dependencies when the stage ends, not when it reads them. And Git merges
dvc.lock line by line, so that new code may end up with old results, each with the right hash. So a
stage checks its inputs when it begins and again before it hands over, and leaves a seal: one more
output, with the hashes of everything that it read and wrote. The audit computes the same file from
dvc.lock and compares.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..console.errors import UserError
from . import determinism
from .files import write_bytes
from .yours import package

PIPELINE, LOCK, PARAMS = "dvc.yaml", "dvc.lock", "params.yaml"
FEW = 3
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?", re.ASCII)
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Quoted(str):
    """A text that was quoted: not a number, whatever it looks like."""

    __slots__ = ()


class _TextLoader(_Base):  # type: ignore[misc]  # the base depends on how PyYAML was built
    """Scalars stay text: YAML versions and programs read `off` and 1e-5 differently."""

    def construct_scalar(self, node: yaml.ScalarNode) -> str:
        return Quoted(node.value) if node.style else str(node.value)


class Declared(NamedTuple):
    """A stage as dvc.yaml declares it; `params` are keys of params.yaml, or {file: keys}."""

    command: str
    deps: list[str]
    params: list[Any]
    outs: list[str]


class Seal:
    """Everything that a stage depends on, as it is now. Create it before the stage reads any of it.

    Raises:
        UserError: dvc.yaml has no such stage.
    """

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._declared = declared(read_yaml(Path(PIPELINE)), stage)
        self._values = values(self._declared)
        self._states = {path: _state(Path(path)) for path in self._declared.deps}
        self._hashes = _hashes(self._declared.deps)

    def check(self) -> None:
        """Refuse to continue if an input was written to; call it once all code is imported.

        Raises:
            UserError: an input was, and the message names it; or the kernels are not those of
                section `reproducibility`, if the stage reads that.
        """
        determinism.check(*_kernels(self._values.get(f"{PARAMS}:reproducibility")))
        if changed := [*self._changed()]:
            more = f" and {len(changed) - FEW} more" if len(changed) > FEW else ""
            raise UserError(
                f"{', '.join(changed[:FEW])}{more} changed while {self._stage} ran, so its outputs "
                "belong to neither state; run 'dvc repro' again, with the change or without it."
            )

    def write(self) -> None:
        """Check once more, then write the seal; call it after all other outputs are written.

        Raises:
            UserError: as `check`.
        """
        self.check()
        own = path_of(self._stage)
        outs = [Path(path) for path in self._declared.outs if path != own]
        made = {path.as_posix(): hash_of(path) for path in outs if path.exists()}
        seal = content(self._declared, self._values, self._hashes, made, package())
        write_bytes(Path(own), seal)

    def _changed(self) -> Iterator[str]:
        for path, state in self._states.items():
            # The content may be back to what it was, but nobody knows what was read in between.
            if _state(Path(path)) != state:
                yield path
        now = values(self._declared)
        yield from (key for key, value in self._values.items() if now.get(key) != value)


def path_of(stage: str) -> str:
    """Return where the seal of a stage is."""
    return f"reports/seals/{stage}.json"


def content(
    declared: Declared,
    values: Mapping[str, Any],
    deps: Mapping[str, str],
    outs: Mapping[str, str],
    package: str,
) -> bytes:
    """Return the content of a seal.

    Args:
        declared: the stage in dvc.yaml.
        values: of its params, as `values` gives them.
        deps: MD5 of each dependency, by path.
        outs: MD5 of each output, a file or a folder, except the seal.
        package: its name is left out, so that the same code in a renamed package is the same.
    """
    seal = {
        "command": re.sub(rf"(?<=-m ){package}\b", "*", declared.command),
        "deps": {re.sub(rf"^src/{package}/", "src/*/", path): md5 for path, md5 in deps.items()},
        "outs": outs,
        "params": values,
    }
    return f"{json.dumps(seal, indent=1, sort_keys=True)}\n".encode()


def declared(pipeline: Any, stage: str) -> Declared:
    """Return a stage as the content of a dvc.yaml declares it.

    Raises:
        UserError: it has no such stage.
    """
    try:
        entry = pipeline["stages"][stage]
        outs = [*_paths(entry, "outs"), *_paths(entry, "metrics"), *_paths(entry, "plots")]
        command = entry["cmd"]
        joined = " && ".join(command) if isinstance(command, list) else str(command)
        return Declared(joined, _paths(entry, "deps"), entry.get("params") or [], outs)
    except (KeyError, TypeError, AttributeError):
        raise UserError(
            f"dvc.yaml has no stage '{stage}' with deps; restore it from Git."
        ) from None


def values(declared: Declared, root: Path = Path()) -> dict[str, Any]:
    """Return the current params of a stage, by `<file>:<key>`; numbers in one spelling."""
    spelled = {}
    for entry in declared.params:
        for file, keys in (entry if isinstance(entry, dict) else {PARAMS: [entry]}).items():
            content = read_yaml(root / file, aliases=False)
            for key in keys or [""]:
                # A bare text has no keys; whoever reads it next says what is wrong with it.
                value = content if isinstance(content, str) else _at(content, key)
                spelled[f"{file}:{key}"] = _spelled(value)
    return spelled


def hash_of(path: Path) -> str:
    """Return the MD5 by which DVC names a file or a folder; "" if there is none."""
    if path.is_dir():
        hashes = {file.relative_to(path).as_posix(): hash_of(file) for file in files(path)}
        listed = json.dumps([{"md5": hashes[name], "relpath": name} for name in sorted(hashes)])
        return f"{hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest()}.dir"
    try:
        with path.open("rb") as file:
            # DVC names files by this hash; nothing relies on it being hard to forge.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return ""


def files(path: Path) -> Iterator[Path]:
    """Yield a file, or all files below a folder, sorted, without Python's bytecode."""
    if not path.is_dir():
        yield path
    for top, folders, names in os.walk(path):  # audit: sorted at each step
        folders[:] = sorted(set(folders) - {"__pycache__"})
        yield from (Path(top, name) for name in sorted(names))


def read_yaml(path: Path, *, aliases: bool = True) -> Any:
    """Return the content of a YAML file, every value as text; a file that is not YAML is one text.

    Without `aliases`, so is one that has any, because they can expand without end.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    try:
        return text if not aliases and _has_alias(text) else texts(text)
    except (ValueError, RecursionError, yaml.YAMLError):
        return text


def texts(text: str) -> Any:
    """Return the content of YAML, every value as text; quoted ones are `Quoted`.

    Raises:
        yaml.YAMLError, ValueError, RecursionError: it is not YAML.
    """
    return yaml.load(text, _TextLoader)


def _has_alias(text: str) -> bool:
    events = yaml.parse(text, _TextLoader) if "*" in text else ()
    return any(isinstance(event, yaml.AliasEvent) for event in events)


def _hashes(paths: Sequence[str]) -> dict[str, str]:
    """Return the hash of each dependency; for data, the version that DVC recorded.

    DVC has just compared the data with it, and reading everything again would take long.
    """
    hashes = {path: hash_of(Path(path)) for path in paths if Path(path).is_file()}
    folders = [path for path in paths if path not in hashes]
    made = _made(read_yaml(Path(LOCK))) if folders else {}
    for path in folders:
        tracked = _outs(read_yaml(Path(f"{path}.dvc"))).get(Path(path).name)
        hashes[path] = tracked or made.get(path) or hash_of(Path(path))
    return hashes


def _made(lock: Any) -> dict[str, str]:
    stages = lock.get("stages") if isinstance(lock, dict) else None
    made: dict[str, str] = {}
    for stage in stages.values() if isinstance(stages, dict) else ():
        made |= _outs(stage)
    return made


def _outs(content: Any) -> dict[str, str]:
    outs = content.get("outs") if isinstance(content, dict) else None
    listed = outs if isinstance(outs, list) else ()
    named = [out for out in listed if isinstance(out, dict) and "path" in out]
    return {out["path"]: out.get("md5", "") for out in named}


def _paths(stage: Mapping[str, Any], kind: str) -> list[str]:
    """`path` or `path: options` of each entry."""
    entries = stage.get(kind) or []
    return [str(next(iter(entry)) if isinstance(entry, dict) else entry) for entry in entries]


def _kernels(section: Any) -> tuple[str, int]:
    """Level and threads of `reproducibility`; the portable ones if a stage does not read it.

    Likewise if the section is damaged: whoever reads it says what is wrong with it.
    """
    given = section if isinstance(section, dict) else {}
    threads = str(given.get("threads", ""))
    return str(given.get("level", "portable")), int(threads) if threads.isdecimal() else 1


def _at(content: Any, key: str) -> Any:
    for part in key.split(".") if key else ():
        content = content.get(part) if isinstance(content, dict) else None
    return content


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _spelled(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_spelled(part) for part in value]
    number = exact(value)
    if number is not value:
        return repr(number)
    # So that it is not taken for the number that it looks like.
    return f'"{value}"' if isinstance(value, Quoted) and _NUMBER.fullmatch(value) else value


def exact(value: Any) -> Any:
    """Return the number that a text spells, otherwise the value: `6e-3` is 0.006, and 1.0 is 1.

    Whole numbers are exact, because a seed has more digits than a float holds. Quoted texts stay.
    """
    if not isinstance(value, str) or isinstance(value, Quoted) or not _NUMBER.fullmatch(value):
        return value
    try:
        return int(value)
    except ValueError:
        number = float(value)  # or it has more digits than Python reads
        return int(number) if number.is_integer() else number


def _state(path: Path) -> str:
    """Return a state that changes if a file, or any file in a folder, is written or replaced."""
    state = hashlib.sha256()
    for file in files(path):
        state.update(f"{file} {_mark(file)}\n".encode(errors="surrogateescape"))
    return state.hexdigest()


def _mark(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # it is missing, or a link that leads nowhere
        return ""
    return f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
