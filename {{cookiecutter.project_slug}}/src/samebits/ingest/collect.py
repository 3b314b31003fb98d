"""Bring data in, give it its version, and record where it came from.

Run: samebits data add                            the example data
     samebits data add some/folder                with what the section `task` names
     samebits data add cats.zip --sha256 9f86...  an archive, checked
     samebits data add s3://bucket/pictures       what `dvc import-url` can reach
"""

import hashlib
import re
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..console.errors import UserError
from ..core.config import read
from ..core.sections import Data, Task
from ..core.yours import Yours
from ..data.decoder import unreadable
from ..data.dvc_file import Origin, alone, described, record_origin, recorded_version
from ..data.findings import shown
from ..data.readers import FOLDERS, TABLES, Reader, reader_of
from ..data.source import Source
from ..data.tar_layout import pack
from . import download as fetch
from . import example_data as examples
from .archive import unpack
from .safe_copy import Incoming, Limits, copy_folder, stripped
from .swap import DataFolder

DATA = Path("data")
Problem = Callable[[bytes], str]  # why a content is not an example, "" if it is
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
    limits: Limits,
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
        replace: replace other data if they have a version, which can be restored.
        force: replace other data in any case.
        problem: says why a content is not an example.
        layout: "tar" packs the data; what comes from a bucket stays as it is there.
        reader: says what an example is.

    Raises:
        UserError: the data cannot be added; nothing has changed.
    """
    place.refuse_to_lose(replace, force)
    with place.exchange() as folder:
        raw = folder / "raw"
        origin = _bring(source, folder, sha256, limits, reader)
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
        lines += ["no checksum was given to compare with; this one is now in data/raw.dvc"]
    if files > MANY_FILES and layout == "files" and origin["kind"] != "bucket":
        lines += [
            f"DVC is slow with {files} files; 'layout: tar' in params.yaml and 'samebits data "
            "pack' put them into few archives"
        ]
    lines += [
        f"next: commit {place.pointer}; set the section 'input' of params.yaml, run 'dvc repro', "
        "and commit these with dvc.lock"
    ]
    return "\n".join(lines)


def _bring(source: str, folder: Path, sha256: str, limits: Limits, reader: Reader) -> Origin:
    """Make folder/raw, and for a bucket folder/raw.dvc, too."""
    path = Path(source)
    if source.startswith("file://"):
        raise UserError(f"{source} is a path on this machine; give it without file://.")
    if fetch.is_address(source):
        shown = fetch.public(source)
        if fetch.names_archive(source):
            path = fetch.fetch(source, folder / "fetched")
            table = PurePosixPath(urlsplit(source).path).name
            return _from_file(path, shown, shown, table, folder, sha256, limits, reader)
    elif path.is_file():
        name = path.resolve().name
        return _from_file(path, source, name, name, folder, sha256, limits, reader)
    elif not path.is_dir():
        raise UserError(f"{source} does not exist; name a folder, an archive or an address.")
    if sha256:
        raise UserError(
            f"{source} is a folder, which has no SHA-256; leave that out: DVC computes a hash."
        )
    if fetch.is_address(source):
        fetch.import_folder(source, folder)
        _look_over(folder / "raw", shown, limits)
        return {"kind": "bucket", "source": source}
    return _from_folder(path, source, folder, limits, reader)


def _look_over(raw: Path, source: str, limits: Limits) -> None:
    """Check names that came from a bucket like those from anywhere else."""
    with Incoming(raw, source, limits.files, limits.room(raw)) as into:
        for path in sorted(file for file in raw.rglob("*") if file.is_file()):
            into.look(path.relative_to(raw).as_posix())


def _from_folder(path: Path, source: str, folder: Path, limits: Limits, reader: Reader) -> Origin:
    here, there = folder.parent.resolve(), path.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise UserError(f"{source} and {folder.parent} overlap; name a folder elsewhere.")
    with Incoming(folder / "raw", source, limits.files, limits.room(folder)) as into:
        copy_folder(stripped(path, reader is FOLDERS, reader.folders), into)
    return {"kind": "folder", "source": there.name}


def _from_file(
    path: Path,
    source: str,
    name: str,
    table: str,
    folder: Path,
    sha256: str,
    limits: Limits,
    reader: Reader,
) -> Origin:
    """Add an archive, or a `table` of examples if the reader recognises its name."""
    if not reader.is_table(table) and PurePosixPath(table).suffix.lower() in TABLES:
        raise UserError(f"{source} is a table; {_how(reader)}")
    size = path.stat().st_size
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    # Opened once, so that the checked bytes are those unpacked.
    with path.open("rb") as archive:
        digest = hashlib.file_digest(archive, "sha256").hexdigest()
        if sha256 and digest != sha256:
            raise UserError(
                f"{source} has the SHA-256 {digest}, not {sha256}; get it again from where the "
                "checksum came from. Nothing was changed."
            )
        archive.seek(0)
        bounds = (limits.room(folder), limits.expansion(size))
        with Incoming(unpacked, source, limits.files, *bounds) as into:
            if reader.is_table(table):
                into.file(table, archive, size)
            else:
                unpack(archive, source, into)
    stripped(unpacked, reader is FOLDERS, reader.folders).rename(folder / "raw")
    kind = "file" if reader.is_table(table) else "archive"
    return {"kind": kind, "source": name, "sha256": digest, "bytes": size}


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
            f"{source} holds no example that `decode` of data.py can read{why}; {_how(reader)}"
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
        raise UserError(f"{source}: {reason}\nSo {_how(reader)}") from None


def _how(reader: Reader) -> str:
    return (
        f"add {reader.wanted()}, or set section `task` of params.yaml to how your examples are "
        "stored (reader, answer, time). Nothing was changed."
    )


def _limits(given: Namespace) -> Limits:
    most = Limits()
    return Limits(
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
