"""A commit's part of a run: files, dvc.lock, outputs, and the record of where it ran."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ..console.errors import UserError
from ..console.spelling import did_you_mean
from ..core.files import md5, read_json, refuse_conflicts
from ..core.seals import exact, texts
from ..programs import dvc, git, git_bytes, git_says
from .dir_lists import listed_files
from .filesystem import Objects

Lock = Mapping[str, Any]
Record = Mapping[str, Any]
LOCK = "dvc.lock"
LOSSES = "reports/losses.csv"


@dataclass(frozen=True)
class Revision:
    """A commit of this project, and the name by which it was asked for."""

    name: str
    commit: str

    @classmethod
    def find(cls, name: str) -> "Revision":
        """Return the commit, tag, branch or DVC experiment of this name.

        Raises:
            UserError: there is nothing of this name, or there are several experiments of it.
        """
        shown = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if shown.returncode == 0:
            return cls(name, shown.stdout.strip())
        known = experiments()
        commits = known.get(name, [])
        if len(commits) > 1:
            raise UserError(
                f"there are {len(commits)} experiments called '{name}'; name one by its commit: "
                f"{', '.join(commit[:10] for commit in commits)}."
            )
        if not commits:
            raise UserError(
                f"there is no commit, tag, branch or experiment '{name}' in this repository; "
                f"{did_you_mean(name, [*_branches_and_tags(), *known])}'git log' and 'dvc exp list "
                "--all' list them."
            )
        return cls(name, commits[0])

    def content(self, path: str) -> bytes | None:
        """Return the content of a file in this commit, or None if it has none at `path`.

        Raises:
            UserError: the commit has it, but Git cannot read it.
        """
        shown = git_bytes("show", f"{self.commit}:./{path}")
        if shown.returncode and git("ls-tree", self.commit, "--", path).stdout:
            git_says("show", f"{self.commit}:./{path}")  # raises with Git's reason
        return shown.stdout if shown.returncode == 0 else None

    def text(self, path: str) -> str | None:
        """Return a file in this commit as text, or None if it has none at `path`."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8", errors="replace")

    def files(self, *paths: str) -> dict[str, str]:
        """Return {path: hash} of the files that Git tracks below `paths`, or of all of them."""
        shown = git_says("ls-tree", "-r", "-z", self.commit, "--", *paths)
        rows = (row.partition("\t") for row in shown.split("\0") if row)
        return {path: about.split()[2] for about, _, path in rows}

    @cached_property
    def lock(self) -> Lock:
        """The content of its dvc.lock.

        Raises:
            UserError: it has none, or one without stages.
        """
        text = self.text(LOCK)
        if text is None:
            raise UserError(
                f"there is no dvc.lock in {self.name} to compare with; run 'dvc repro' and commit "
                "dvc.lock."
            )
        return parsed(text)

    def yaml(self, path: str) -> dict[str, Any]:
        """Return the content of a YAML file in this commit; every value is text.

        Raises:
            UserError: the file is missing, or has no keys.
        """
        content = _yaml(self.text(path) or "")
        if not content:
            raise UserError(
                f"{path} of {self.name} is missing or is not YAML; name another commit."
            )
        return content

    def params(self) -> dict[str, Any]:
        """Return the values of its params.yaml, by keys such as `optimization.epochs`."""
        return flat(self.yaml("params.yaml"))

    def stale(self) -> list[str]:
        """Return the files, data and params that differ from the state in its dvc.lock."""
        stages, changed = self.lock["stages"], list[str]()
        used = {
            path: digest
            for name in stages
            for path, digest in entries(self.lock, name, "deps").items()
        }
        for path in self.files(*used):
            if path in used and md5(self.content(path) or b"") != used[path]:
                changed.append(path)
        changed += [
            path for path, digest in self.data().items() if used.get(path, digest) != digest
        ]
        now = self.params()
        for name in stages:
            ran = (stages[name].get("params") or {}).get("params.yaml") or {}
            then, within = flat(ran), tuple(f"{section}." for section in ran)
            keys = {*then, *(key for key in now if key.startswith(within))}
            changed += [key for key in keys if not same_value(then.get(key), now.get(key))]
        return sorted(set(changed))

    def pointed(self) -> dict[str, dict[str, str]]:
        """Return {path: its entry in a .dvc file} of the data that .dvc files track.

        Raises:
            UserError: a .dvc file names no output.
        """
        records: dict[str, dict[str, str]] = {}
        for path in self.files():
            if path.endswith(".dvc"):
                outs = self.yaml(path).get("outs") or [None]
                if not all(isinstance(out, dict) and "path" in out for out in outs):
                    raise UserError(f"{path} of {self.name} names no output; name another commit.")
                folder = PurePosixPath(path).parent
                records |= {str(folder / out["path"]): out for out in outs}
        return records

    def data(self) -> dict[str, str]:
        """Return {path: hash} of the data that its .dvc files track; raises as `pointed` does."""
        return {path: out.get("md5", "") for path, out in self.pointed().items()}

    def output(self, path: str, *, fetch: bool = False) -> bytes | None:
        """Return the bytes of an output, or of a file in one; None if they are not available.

        Args:
            path: relative to the project.
            fetch: look on the remote, too, if this repository's cache lacks it.

        Raises:
            UserError: the remote cannot be used, or does not hold what was pushed.
        """
        outputs = _outputs(self.lock)
        if not any(path == out or path.startswith(f"{out}/") for out in outputs):
            return None
        content = _stored(outputs, path, cached_object) or self.content(path)
        return _stored(outputs, path, _fetched) if content is None and fetch else content

    def losses(self) -> str | None:
        """Return its reports/losses.csv, or None if it is neither in the cache nor on a remote."""
        content = None
        with suppress(UserError):  # they only add to a verdict, which must not fail for a remote
            content = self.output(LOSSES, fetch=True)
        return None if content is None else content.decode("utf-8", errors="replace")

    def record(self) -> Record | None:
        """Return the record of the training that made its bits, or None if it keeps none."""
        return described(self.text("provenance/train.json"), self.lock)


