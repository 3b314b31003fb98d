"""Pull data and models from the remote, push them there, and say in one sentence what is wrong.

Where the remote has `verify = true`, DVC compares each file that it pulls with its hash. The list
of a folder's files is an object, too, and that DVC takes as it comes: a changed list gives examples
other labels, leaves some out, or writes outside the project, and so does a list of another hash. So
lists are compared, and their names looked at, before DVC sees them. What was cut off is completed
by asking again.

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
from .tracked import Output, look_at, outputs, tracked

SHOWN = 3
# How DVC names an object that it did not find, and says that it dropped some, which were not whole.
ABSENT = re.compile(r"(?:failed to transfer '|md5: )([0-9a-f]{32}(?:\.dir)?)")
DROPPED = "Checkout failed"


def pull(targets: Sequence[str] = ()) -> None:
    """Bring the outputs in, each object compared with its hash; nothing that differs is kept.

    Args:
        targets: outputs, .dvc files or stages; all of them where empty.

    Raises:
        UserError: an object is not what was pushed or is missing, something would be written
            elsewhere than into the outputs, or the remote cannot be used.
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
    """Send the outputs to the remote, as `pull` brings them in.

    Raises:
        UserError: the remote cannot be used, or an object is neither here nor there.
    """
    store = Store.open()
    store.drop_parts()
    _drop_lists(store, _pushable(store, outputs(targets)))
    done = transfer("push", *targets)
    if done.returncode:
        raise failure(store.name, store.url, done.stderr)
    if absent := set(ABSENT.findall(done.stderr)):  # and DVC ends as if it had pushed them
        here = lacking(store, outputs(targets)).items()
        missing = {path: name for path, name in here if name in absent}
        raise UserError(
            f"neither the cache here nor the remote '{store.name}' has {some(missing)}; run 'make "
            "reproduce' or, where they are, 'make push'."
        )
    show(done)


def lacking(store: Store, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return {path: hash} of the objects of these outputs that the cache has not."""
    found = {}
    for path, name in wanted.items():
        if not store.cached(name).is_file():
            found[path] = name
        elif name.endswith(".dir"):
            listed = listed_files(store.cached(name).read_bytes(), path)
            inside = {f"{path}/{one}": part for one, part in listed.items()}
            found |= {one: part for one, part in inside.items() if not store.cached(part).is_file()}
    return found


def _drop_lists(store: Store, lists: Mapping[str, set[str]]) -> None:
    """Delete the lists of which the remote lacks an object, so that a push sends both.

    DVC takes the objects of a list that is there as there, too, and would not look for them.
    """
    try:
        present = [name for name in lists if store.system.exists(store.place(name))]
        folder = store.system.join(store.root, "files", "md5")
        places = store.system.fs.find(folder) if present else ()
        found = {"".join(re.split(r"[\\/]", place)[-2:]) for place in places}
        for name in present:
            if not found.issuperset(lists[name]):
                store.system.remove(store.place(name))
    except MemoryError:  # of this machine
        raise
    except Exception as error:  # each plugin has its own
        raise failure(store.name, store.url, words(error)) from error


def _pushable(store: Store, wanted: Mapping[str, str]) -> dict[str, set[str]]:
    """Return {list: objects that it names} of the folders of which the cache has everything."""
    found = {}
    for path, name in wanted.items():
        if name.endswith(".dir") and not lacking(store, {path: name}):
            found[name] = set(listed_files(store.cached(name).read_bytes(), path).values())
    return found


def main(given: Namespace) -> None:
    """Pull or push, as the verb of the command line says."""
    (pull if given.verb == "data pull" else push)(given.targets)


def fetch_lists(store: Store, wanted: Sequence[Output]) -> None:
    """Put the lists of the folders into the cache, from which DVC then takes them.

    Raises:
        UserError: one is not what was pushed, something would be written elsewhere than into the
            outputs, or the remote cannot be used.
    """
    lists = [out for out in wanted if out.hash.endswith(".dir")]
    needed = [out for out in lists if not _whole(store.cached(out.hash), out.hash)]
    if needed:  # drop what DVC may have concluded when a bare `dvc pull` believed them
        shutil.rmtree(store.index, ignore_errors=True)
    changed = {out.path: out.hash for out in needed if not _fetch_list(store, out)}
    if changed:
        raise _changed(store, changed)
    # What was imported from another repository, DVC alone knows to find.
    if absent := [out.path for out in lists if not store.cached(out.hash).exists()]:
        transfer("fetch", *absent)
    look_at(wanted)


def _fetch_list(store: Store, out: Output) -> bool:
    """Fetch a list; False if it is not the one of this hash. A list that is not there is none."""
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
    """What to say of the objects that did not come; None if that was not why DVC failed."""
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
        "it was kept; delete it there and run 'make push' where the data is whole."
    )


def some(objects: Mapping[str, str]) -> str:
    """Return the first of these outputs and the names of their objects, for a sentence."""
    named = [f"{path} ({location(name)})" for path, name in sorted(objects.items())]
    more = [f"{len(named) - SHOWN} more"] if len(named) > SHOWN else []
    return ", ".join(named[:SHOWN] + more)
