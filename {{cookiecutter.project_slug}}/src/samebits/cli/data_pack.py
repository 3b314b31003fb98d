"""Lay out data/raw as data.layout says: in a few tar archives, or one file per example.

The examples stay the same, so the origin recorded in data/raw.dvc stays true.

Run: samebits data pack
"""

import sys

from ..console.errors import UserError
from ..core.config import read
from ..core.sections import Data, Task
from ..core.yours import examples_name
from ..data.raw_pointer import Origin, alone, imported, origin, record_origin
from ..data.readers import reader_of
from ..data.tar_layout import pack, unpack
from ..versions.working_data import POINTER, RAW, keep, state, working_version


def main() -> None:
    """Pack or unpack, give the result a version, and say what is there now."""
    data = read(Data)
    tar, reader = data.layout == "tar", reader_of(read(Task), data)
    if tar and imported(POINTER):
        raise UserError(
            f"{POINTER} says that DVC imported {RAW}, and 'dvc update' would bring single files "
            "again; set data.layout to files, or bring the examples in as a folder or an archive."
        )
    with alone():
        before, known = working_version(), _known_origin()
        count = pack(RAW, reader=reader) if tar else unpack(RAW, reader)
        if not count:
            raise UserError(f"{RAW} holds no example.")
        keep()
        if known:
            record_origin(POINTER, known)
        version = working_version()
    form = "in tar archives" if tar else "in files of their own"
    sys.stdout.write(f"{RAW}: {count} {examples_name()} {form}, version {version}\n")
    if version != before:
        sys.stdout.write(f"next: commit {POINTER}, then run 'dvc repro' and commit dvc.lock\n")


def _known_origin() -> Origin | None:
    """Return where the examples came from, if they are still those that came from there."""
    known = origin(POINTER)
    return known if known and state() in ("", "not in cache") else None
