"""Archives from strangers: each kind unpacks, and each trick is refused."""

import bz2
import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.ingest import archive
from samebits.ingest.archive import unpack
from samebits.ingest.safe_copy import Bound, CopyLimits, Incoming

FILES = {"cats/cat/1.png": b"one", "cats/cat/2.png": random.Random(0).randbytes(3000), "x": b""}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


def tar(
    files: Mapping[str, bytes], *members: tarfile.TarInfo, kind: int = tarfile.PAX_FORMAT
) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=kind) as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        for member in members:
            packed.addfile(member)
    return held.getvalue()


def zipped(files: Mapping[str, bytes], *members: zipfile.ZipInfo) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
        for member in members:
            packed.writestr(member, b"target")
    return held.getvalue()


def unpacked(
    content: bytes, folder: Path, ratio: float = 100, files: int = 100
) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    limits = CopyLimits(ratio=ratio)
    into = Incoming(folder / "raw", "c", files, limits.room(folder), limits.expansion(len(content)))
    unpack(io.BytesIO(content), "c", into)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder / "raw").as_posix(): path.read_bytes() for path in paths}


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def unix(name: str, kind: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (kind | 0o777) << 16
    return member


@pytest.mark.parametrize("kind", ["zip", *PACK])
def test_each_kind(tmp_path: Path, kind: str) -> None:
    content = zipped(FILES) if kind == "zip" else PACK[kind](tar(FILES))
    assert unpacked(content, tmp_path) == FILES


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_folders(tmp_path: Path, kind: int) -> None:
    name = f"{'cat' * 30}/{'tom' * 30}.png"
    content = tar({name: b"1"}, special("cat", tarfile.DIRTYPE), kind=kind)
    assert unpacked(content, tmp_path) == {name: b"1"}


@pytest.mark.parametrize("name", ["/cat/1.png", "../1.png", "C:\\1.png", "cat\\1.png"])
@pytest.mark.parametrize("pack", [tar, zipped])
def test_names_are_looked_at(tmp_path: Path, pack: Callable[..., bytes], name: str) -> None:
    with pytest.raises(UserError, match="Nothing was changed"):
        unpacked(pack({"cat/1.png": b"1", name: b"2"}), tmp_path)
    assert not (tmp_path / "1.png").exists()


def test_a_name_that_ends_early(tmp_path: Path) -> None:
    content = zipped({"cat/1.png_.exe": b"1"}).replace(b"_.exe", b"\0.exe")
    with pytest.raises(UserError, match="has control characters"):
        unpacked(content, tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("pack", [tar, zipped])
def test_names_are_compared(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    with pytest.raises(UserError, match="the same name on other systems"):
        unpacked(pack({"cat/1.png": b"1", "cat/1.PNG": b"2"}), tmp_path)
    held = io.BytesIO(zipped({"cat/2.png": b"1"}))
    with zipfile.ZipFile(held, "a") as packed:
        packed.writestr("cat/2.png", b"2")
    with pytest.raises(UserError, match="is there twice"):
        unpacked(held.getvalue(), tmp_path)


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (special("cat/1.png", tarfile.SYMTYPE, "/etc/passwd"), "is a link to '/etc/passwd'"),
        (special("cat/1.png", tarfile.LNKTYPE, "cat/2.png"), "is a link to 'cat/2.png'"),
        (special("cat/1.png", tarfile.CHRTYPE), "is neither a file nor a folder"),
        (special("cat/1.png", tarfile.BLKTYPE), "is neither a file nor a folder"),
        (special("cat/1.png", tarfile.FIFOTYPE), "is neither a file nor a folder"),
        (special("../cat", tarfile.DIRTYPE), "leaves its folder"),
    ],
)
def test_tar_members_that_are_no_files(
    tmp_path: Path, member: tarfile.TarInfo, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        unpacked(tar({"cat/2.png": b"1"}, member), tmp_path)


def test_a_tar_member_with_holes(tmp_path: Path) -> None:
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "cat/1.png"}
    member = tarfile.TarInfo("cat/1.png")
    member.pax_headers = headers | {"GNU.sparse.realsize": str(10**12)}
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as packed:
        content = b"1\n1000000000000\n0\n".ljust(512, b"\0")
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    with pytest.raises(UserError, match="is a sparse file"):
        unpacked(held.getvalue(), tmp_path)


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (unix("cat/1.png", stat.S_IFLNK), "is a link"),
        (unix("cat/1.png", stat.S_IFCHR), "is neither a file nor a folder"),
        (unix("cat/1.png", stat.S_IFIFO), "is neither a file nor a folder"),
        (unix("../cat/", stat.S_IFDIR), "leaves its folder"),
    ],
)
def test_zip_members_that_are_no_files(
    tmp_path: Path, member: zipfile.ZipInfo, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        unpacked(zipped({"cat/2.png": b"1"}, member), tmp_path)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    content = bytearray(zipped({"cat/1.png": b"1"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UserError, match=r"'cat/1\.png' is encrypted; .*without a password"):
        unpacked(bytes(content), tmp_path)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("code", [5, 12, 24])  # EIO, ENOMEM, EMFILE
def test_what_the_machine_refuses_is_no_damage(tmp_path: Path, kind: str, code: int) -> None:
    content = zipped({"cat/1.png": b"1"}) if kind == "zip" else PACK[kind](tar({"cat/1.png": b"1"}))

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(code, os.strerror(code))
            return super().read(size)

    into = Incoming(tmp_path / "raw", "a", 10, Bound(10**9, "", ""))
    with into, pytest.raises(OSError, match=os.strerror(code)):
        unpack(Failing(content), "a.zip", into)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb(tmp_path: Path, kind: str) -> None:
    files = {"cat/1.png": bytes(10**6), "cat/2.png": bytes(10**6)}
    content = zipped(files) if kind == "zip" else PACK[kind](tar(files))
    with pytest.raises(UserError, match="more than 100 times its own size, as a zip bomb does"):
        unpacked(content, tmp_path)
    assert unpacked(content, tmp_path / "trusted", ratio=10**5) == files


def test_a_zip_that_understates(tmp_path: Path) -> None:
    content = zipped({"cat/1.png": bytes(10**6)})
    small = content.replace(struct.pack("<I", 10**6), struct.pack("<I", 10))
    with pytest.raises(UserError, match=r"damaged|more than the 10 bytes"):
        unpacked(small, tmp_path, ratio=10**5)
    large = content.replace(struct.pack("<I", 10**6), struct.pack("<I", 10**6 + 1))
    with pytest.raises(UserError, match=r"damaged|less than the 1000001 bytes"):
        unpacked(large, tmp_path / "large", ratio=10**5)


def test_zip_members_that_share_their_bytes(tmp_path: Path) -> None:
    # As in D. Fifield, A better zip bomb, 2019: every entry of the list points to one content.
    content = zipped({"cat/1.png": random.Random(0).randbytes(1000)})
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, count = content[start:end], 9
    entries = b"".join(entry.replace(b"1.png", b"%d.png" % n) for n in range(count))
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    with pytest.raises(UserError, match=r"damaged|times its own size"):
        unpacked(content[:start] + entries + tail, tmp_path, ratio=2)
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert written <= 2 * len(content)


@pytest.mark.parametrize("pack", [tar, zipped])
def test_too_many_members(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    with pytest.raises(UserError, match="more than 5 files"):
        unpacked(pack({f"cat/{n}.png": b"1" for n in range(6)}), tmp_path, files=5)
    # A zip archive lists its members, so nothing is written before the refusal.
    assert (tmp_path / "raw").exists() == (pack is tar)


def test_a_member_that_leads_back(tmp_path: Path) -> None:
    back = tarfile.TarInfo(".hidden")
    back.size = -1024
    content = tar({"cat/1.png": b"1"})[:1024] + back.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    with pytest.raises(UserError, match="a member that lies before its header"):
        unpacked(content, tmp_path)


def test_a_header_that_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_AT_ONCE", 2**21)
    header = special("././@PaxHeader", tarfile.XHDTYPE)
    header.size = 10**9
    first = tar({"cat/1.png": b"1"})[:1024]
    content = first + header.tobuf(tarfile.USTAR_FORMAT) + bytes(10**7)
    with pytest.raises(UserError, match=r"truncated or damaged \(a header of 1000000"):
        unpacked(gzip.compress(content), tmp_path)


@pytest.mark.parametrize("kind", ["zip", *PACK])
def test_cut_off_anywhere(tmp_path: Path, kind: str) -> None:
    content = zipped(FILES) if kind == "zip" else PACK[kind](tar(FILES))
    # The padding of a tar archive may be missing: GNU tar also needs only one block of zeros.
    ends = range(9, len(content) - (9216 if kind == "tar" else 1), len(content) // 40 + 1)
    for number, end in enumerate([*ends, 1024, 2048]):
        if end < len(content):
            with pytest.raises(
                UserError, match=r"truncated or damaged|not an archive of a known kind"
            ):
                unpacked(content[:end], tmp_path / str(number))


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_flipped_bit(tmp_path: Path, kind: str) -> None:
    content = zipped(FILES) if kind == "zip" else PACK[kind](tar(FILES))
    place = content.index(FILES["cats/cat/2.png"][100:110]) if kind == "zip" else len(content) // 2
    damaged = bytearray(content)
    damaged[place] ^= 16
    with pytest.raises(UserError, match=r"^c is truncated or damaged \(.*; get it again"):
        unpacked(bytes(damaged), tmp_path)


def test_a_tar_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_PADDING", 10**6)
    with pytest.raises(UserError, match="continues after its end"):
        unpacked(gzip.compress(tar(FILES) + bytes(10**7)), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x28\xb5\x2f\xfd" + bytes(600), b"7z\xbc\xaf\x27\x1c" + bytes(600)]
)
def test_another_kind(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError, match=r"not an archive of a known kind \(\.zip, \.tar, "):
        unpacked(content, tmp_path)
    with pytest.raises(UserError, match=r"not an archive of a known kind|truncated"):
        unpacked(gzip.compress(content), tmp_path)
