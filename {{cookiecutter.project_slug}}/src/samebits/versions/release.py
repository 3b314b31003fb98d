"""Make a release of the data: record it with DVC, check it, push, write the record, commit, tag.

In this order every step can be repeated: after a kill, the same command continues, and a failure
leaves the files as they were. Nothing is released before the commit; a commit without its tag is
tagged first. Git commits only what is below data/, whatever else is staged, and runs your hooks.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..checks.drift import FILE as REFERENCE
from ..console.errors import UserError
from ..core.config import read
from ..core.files import write_bytes
from ..core.sections import Data, Task
from ..core.yours import examples_name
from ..data import release_file as record
from ..data.raw_pointer import refuse_parts
from ..data.readers import reader_of
from ..data.release_file import CORRECTIONS, RECORD, Record
from ..programs import git, git_says, git_shown
from ..remote.sync import push
from .changelog import CHANGELOG, entry, summary, with_entry, without_latest
from .changes import Changes, balance, changes, examples_of
from .released_data import Release, listing, unpacked
from .tags import TAG, head, number, releases
from .working_data import POINTER, RAW, keep, last_line, state, working_version

# Files that a release, or its check, writes.
WRITTEN = (POINTER, RECORD, CHANGELOG, REFERENCE)


def release(name: str, note: str, check: Callable[[], object]) -> str:
    """Make version `name` of the data and return a sentence on what was done.

    Args:
        name: its number, such as 1.1.
        note: what is new, in one line.
        check: raises if the data in data/raw is not sound; it may write data/reference.json, for
            the drift of later versions.

    Raises:
        UserError: it cannot be made; nothing was committed, and the same command can be repeated.
    """
    number(name)
    note = _checked(note)
    known = releases()
    committed = _ready()
    if untagged := _untagged(committed, known):
        return _finish(untagged, name)
    _check_order(name, known)
    _check_tree(committed)
    before = {path: _bytes(path) for path in WRITTEN}
    try:
        sentence = _made(name, note, check, committed, known[-1] if known else None)
    except BaseException:
        if head().commit == committed.commit:  # an interrupt may come just after Git's commit
            _restore(before)
        raise
    return sentence


def _made(
    name: str, note: str, check: Callable[[], object], committed: Release, last: Release | None
) -> str:
    made, differences = _recorded(name, note, committed, last)
    check()
    _push(name)
    _write(made, differences, last.name if last else None, committed)
    if working_version() != made.version or state():
        raise UserError(f"{RAW} changed while it was checked; run the same command again.")
    _commit(made)
    _tag(made)
    return summary(differences, last.name if last else None, examples_name())


def _checked(note: str) -> str:
    if not note.strip():
        raise UserError('the note is missing; say what is new: samebits data release 1.0 "...".')
    if not note.isprintable():
        raise UserError("the note has line breaks or control characters; write one plain line.")
    return note.strip()


def _ready() -> Release:
    """Return the last commit, if Git can make another."""
    committed = head()
    if git("var", "GIT_COMMITTER_IDENT").returncode != 0:
        raise UserError(
            "Git does not know who you are; run 'git config user.name ...' and 'git config "
            "user.email ...'."
        )
    for operation in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"):
        if git("rev-parse", "--verify", "--quiet", operation).returncode == 0:
            name = operation.removesuffix("_HEAD").lower().replace("_", "-")
            raise UserError(f"a {name} is under way; finish or abort it, then release.")
    return committed


def _untagged(committed: Release, known: Sequence[Release]) -> Record | None:
    """Return the release in the last commit if it has no tag."""
    held = committed.record
    return held if held and held.release not in {release.name for release in known} else None


def _finish(held: Record, name: str) -> str:
    if held.release != name:
        raise UserError(
            f"version {held.release} of the data is committed, but has no tag here; get that with "
            f"'git fetch --tags', or make it: 'samebits data release {held.release} ...'."
        )
    _tag(held)
    return "It was committed already; now it has its tag."


def _check_order(name: str, known: Sequence[Release]) -> None:
    if any(number(release.name) == number(name) for release in known):
        raise UserError(f"version {name} of the data exists; 'samebits data list' lists them all.")
    if known and number(name) < number(known[-1].name):
        raise UserError(
            f"version {name} would go backwards: the last one is {known[-1].name}; choose a higher "
            "number."
        )


def _check_tree(committed: Release) -> None:
    """Refuse doubtful states below data/: conflicts, unknown files, a pointer without its data."""
    refuse_parts()
    if conflicts := _listed("ls-files", "--unmerged", "--", "data"):
        path = conflicts[0].rpartition("\t")[2]
        raise UserError(f"{path} has conflicts; settle them and 'git add' it, then release.")
    written = {path.as_posix() for path in WRITTEN}
    strangers = _listed("ls-files", "--others", "--exclude-standard", "--", "data")
    if strangers := [path for path in strangers if path not in written]:
        raise UserError(
            f"{strangers[0]} is not in Git: 'git add' it if it belongs to the data, otherwise move "
            "it away."
        )
    text = committed.revision.text(CHANGELOG.as_posix()) or ""
    now = CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.exists() else ""
    # A release that was killed leaves its entry in it.
    if text not in (now, without_latest(now)):
        path = CHANGELOG.as_posix()
        raise UserError(f"{path} has changes that are not committed; commit or undo them first.")
    changed = committed.revision.content(POINTER.as_posix()) != _bytes(POINTER)
    if changed and POINTER.exists() and state() == "modified":
        raise UserError(
            f"{POINTER} was changed, and {RAW} holds other data than it names; if the data is "
            f"right, run 'dvc add {RAW}'; if the file is right, run 'dvc checkout {POINTER}'."
        )


def _recorded(
    name: str, note: str, committed: Release, last: Release | None
) -> tuple[Record, Changes]:
    """Record the data's version; return the record of the release and its changes."""
    if not RAW.is_dir():
        raise UserError(f"{RAW} is missing; get the data with 'dvc pull', or add your own.")
    reader = reader_of(read(Task), read(Data))
    if reader != committed.reader:
        raise UserError(
            "section `task` of params.yaml has changes that are not committed, but each version is "
            "read with its own params.yaml; commit it, then release."
        )
    keep()
    version = str(working_version())
    if last and (version, record.corrections()) == _content(last):
        raise UserError(f"the data is that of version {last.name}; there is nothing to release.")
    corrected = CORRECTIONS.read_text(encoding="utf-8") if CORRECTIONS.exists() else ""
    new = examples_of(unpacked(listing(version), "the data here"), corrected, reader, RAW)
    old = last.examples() if last else []
    classes = balance(new, read(Task).target)
    made = Record(
        release=name,
        version=version,
        corrections=record.corrections(),
        note=note,
        classes=classes,
    )
    return made, changes(old, new)


