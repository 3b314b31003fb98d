"""Check out a version of the data into the working tree, whatever the code there, and back.

The files that Git keeps below data/ come from the version, except the changelog, which is the
history of this branch. A file that this code has and the version lacks stays; of a table only the
header stays, since its rows are about other data. Git's index is not touched. A file in .dvc/tmp
marks a checkout in progress: after a kill, the same command, or one for another version, continues.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..console.errors import UserError
from ..core.files import md5, write_bytes
from ..data.raw_pointer import MARK
from ..programs import dvc, git, git_says
from ..remote.dvc_errors import transfer, understood
from ..remote.filesystem import Store
from ..remote.revisions import cache_folder
from ..remote.sync import fetch_lists, lacking, some
from ..remote.tracked import TrackedOutput, look_at, tracked
from .changelog import CHANGELOG
from .released_data import Release, listing
from .tags import find, head, releases
from .working_data import POINTER, RAW, last_line, state, working_version


def use(name: str) -> Release:
    """Check out the version `name`; `committed` is that of the last commit.

    Raises:
        UserError: there is no such version, changes that no version holds would be lost, or the
            data cannot be fetched; nothing has changed.
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
    status = state()
    # After `git checkout` the pointer is the new commit's, but the data is still the old one's.
    if status == "modified" and _committed():
        return
    if status == "modified":
        raise UserError(
            f"{RAW} has changes that are in no version; keep them with 'samebits data release', or "
            f"undo them with 'dvc checkout --force {POINTER}'."
        )
    version = working_version()
    if status == "not in cache" or (status == "" and version and not _complete(version)):
        done = dvc("commit", "--force", str(POINTER))
        if done.returncode != 0:
            raise UserError(f"DVC could not keep {RAW} in its cache: {last_line(done.stderr)}")


def _committed() -> bool:
    """Return whether data/raw is exactly the data of some commit, with all files in the cache."""
    here = {path.relative_to(RAW).as_posix(): path for path in RAW.rglob("*") if path.is_file()}
    lists = [files for version in _versions() if (files := listing(version)).keys() == here.keys()]
    if not lists:
        return False
    hashes = {name: md5(path.read_bytes()) for name, path in here.items()}
    return any(files == hashes and _kept(files) for files in lists)


def _versions() -> set[str]:
    """Return the versions of the data in any commit."""
    versions = set[str]()
    for commit in git_says("log", "--all", "--format=%H", "--", POINTER.as_posix()).split():
        with suppress(UserError):  # for example a commit that removed the pointer
            versions.add(Release("", commit, "").version)
    return versions


def _refuse_to_lose_files(target: Release, under_way: bool) -> None:
    """Refuse to replace a file whose content is neither the last commit's nor a release's."""
    known = _known()
    for path in _here():
        if under_way and path == POINTER.as_posix():
            continue  # if a pipeline ran, it may name parts of two versions by now
        lost = Path(path).is_file() and _rows(path) and _blob(path) not in known.get(path, set())
        if lost:
            raise UserError(
                f"{path} has changes that are in no version; commit them, or undo them with 'git "
                f"checkout HEAD -- {path}', then use version {target.name}."
            )


def _rows(path: str) -> bytes:
    """Return a table's content below its header; of any other file, all of it."""
    content = Path(path).read_bytes()
    return content.partition(b"\n")[2].strip() if _is_table(path) else content


def _is_table(path: str) -> bool:
    return path.endswith(".csv")


def _known() -> dict[str, set[str]]:
    """Return {path: Git's hashes of its contents in the last commit and in each release}."""
    blobs: dict[str, set[str]] = {}
    for release in (head(), *releases()):
        for path, blob in _files(release).items():
            blobs.setdefault(path, set()).add(blob)
    return blobs


def _files(release: Release) -> dict[str, str]:
    """Return {path: Git's hash} of a version's files."""
    files = release.revision.files("data")
    return {path: blob for path, blob in files.items() if path != CHANGELOG.as_posix()}


def _here() -> list[str]:
    """Return the files below data/ that Git tracks, or that a version left here."""
    options = ("--cached", "--others", "--exclude-standard", "-z", "--", "data")
    listed = dict.fromkeys(git_says("ls-files", *options).split("\0"))
    return [path for path in listed if path not in ("", CHANGELOG.as_posix())]


def _blob(path: str) -> str:
    return git_says("hash-object", "--", path).strip()


def _place_files(target: Release) -> None:
    committed, wanted = head(), _files(target)
    # Files that only this code has stay as they are.
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
    """Fetch all of the data into the cache before anything in data/raw changes."""
    wanted = tracked([POINTER.as_posix()])
    if not _complete(target.version):
        _bring(target, wanted)
    look_at(wanted)


def _bring(target: Release, wanted: Sequence[TrackedOutput]) -> None:
    store = Store.open()
    fetch_lists(store, wanted)
    done = transfer("fetch", str(POINTER))
    # DVC also reports "up to date" if neither side has the files.
    if not _complete(target.version):
        reason = "" if done.returncode == 0 else f" ({last_line(done.stderr)})"
        missing = some(lacking(store, {RAW.as_posix(): target.version}))
        raise understood(store.name, store.url, done.stderr) or UserError(
            f"the remote lacks files of {target.title}, or has them altered: {missing}{reason}; "
            f"delete the altered ones there, and run 'samebits data checkout {target.name}' and "
            "'make push' where the data is complete. Nothing was changed."
        )


def _complete(version: str) -> bool:
    """Return whether the cache holds every file of a version."""
    files = listing(version)
    return bool(files) and _kept(files)


def _kept(files: Mapping[str, str]) -> bool:
    folder = cache_folder() / "files" / "md5"
    return all((folder / digest[:2] / digest[2:]).is_file() for digest in files.values())


def _checkout(target: Release) -> None:
    done = dvc("checkout", str(POINTER))
    if done.returncode != 0:
        raise UserError(
            f"{RAW} does not hold all of {target.title} yet ({last_line(done.stderr)}); fix that "
            "and run the same command again, or discard the changes there first with 'dvc checkout "
            f"--force {POINTER}'."
        )


def _put_back(before: dict[Path, bytes]) -> bool:
    """Restore the files below data/; return whether all of them are as they were."""
    for path in map(Path, _here()):
        if path not in before:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    for path, content in before.items():
        with suppress(OSError):  # do not mask the original error
            if not path.is_file() or path.read_bytes() != content:
                write_bytes(path, content)
    here = {path: path.read_bytes() for path in map(Path, _here()) if path.is_file()}
    return here == before
