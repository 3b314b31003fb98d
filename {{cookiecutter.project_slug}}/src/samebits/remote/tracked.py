"""What DVC keeps of this project, as DVC itself reads it, and whether it may be put into place.

DVC writes wherever an output's path, a list's name or a link leads. So whatever makes it write here
looks first at the outputs of dvc.yaml and of the .dvc files, at the lists that the cache has of
them, and for links among the folders.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ..console.errors import UserError
from .dir_lists import is_hash, listed_files, misplaced, refuse
from .dvc_errors import opened
from .revisions import cache_folder, cached_object


class Output(NamedTuple):
    """An output: the stage or .dvc file that names it, its path, its hash, its own remote.

    The hash is "" where there is none yet, the remote None where the default one counts.
    """

    owner: str
    path: str
    hash: str
    remote: str | None


def tracked(targets: Sequence[str] = ()) -> list[Output]:
    """Return all outputs that DVC's cache may hold, or those of the targets alone.

    Args:
        targets: outputs, .dvc files or stages; all of them where empty.

    Raises:
        UserError: a target is none of them, DVC cannot read a file, or an output leads elsewhere.
    """
    every = _read()
    meant = {one: [out for out in every if _means(one, out)] for one in targets}
    if unknown := [one for one, found in meant.items() if not found]:
        raise UserError(
            f"{unknown[0]!r} is no output that dvc.lock names, no .dvc file and no stage; name one "
            "of them, such as data/raw.dvc, or leave it out for all."
        )
    return [out for out in every if not targets or any(out in found for found in meant.values())]


def outputs(targets: Sequence[str] = ()) -> dict[str, str]:
    """Return {path: hash} of all outputs, or of the targets alone; raises as `tracked` does."""
    return {out.path: out.hash for out in tracked(targets)}


def look_around() -> None:
    """Look at all that DVC may put into place here: before an experiment, or a stage, is asked for.

    Raises:
        UserError: as `tracked` and `look_at` do.
    """
    look_at(tracked())


def look_at(outs: Iterable[Output]) -> None:
    """Refuse to let DVC put these outputs into place where that would write elsewhere.

    Raises:
        UserError: a list in the cache is damaged or names what it must not, or a folder is a link.
    """
    for out in outs:
        inside = set[str]()
        if out.hash.endswith(".dir"):
            names = listed_files(_list(out), out.path) if _cached(out.hash).exists() else ()
            inside = {f"{out.path}/{name.rpartition('/')[0]}" for name in names} | {out.path}
        _refuse_links(inside | {str(Path(out.path).parent)})


def _read() -> list[Output]:
    with opened() as repo:
        for stage in repo.index.stages:
            if not stage.outs and stage.path_in_repo.endswith(".dvc"):
                raise UserError(
                    f"{stage.path_in_repo} names no output; restore it from Git: 'git checkout "
                    f"{stage.path_in_repo}'."
                )
        return [_output(out, repo.root_dir) for out in repo.index.outs if out.use_cache]


def _output(out: Any, root: str) -> Output:
    path = PurePosixPath(os.path.relpath(out.fs_path, root).replace(os.sep, "/"))
    owner, name = out.stage.addressing.replace(os.sep, "/"), out.hash_info.value or ""
    problem = misplaced(str(path))
    if problem or not (name == "" or is_hash(name)):
        what = f"the output {str(path)!a}, which {problem}" if problem else f"{name!a}, no hash"
        raise UserError(
            f"{owner} names {what}; nothing was written. Mend it, or undo it with Git: 'git log "
            "-p' says who wrote that."
        )
    if name and out.hash_info.name != "md5":  # its list lies elsewhere, where nobody looks at it
        raise UserError(
            f"{owner} names the output {str(path)!a} without 'hash: md5', as DVC 2 did; nothing "
            f"was written. Give it a version of now: 'dvc add {path}' or 'dvc commit -f {owner}'."
        )
    refuse(out.files or (), str(path))
    return Output(owner, str(path), name, out.remote)


def _means(target: str, out: Output) -> bool:
    """Whether a target is who names an output, the output, a part of it or a folder around it."""
    one, other = PurePosixPath(target), PurePosixPath(out.path)
    related = one.is_relative_to(other) or other.is_relative_to(one)
    return target == out.owner or related


def _cached(name: str) -> Path:
    return cache_folder() / "files" / "md5" / name[:2] / name[2:]


def _list(out: Output) -> bytes:
    content = cached_object(out.hash)
    if content is None:
        raise UserError(
            f"the list of {out.path} in DVC's cache is not what its hash says; remove "
            f"{_cached(out.hash)} and run 'make pull'."
        )
    return content


def _refuse_links(folders: Iterable[str]) -> None:
    above = {folder for one in map(Path, folders) for folder in (one, *one.parents)}
    for folder in sorted(above):
        if folder.is_symlink():
            raise UserError(
                f"{folder} is a link to {folder.readlink()}, where DVC would write; nothing was "
                "written. Put the folder itself there, or remove the link."
            )