def _content(last: Release) -> tuple[str, str | None]:
    known = last.record
    return last.version, known.corrections if known else None


def _push(name: str) -> None:
    try:
        push([POINTER.as_posix()])
    except UserError as error:
        raise UserError(
            f"the data could not be pushed, so version {name} is not made: {error} Then run the "
            "same command again."
        ) from None


def _write(made: Record, differences: Changes, since: str | None, committed: Release) -> None:
    """Write the files of a release that Git keeps, except the pointer."""
    text = committed.revision.text(CHANGELOG.as_posix()) or ""
    new = with_entry(text, entry(made, _today(), since, differences, examples_name()))
    record.write(made)
    write_bytes(CHANGELOG, new.encode())


def _today() -> str:
    """Return the day that Git would write into a commit now."""
    *_, seconds, _ = git_says("var", "GIT_COMMITTER_IDENT").split()
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _commit(made: Record) -> None:
    changed = _listed("diff", "--name-only", "--relative", "HEAD", "--", "data")
    written = [path.as_posix() for path in WRITTEN if path.exists()]
    paths = sorted({*changed, *written})
    git_says("add", "--intent-to-add", "--", *written)
    message = f"Release data {made.release}: {made.note}"
    # Hooks print their own messages; --only leaves alone whatever else is staged.
    if git_shown("commit", "--quiet", "--only", "--message", message, "--", *paths):
        raise UserError(
            f"Git did not commit (it says why above), so version {made.release} is not made; fix "
            "that and run the same command again."
        )


def _tag(made: Record) -> None:
    commit = git_says("log", "-1", "--format=%H", "--", RECORD.as_posix()).strip()
    message = f"Data {made.release}: {made.note}"
    done = git("tag", "--annotate", "--message", message, f"{TAG}{made.release}", commit)
    if done.returncode != 0:
        raise UserError(
            f"version {made.release} is committed, but Git made no tag ({last_line(done.stderr)}); "
            "fix that and run the same command again."
        )


def _restore(before: dict[Path, bytes | None]) -> None:
    for path, content in before.items():
        with suppress(OSError):  # do not mask the original error
            if content is None:
                path.unlink(missing_ok=True)
                git("reset", "--quiet", "--", path.as_posix())
            elif content != _bytes(path):
                write_bytes(path, content)


def _listed(command: str, *arguments: str) -> list[str]:
    done = git(command, "-z", *arguments)
    if done.returncode != 0:
        raise UserError(f"Git cannot list the files below data/: {last_line(done.stderr)}")
    return [path for path in done.stdout.split("\0") if path]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
