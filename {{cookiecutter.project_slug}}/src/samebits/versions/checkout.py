"""Put a version of the data into the working tree, under whatever code is there, and back.

What Git keeps below data/ comes from the version, all but the changelog, which tells the history
of this branch. A file that the version does not know, but this code does, stays; a table keeps its
header alone, for its rows are about other data. The index is left alone. A file in .dvc/tmp says
that this is under way, so that after a kill the same command, or one with another version, goes on.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..console.errors import UserError
from ..core.files import md5, write_bytes
from ..data.dvc_file import MARK
from ..programs import dvc, git, git_says
from ..remote.dvc_errors import transfer, understood
from ..remote.filesystem import Store
from ..remote.revisions import cache_folder
from ..remote.sync import fetch_lists, lacking, some
from ..remote.tracked import Output, look_at, tracked
from .changelog import CHANGELOG
from .tags import (
    POINTER,
    RAW,
    Release,
    find,
    head,
    last_line,
    listing,
    releases,
    state,
    working_version,
)


def use(name: str) -> Release:
    """Put the version `name`, or with the name `committed` that of the last commit, into place.

    Raises:
        UserError: there is no such version, something that no version holds would be lost, or the
            data are not to be had; all is as it was.
    """
    target = find(name)
    under_way = MARK.exists()
    _refuse_to_lose_files(target, under_way)
    if not under_way:
        _refuse_to_lose_data()
    before = {path: path.read_bytes() for path in map(Path, _here()) if path.is_file()}
    write_bytes(MARK, f"{name}\n".encode())
    try:
        _place_files(target)
        _fetch(target)
    except BaseException:
        if _put_back(before) and not under_way:
            MARK.unlink(missing_ok=True)
        raise
    _checkout(target)
    MARK.unlink(missing_ok=True)
    return target


def _refuse_to_lose_data() -> None:
    found = state()
    # After `git checkout` the pointer is that commit's, while the data are still another's.
    if found == "modified" and _committed():
        return
    if found == "modified":
        raise UserError(
            f"{RAW} holds changes that no version holds; keep them with 'samebits data release', "
            f"or undo them with 'dvc checkout --force {POINTER}'."
        )
    version = working_version()
    if found == "not in cache" or (found == "" and version and not _complete(version)):
        done = dvc("commit", "--force", str(POINTER))
        if done.returncode != 0:
            raise UserError(f"DVC could not keep {RAW} in its cache: {last_line(done.stderr)}")


def _committed() -> bool:
    """Return whether data/raw is, whole, what some commit names and the cache keeps."""
    here = {path.relative_to(RAW).as_posix(): path for path in RAW.rglob("*") if path.is_file()}
    lists = [files for one in _versions() if (files := listing(one)).keys() == here.keys()]
    if not lists:
        return False
    hashes = {name: md5(path.read_bytes()) for name, path in here.items()}
    return any(files == hashes and _kept(files) for files in lists)


def _versions() -> set[str]:
    """Return the versions of the data that any commit names."""
    found = set[str]()
    for commit in git_says("log", "--all", "--format=%H", "--", POINTER.as_posix()).split():
        with suppress(UserError):  # such as a commit that removed the pointer
            found.add(Release("", commit, "").version)
    return found


def _refuse_to_lose_files(target: Release, under_way: bool) -> None:
    """Refuse where a file that will be replaced is not as the last commit or a release has it."""
    known = _known()
    for path in _here():
        if under_way and path == POINTER.as_posix():
            continue  # it may name parts of two versions by now, if a pipeline ran
        lost = Path(path).is_file() and _rows(path) and _blob(path) not in known.get(path, set())
        if lost:
            raise UserError(
                f"{path} holds changes that no version holds; commit them, or undo them with 'git "
                f"checkout HEAD -- {path}', then use version {target.name}."
            )


def _rows(path: str) -> bytes:
    """Return what stands below the header of a table; of another file, all."""
    content = Path(path).read_bytes()
    return content.partition(b"\n")[2].strip() if _is_table(path) else content


def _is_table(path: str) -> bool:
    return path.endswith(".csv")


def _known() -> dict[str, set[str]]:
    """Return {path: Git's hashes of its content in the last commit and in each release}."""
    found: dict[str, set[str]] = {}
    for one in (head(), *releases()):
        for path, blob in _files(one).items():
            found.setdefault(path, set()).add(blob)
    return found


def _files(release: Release) -> dict[str, str]:
    """Return {path: Git's hash} of what belongs to a version."""
    files = release.revision.files("data")
    return {path: one for path, one in files.items() if path != CHANGELOG.as_posix()}


def _here() -> list[str]:
    """Return the files below data/ that Git keeps, or that a version left here."""
    options = ("--cached", "--others", "--exclude-standard", "-z", "--", "data")
    listed = dict.fromkeys(git_says("ls-files", *options).split("\0"))
    return [path for path in listed if path not in ("", CHANGELOG.as_posix())]


def _blob(path: str) -> str:
    return git_says("hash-object", "--", path).strip()


def _place_files(target: Release) -> None:
    committed, wanted = head(), _files(target)
    # What a version does not know stays as this code has it, where this code knows it.
    kept = [path for path in _files(committed) if path not in wanted]
    for source, paths in ((target, list(wanted)), (committed, kept)):
        if paths:
            done = git("restore", f"--source={source.commit}", "--worktree", "--", *paths)
            if done.returncode != 0:
                raise UserError(f"Git could not restore {paths[0]}: {last_line(done.stderr)}")
    for path in filter(_is_table, kept):
        header, line, _ = Path(path).read_bytes().partition(b"\n")
        write_bytes(Path(path), header + line)
    for path in _here():
        if path not in wanted and path not in kept:
            Path(path).unlink(missing_ok=True)


def _fetch(target: Release) -> None:
    """Have all of the data in the cache before anything in data/raw changes."""
    wanted = tracked([POINTER.as_posix()])
    if not _complete(target.version):
        _bring(target, wanted)
    look_at(wanted)


def _bring(target: Release, wanted: Sequence[Output]) -> None:
    store = Store.open()
    fetch_lists(store, wanted)
    done = transfer("fetch", str(POINTER))
    # DVC calls it up to date, too, where neither side has the files.
    if not _complete(target.version):
        reason = "" if done.returncode == 0 else f" ({last_line(done.stderr)})"
        missing = some(lacking(store, {RAW.as_posix(): target.version}))
        raise understood(store.name, store.url, done.stderr) or UserError(
            f"of {target.title} the remote lacks, or holds as what was not pushed, {missing}"
            f"{reason}; delete there what was changed, and run 'samebits data checkout "
            f"{target.name}' and 'make push' where the data is whole. Nothing was changed."
        )


def _complete(version: str) -> bool:
    """Return whether the cache holds every file of a version."""
    files = listing(version)
    return bool(files) and _kept(files)


def _kept(files: Mapping[str, str]) -> bool:
    folder = cache_folder() / "files" / "md5"
    return all((folder / one[:2] / one[2:]).is_file() for one in files.values())


def _checkout(target: Release) -> None:
    done = dvc("checkout", str(POINTER))
    if done.returncode != 0:
        raise UserError(
            f"{RAW} does not hold all of {target.title} yet ({last_line(done.stderr)}); mend that "
            f"and run the same command again, or let DVC have its way with 'dvc checkout --force "
            f"{POINTER}' before."
        )


def _put_back(before: dict[Path, bytes]) -> bool:
    """Make the files below data/ what they were; return whether all of them are."""
    for path in map(Path, _here()):
        if path not in before:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    for path, content in before.items():
        with suppress(OSError):  # what went wrong first is what a person must hear
            if not path.is_file() or path.read_bytes() != content:
                write_bytes(path, content)
    here = {path: path.read_bytes() for path in map(Path, _here()) if path.is_file()}
    return here == before
