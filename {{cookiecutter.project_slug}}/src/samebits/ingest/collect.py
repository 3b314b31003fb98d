"""Bring data in, give it its version, and record where it came from.

Run: samebits data add                            the example data
     samebits data add some/folder                with what the section `task` names
     samebits data add cats.zip --sha256 9f86...  an archive, checked
     samebits data add s3://bucket/pictures       what `dvc import-url` can reach
"""

import re
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..console.errors import UserError
from ..core.config import read
from ..core.sections import Data, Task
from ..core.yours import Yours
from ..data.decoder import unreadable
from ..data.findings import shown
from ..data.raw_pointer import alone, described, record_origin, recorded_version
from ..data.readers import FOLDERS, Lines, Reader, reader_of
from ..data.source import Source
from ..data.tar_layout import pack
from . import download as fetch
from . import example_data as examples
from .origins import advice, bring, refuse_missing
from .safe_copy import CopyLimits
from .swap import DataFolder

DATA = Path("data")
Problem = Callable[[bytes], str]  # why a content is not an example, "" if it is
# The cure where examples stand as `task` says, but do not hold what `input` says.
INPUT = (
    "set section `input` of params.yaml to what your examples hold, or change `decode`. Nothing "
    "was changed."
)
MANY_FILES = 20_000  # from about this number DVC takes minutes, and ever more memory


def example(place: DataFolder, replace: bool, force: bool) -> str:
    """Write the example data, unless it is there; return a report.

    Raises:
        UserError: other data is there, or expected, and may not be replaced.
    """
    expected, shipped = recorded_version(place.pointer), examples.version_in(place.pointer)
    if expected != shipped and not (replace or force):
        raise UserError(
            f"{place.pointer} names other data than the example; get that with "
            f"'dvc pull {place.pointer}', or replace it with --replace (make: REPLACE=1)."
        )
    held = examples.holds(place.raw) if place.raw.is_dir() else ""
    if expected and held == shipped:
        return f"{place.raw} already holds the example data"
    files = examples.files()
    version = examples.version(files)
    if shipped not in (None, version) and not (replace or force):
        raise UserError(
            f"{place.pointer} names another version of the example than "
            f"{examples.SCRIPT.as_posix()} makes; restore both from Git, or replace the data with "
            "--replace (make: REPLACE=1)."
        )
    place.refuse_to_lose(replace, force or (held == version and expected is None))
    with place.exchange() as folder:
        examples.write(files, folder / "raw")
        if expected == version:
            # The pointer was there before the files, so DVC has nothing left to do.
            (folder / "raw.dvc").write_bytes(place.pointer.read_bytes())
        else:
            fetch.give_version(folder)
            origin = {"kind": "example", "source": examples.source(), "files": len(files)}
            record_origin(folder / "raw.dvc", origin)
    kind = "file" if len(files) == 1 else "files"
    return f"{place.raw}: {len(files)} {kind} of example data, version {version}"


def collect(
    place: DataFolder,
    source: str,
    sha256: str,
    limits: CopyLimits,
    replace: bool,
    force: bool,
    problem: Problem,
    layout: str = "files",
    reader: Reader = FOLDERS,
) -> str:
    """Add the data at a path or an address; return a report.

    Args:
        place: the project's folder of data.
        source: a folder, an archive, a table of examples, or an address of one of them.
        sha256: the checksum of an archive or a table, or "".
        limits: the most that may be added.
        replace: replace other data if it has a version, which can be restored.
        force: replace other data in any case.
        problem: says why a content is not an example.
        layout: "tar" packs the data; what comes from a bucket stays as it is there.
        reader: says what an example is.

    Raises:
        UserError: the data cannot be added; nothing has changed.
    """
    refuse_missing(source)
    place.refuse_to_lose(replace, force)
    with place.exchange() as folder:
        raw = folder / "raw"
        origin = bring(source, folder, sha256, limits, reader)
        named = fetch.public(source) if fetch.is_address(source) else source
        told = _counted(raw, named, problem, reader)
        files = sum(path.is_file() for path in raw.rglob("*"))
        if origin["kind"] != "bucket":
            if layout == "tar":
                pack(raw, reader=reader)
            fetch.give_version(folder)
        record_origin(raw.with_suffix(".dvc"), {**origin, "files": files})
    lines = [f"{place.raw}: {told}, version {recorded_version(place.pointer)}"]
    lines += [f"from {described(origin)}"]
    if "sha256" in origin and not sha256:
        lines += ["no checksum was given to compare with; the checksum is recorded in data/raw.dvc"]
    rows, bucket = isinstance(reader, Lines), origin["kind"] == "bucket"
    if files > MANY_FILES and layout == "files" and not (rows or bucket):
        lines += [
            f"DVC is slow with {files} files; 'layout: tar' in params.yaml and 'samebits data "
            "pack' put them into few archives"
        ]
    # The columns that it names were there, or no row could have been read.
    how = "check which columns section 'input'" if rows else "set section 'input'"
    lines += [
        f"next: commit {place.pointer}; {how} of params.yaml{' names' if rows else ''}, run 'dvc "
        "repro', and commit these with dvc.lock"
    ]
    return "\n".join(lines)


