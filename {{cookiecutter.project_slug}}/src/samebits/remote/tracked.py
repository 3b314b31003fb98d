"""The outputs that DVC tracks here, as DVC reads them, and whether it may write them.

DVC writes wherever an output's path, a list's name or a link leads. So before DVC writes here, the
outputs of dvc.yaml and of the .dvc files are checked, their lists in the cache, and their folders
for links.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ..console.errors import UserError
from .dir_lists import is_hash, listed_files, misplaced, refuse
from .dvc_errors import opened
from .revisions import cache_folder, cached_object


class TrackedOutput(NamedTuple):
    """An output: the stage or .dvc file that names it, its path, its hash, its own remote.

    The hash is "" if there is none yet, the remote None for the default one.
    """

    owner: str
    path: str
    hash: str
    remote: str | None


def tracked(targets: Sequence[str] = ()) -> list[TrackedOutput]:
    """Return all outputs that DVC's cache may hold, or those of the targets only.

    Args:
        targets: outputs, .dvc files or stages; all of them where empty.

    Raises:
        UserError: a target is unknown, DVC cannot read a file, or an output leads outside.
    """
    every = _read()
    meant = {target: [out for out in every if _means(target, out)] for target in targets}
    if unknown := [target for target, matching in meant.items() if not matching]:
        raise UserError(
            f"{unknown[0]!r} is not an output in dvc.lock, a .dvc file or a stage; name one of "
            "them, such as data/raw.dvc, or leave it out for all."
        )
    return [
        out for out in every if not targets or any(out in matching for matching in meant.values())
    ]


def outputs(targets: Sequence[str] = ()) -> dict[str, str]:
    """Return {path: hash} of all outputs, or of the targets only; raises as `tracked` does."""
    return {out.path: out.hash for out in tracked(targets)}


def look_around() -> None:
    """Check everything that DVC may write here, before it runs an experiment or a stage.

    Raises:
        UserError: as `tracked` and `look_at` do.
    """
    look_at(tracked())


def look_at(outs: Iterable[TrackedOutput]) -> None:
    """Refuse to let DVC write these outputs if it would write outside them.

    Raises:
        UserError: a list in the cache is damaged or has a forbidden name, or a folder is a link.
    """
    for out in outs:
        inside = set[str]()
        if out.hash.endswith(".dir"):
            names = listed_files(_list(out), out.path) if _cached(out.hash).exists() else ()
            inside = {f"{out.path}/{name.rpartition('/')[0]}" for name in names} | {out.path}
        _refuse_links(inside | {str(Path(out.path).parent)})


def _read() -> list[TrackedOutput]:
    with opened() as repo:
        for stage in repo.index.stages:
            if not stage.outs and stage.path_in_repo.endswith(".dvc"):
                raise UserError(
                    f"{stage.path_in_repo} names no output; restore it from Git: 'git checkout "
                    f"{stage.path_in_repo}'."
                )
        return [_output(out, repo.root_dir) for out in repo.index.outs if out.use_cache]


def _output(out: Any, root: str) -> TrackedOutput:
    path = PurePosixPath(os.path.relpath(out.fs_path, root).replace(os.sep, "/"))
    owner, name = out.stage.addressing.replace(os.sep, "/"), out.hash_info.value or ""
    problem = misplaced(str(path))
    if problem or not (name == "" or is_hash(name)):
        what = f"the output {str(path)!a}, which {problem}" if problem else f"{name!a}, no hash"
        raise UserError(
            f"{owner} names {what}; nothing was written. Fix it, or undo it with Git: 'git log "
            "-p' says who wrote it."
        )
    if name and out.hash_info.name != "md5":  # its list is elsewhere, where it is not checked
        raise UserError(
            f"{owner} names the output {str(path)!a} without 'hash: md5', as DVC 2 did; nothing "
            f"was written. Record it again with 'dvc add {path}' or 'dvc commit -f {owner}'."
        )
    refuse(out.files or (), str(path))
    return TrackedOutput(owner, str(path), name, out.remote)


def _means(target: str, out: TrackedOutput) -> bool:
    """Whether a target is an output, its owner, a part of it or a folder around it."""
    meant, path = PurePosixPath(target), PurePosixPath(out.path)
    return target == out.owner or meant.is_relative_to(path) or path.is_relative_to(meant)


def _cached(name: str) -> Path:
    return cache_folder() / "files" / "md5" / name[:2] / name[2:]


def _list(out: TrackedOutput) -> bytes:
    content = cached_object(out.hash)
    if content is None:
        raise UserError(
            f"the list of {out.path} in DVC's cache does not match its hash; remove "
            f"{_cached(out.hash)} and run 'make pull'."
        )
    return content


def _refuse_links(folders: Iterable[str]) -> None:
    above = {folder for path in map(Path, folders) for folder in (path, *path.parents)}
    for folder in sorted(above):
        if folder.is_symlink():
            raise UserError(
                f"{folder} is a link to {folder.readlink()}, where DVC would write; nothing was "
                "written. Replace the link by the folder itself, or remove it."
            )
