"""Pull data and models from the remote, push them there, and explain failures in one sentence.

With `verify = true` for the remote, DVC compares each file that it pulls with its hash. But it does
not verify the lists of folders, which are objects, too: a changed list, or one of another hash, can
give examples other labels, leave some out, or write outside the project. So lists are verified, and
their names checked, before DVC reads them. Running an interrupted transfer again completes it.

Run: samebits data pull|push [TARGET ...]
"""

import re
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..console.errors import UserError
from ..core.files import md5, write_bytes
from .dir_lists import listed_files
from .dvc_errors import failure, show, transfer, understood, words
from .filesystem import Store, location
from .tracked import TrackedOutput, look_at, outputs, tracked

SHOWN = 3
# DVC's messages about an object that it did not find, and about damaged ones that it dropped.
ABSENT = re.compile(r"(?:failed to transfer '|md5: )([0-9a-f]{32}(?:\.dir)?)")
DROPPED = "Checkout failed"


def pull(targets: Sequence[str] = ()) -> None:
    """Pull the outputs; every object is compared with its hash, and none that differs is kept.

    Args:
        targets: outputs, .dvc files or stages; all of them where empty.

    Raises:
        UserError: an object is missing or altered, something would be written outside the outputs,
            or the remote cannot be used.
    """
    store, wanted = Store.open(), tracked(targets)
    fetch_lists(store, wanted)
    done = transfer("pull", *targets)
    if done.returncode:
        at = (store.name, store.url, done.stderr)
        refusal = _refusal(store, {out.path: out.hash for out in wanted}, done.stderr)
        raise understood(*at) or refusal or failure(*at)
    show(done)


def push(targets: Sequence[str] = ()) -> None:
    """Push the outputs to the remote, so that `pull` can get them.

    Raises:
        UserError: the remote cannot be used, or an object is neither here nor there.
    """
    store = Store.open()
    store.drop_parts()
    _drop_lists(store, _pushable(store, outputs(targets)))
    done = transfer("push", *targets)
    if done.returncode:
        raise failure(store.name, store.url, done.stderr)
    if absent := set(ABSENT.findall(done.stderr)):  # DVC exits with 0 all the same
        here = lacking(store, outputs(targets)).items()
        missing = {path: name for path, name in here if name in absent}
        raise UserError(
            f"neither the cache here nor the remote '{store.name}' has {some(missing)}; run 'make "
            "reproduce' here, or 'make push' where they are."
        )
    show(done)


def lacking(store: Store, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return {path: hash} of the objects of these outputs that the cache lacks."""
    missing = {}
    for path, name in wanted.items():
        if not store.cached(name).is_file():
            missing[path] = name
        elif name.endswith(".dir"):
            listed = listed_files(store.cached(name).read_bytes(), path)
            inside = {f"{path}/{file}": digest for file, digest in listed.items()}
            missing |= {
                below: digest
                for below, digest in inside.items()
                if not store.cached(digest).is_file()
            }
    return missing


def _drop_lists(store: Store, lists: Mapping[str, set[str]]) -> None:
    """Delete lists on the remote that lack one of their objects there, so that a push sends both.

    If the remote has a list, DVC assumes that it has the list's objects, too.
    """
    try:
        present = [name for name in lists if store.system.exists(store.place(name))]
        folder = store.system.join(store.root, "files", "md5")
        places = store.system.fs.find(folder) if present else ()
        stored = {"".join(re.split(r"[\\/]", place)[-2:]) for place in places}
        for name in present:
            if not stored.issuperset(lists[name]):
                store.system.remove(store.place(name))
    except MemoryError:  # this machine's fault, not the remote's
        raise
    except Exception as error:  # each plugin has its own
        raise failure(store.name, store.url, words(error)) from error


def _pushable(store: Store, wanted: Mapping[str, str]) -> dict[str, set[str]]:
    """Return {list: objects that it names} of the folders that the cache holds completely."""
    lists = {}
    for path, name in wanted.items():
        if name.endswith(".dir") and not lacking(store, {path: name}):
            lists[name] = set(listed_files(store.cached(name).read_bytes(), path).values())
    return lists


def main(given: Namespace) -> None:
    """Pull or push, as the verb of the command line says."""
    (pull if given.verb == "data pull" else push)(given.targets)


def fetch_lists(store: Store, wanted: Sequence[TrackedOutput]) -> None:
    """Put the lists of the folders into the cache, where DVC then finds them.

    Raises:
        UserError: a list is altered, something would be written outside the outputs, or the remote
            cannot be used.
    """
    lists = [out for out in wanted if out.hash.endswith(".dir")]
    needed = [out for out in lists if not _whole(store.cached(out.hash), out.hash)]
    if needed:  # drop DVC's index, in case a bare `dvc pull` trusted bad lists
        shutil.rmtree(store.index, ignore_errors=True)
    changed = {out.path: out.hash for out in needed if not _fetch_list(store, out)}
    if changed:
        raise _changed(store, changed)
    # Only DVC can find what was imported from another repository.
    if absent := [out.path for out in lists if not store.cached(out.hash).exists()]:
        transfer("fetch", *absent)
    look_at(wanted)


def _fetch_list(store: Store, out: TrackedOutput) -> bool:
    """Fetch a list, if the remote has it; return False if it does not match its hash."""
    here = store.cached(out.hash)
    here.unlink(missing_ok=True)
    if out.remote not in (None, store.name):
        store = Store.open(out.remote)
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        copy = Path(folder, "copy")
        if not store.fetch(out.hash, copy):
            return True
        if whole := _whole(copy, out.hash):
            listed_files(copy.read_bytes(), out.path)
            write_bytes(here, copy.read_bytes())
        return whole


def _whole(file: Path, name: str) -> bool:
    return file.is_file() and md5(file.read_bytes()) == name.removesuffix(".dir")


def _refusal(store: Store, wanted: Mapping[str, str], said: str) -> UserError | None:
    """Return the error about objects that did not arrive; None if DVC failed for another reason."""
    missing = lacking(store, wanted)
    absent = {path: name for path, name in missing.items() if name in ABSENT.findall(said)}
    if absent:
        return UserError(
            f"the remote '{store.name}' lacks {some(absent)}; run 'make push' where the data is."
        )
    return _changed(store, missing) if missing and DROPPED in said else None


def _changed(store: Store, objects: Mapping[str, str]) -> UserError:
    return UserError(
        f"the remote '{store.name}' does not hold what was pushed as {some(objects)}; nothing of "
        "it was kept; delete it there and run 'make push' where the data is complete."
    )


def some(objects: Mapping[str, str]) -> str:
    """Return the first of these outputs, with the names of their objects, for a sentence."""
    named = [f"{path} ({location(name)})" for path, name in sorted(objects.items())]
    more = [f"{len(named) - SHOWN} more"] if len(named) > SHOWN else []
    return ", ".join(named[:SHOWN] + more)