def described(text: str | None, lock: Lock) -> Record | None:
    """Return a record of provenance if it is of the run that made the outputs in `lock`."""
    try:
        record = read_json(text or "")
    except ValueError:
        return None
    named = record.get("outputs") if isinstance(record, dict) else None
    made = _outputs(lock)
    if not isinstance(named, dict) or not named:
        return None
    return record if all(made.get(path) == name for path, name in named.items()) else None


def parsed(text: str) -> Lock:
    """Return the content of a dvc.lock; every value is text.

    Raises:
        UserError: it has no stages, or conflict markers.
    """
    refuse_conflicts(LOCK, text)
    content = _yaml(text)
    if not isinstance(content.get("stages"), dict):
        raise UserError("dvc.lock has no stages; run 'dvc repro' and commit dvc.lock.")
    try:
        for stage in content["stages"]:
            entries(content, stage, "deps"), entries(content, stage, "outs")
    except (AttributeError, KeyError, TypeError):
        raise UserError(
            f"dvc.lock is not what DVC writes, in {stage!a}; run 'dvc repro' and commit dvc.lock."
        ) from None
    return content


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return {"a": {"b": 1}} as {"a.b": 1}; mappings in a list get their number as a key."""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        value = {str(number): part for number, part in enumerate(value)}
    if not isinstance(value, Mapping):
        return {prefix: value}
    flattened: dict[str, Any] = {}
    for name, part in value.items():
        flattened |= flat(part, f"{prefix}.{name}" if prefix else str(name))
    return flattened


def same_value(old: Any, new: Any) -> bool:
    """Return whether two texts are equal, or equal as numbers: `6e-3` and `0.006`."""
    return bool(exact(old) == exact(new))


def entries(lock: Lock, stage: str, kind: str) -> dict[str, str]:
    """Return {path: hash} of the "deps" or "outs" of a stage in dvc.lock."""
    listed = (lock["stages"].get(stage) or {}).get(kind) or []
    return {entry["path"]: entry.get("md5", "") for entry in listed}


def _yaml(text: str) -> dict[str, Any]:
    try:
        content = texts(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def cache_folder() -> Path:
    """Return the folder of DVC's cache of this repository.

    Raises:
        UserError: DVC cannot tell it, for example because .dvc/config is damaged.
    """
    return _cache_folder(Path.cwd())


@cache
def _cache_folder(_: Path) -> Path:
    shown = dvc("cache", "dir")
    if shown.returncode:
        raise UserError(f"DVC cannot tell where its cache is: {' '.join(shown.stderr.split())}")
    return Path(shown.stdout.strip())


def cached_object(name: str) -> bytes | None:
    """Return the content of a hash from DVC's cache, or None if it is missing or damaged."""
    path = cache_folder() / "files" / "md5" / name[:2] / name[2:]
    if len(name) < 32 or not path.is_file():
        return None
    content = path.read_bytes()
    # An object that was edited in the cache is not the one that dvc.lock names.
    return content if md5(content) == name.removesuffix(".dir") else None


def experiments() -> dict[str, list[str]]:
    """Return {name: commits} of the DVC experiments of this repository."""
    # refs/exps/<first two digits of the commit it started from>/<the others>/<name>
    shown = git_says("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps/??/*/*")
    commits: dict[str, list[str]] = {}
    for line in shown.splitlines():
        commit, _, reference = line.partition(" ")
        commits.setdefault(reference.rpartition("/")[2], []).append(commit)
    return commits


def _branches_and_tags() -> list[str]:
    return git_says("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags").split()


def _outputs(lock: Lock) -> dict[str, str]:
    stages = lock["stages"]
    return {
        path: digest for stage in stages for path, digest in entries(lock, stage, "outs").items()
    }


def _stored(
    outputs: Mapping[str, str], path: str, read: Callable[[str], bytes | None]
) -> bytes | None:
    """The content of an output, or of a file in an output folder; `read` reads an object."""
    if path in outputs:
        return read(outputs[path])
    for folder, name in outputs.items():
        if path.startswith(f"{folder}/"):
            inside = listed_files(read(name) or b"[]", folder)
            within = path.removeprefix(f"{folder}/")
            return read(inside[within]) if within in inside else None
    return None


def _fetched(name: str) -> bytes | None:
    """The content of a hash from DVC's remote; None if it is missing, or there is no remote."""
    return Objects().find(name)
