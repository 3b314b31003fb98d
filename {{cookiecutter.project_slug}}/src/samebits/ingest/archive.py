"""Unpack a zip or tar archive that is not trusted.

Formats: PKWARE's APPNOTE for zip; POSIX.1-2017, pax, for tar. What can go wrong with both:
https://docs.python.org/3/library/zipfile.html#decompression-pitfalls and
https://docs.python.org/3/library/tarfile.html#extraction-filters. Nothing here calls `extract`:
members are read one by one and written by `Incoming`, which checks names and counts bytes.
"""

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, cast

from ..console.errors import UserError, refused
from .safe_copy import CHUNK, Incoming

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_ENCRYPTED = 0x1 | 0x40  # bits of a zip member: a password, or PKWARE's strong encryption
_AT_ONCE = 4 * CHUNK  # headers are shorter, and contents are read in chunks
_PADDING = 64 * CHUNK  # bytes that may follow the end of a tar archive
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, OverflowError, RuntimeError),
)
_PACKED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def unpack(archive: IO[bytes], source: str, into: Incoming) -> None:
    """Write all members of an archive, whose kind its first bytes tell, to `into`.

    Raises:
        UserError: it is not such an archive, is truncated or damaged, or a member is refused; then
            `into` may hold a part of it.
    """
    start = archive.read(512)
    archive.seek(0)
    try:
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            _unzip(archive, into)
        else:
            _untar(archive, start, source, into)
    except _DAMAGED as error:
        for cause in (error, error.__context__):  # zipfile wraps the machine's errors
            if isinstance(cause, Exception) and refused(cause):
                raise cause from None  # the machine's fault, not the archive's
        raise UserError(
            f"{source} is truncated or damaged ({error or type(error).__name__}); get it again. "
            "Nothing was changed."
        ) from None


def _unzip(archive: IO[bytes], into: Incoming) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        into.expect(len(members), sum(member.file_size for member in members))
        for member in members:
            name = member.orig_filename
            if problem := _zip_problem(member):
                raise into.refused(name, problem, "pack plain files, without a password")
            if member.is_dir():
                into.folder(name)
            else:
                with packed.open(member) as content:
                    into.file(name, content, member.file_size)


def _zip_problem(member: zipfile.ZipInfo) -> str:
    mode = member.external_attr >> 16  # of Unix; 0 if another system packed it
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    return ""


def _untar(archive: IO[bytes], start: bytes, source: str, into: Incoming) -> None:
    opened = next((opener for magic, opener in _PACKED.items() if start.startswith(magic)), None)
    stream = _Forward(opened(archive) if opened else archive)
    try:
        packed = tarfile.TarFile(fileobj=cast(Any, stream))
    except tarfile.ReadError:
        if opened and stream.tell() < tarfile.BLOCKSIZE:
            raise
        raise UserError(
            f"{source} is not an archive of a known kind ({', '.join(KINDS)}); pack it as one of "
            "these. Nothing was changed."
        ) from None
    with packed:
        while (member := packed.next()) is not None:
            # The headers of a million members would fill the memory.
            cast(Any, packed).members.clear()
            _take(packed, member, into)
        stream.check_end()


def _take(packed: tarfile.TarFile, member: tarfile.TarInfo, into: Incoming) -> None:
    if problem := _tar_problem(member):
        raise into.refused(member.name, problem, "pack plain files")
    if member.isdir():
        into.folder(member.name)
        return
    content = packed.extractfile(member)
    assert content is not None  # None only for what is not a file
    into.file(member.name, content, member.size)


def _tar_problem(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"is a link to {member.linkname!r}"
    if member.issparse():
        return "is a sparse file"
    if not member.isreg() and not member.isdir():
        return "is neither a file nor a folder"
    return ""


class _Forward:
    """The bytes of a tar archive for `tarfile`: read forwards only, and in moderate pieces.

    The archive itself says how long a header is, which must not decide how much memory is used.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _AT_ONCE:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self._last = self._stream.read(size)
        return self._last

    def seek(self, position: int) -> int:
        if position < self.tell():
            raise tarfile.ReadError("a member that lies before its header")
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()

    def check_end(self) -> None:
        """Raise `tarfile.ReadError` unless the archive ends properly.

        `tarfile` takes anything but a header for the end; the real end is a block of zeros, and
        padding.
        """
        if self._last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it is truncated")
        padding = 0
        # Reading on also checks the checksum at the end of gzip, bzip2 and xz.
        while block := self._stream.read(CHUNK):
            padding += len(block)
            if padding > _PADDING:
                raise tarfile.ReadError("it continues after its end")