def _counted(raw: Path, source: str, problem: Problem, reader: Reader) -> str:
    """Return the counts of what is in `raw`; raise a `UserError` if there is no example."""
    sources = _examples(raw, source, reader)
    usable = [example for example in sources if not example.rule]
    problems: list[str] = []
    for example in usable:
        problems.append(problem(reader.content(example, raw)))
        if not problems[-1]:
            break
    if "" not in problems:
        first = [
            f"{shown(example.path)}: {said}" for example, said in zip(usable, problems, strict=True)
        ]
        first += [
            f"{shown(unusable.path)}: {unusable.problem}" for unusable in sources if unusable.rule
        ]
        why = f" ({first[0]})" if first else ""
        raise UserError(
            f"{source} holds no example that `decode` of data.py can read{why}; "
            f"{INPUT if usable else advice(reader)}"
        )
    answers = {example.answer for example in usable}
    size = sum(path.stat().st_size for path in raw.rglob("*") if path.is_file())
    others = len(sources) - len(usable)
    rest = f" and {others} that cannot be used" if others else ""
    return f"{reader.told(len(usable), len(answers))}{rest}, {size} bytes"


def _examples(raw: Path, source: str, reader: Reader) -> list[Source]:
    if not raw.is_dir():
        return []
    try:
        return list({example.path: example for example in reader.sources(raw)}.values())
    except UserError as error:
        reason = str(error).replace(f"{raw.as_posix()}/", "")
        raise UserError(f"{source}: {reason}\nSo {advice(reader)}") from None


def _limits(given: Namespace) -> CopyLimits:
    most = CopyLimits()
    return CopyLimits(
        given.max_files or most.files,
        most.ratio if given.max_ratio is None else given.max_ratio,
        given.max_bytes or most.bytes,
    )


def checked_sha256(text: str) -> str:
    """Return a SHA-256 in its usual spelling, or "" where there is none.

    Raises:
        UserError: it is something else.
    """
    checksum = text.strip().lower().removeprefix("sha256:")
    if checksum and not re.fullmatch("[0-9a-f]{64}", checksum):
        raise UserError(f"{text!r} is not a SHA-256; write its 64 hexadecimal digits.")
    return checksum


def main(given: Namespace, yours: Yours) -> None:
    """Bring data in as the command line says, and tell what came."""
    place, limits = DataFolder(DATA), _limits(given)
    sha256 = checked_sha256(given.sha256)
    if sha256 and not given.source:
        raise UserError("the example data needs no checksum; name the archive that has this one.")
    try:
        with alone():
            if place.settle():
                sys.stdout.write(f"{place.raw}: finished what an earlier call had brought in\n")
            if given.source:
                data, how = read(Data), (given.replace, given.force)
                problem = partial(unreadable, yours=yours.data, data=data)
                told = collect(
                    place,
                    given.source,
                    sha256,
                    limits,
                    *how,
                    problem,
                    layout=data.layout,
                    reader=reader_of(read(Task), data),
                )
            else:
                told = example(place, given.replace, given.force)
    except OSError as error:
        raise UserError(
            f"{error.filename or DATA}: {error.strerror}; fix that and run it again; "
            "nothing was lost."
        ) from None
    sys.stdout.write(f"{told}\n")
