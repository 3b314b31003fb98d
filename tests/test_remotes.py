"""Remotes for real, on loopback: a folder, an S3 server, an SSH server.

Run with `python -m pytest tests/test_remotes.py`.
"""

import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import CACHE, PROJECT, ROOT, Bake, command, git
from reproduction import Base, Counted, Place, count, stage

pytestmark = pytest.mark.slow
LARGE = 32_000_000
TOOLS = {
    "client": [
        ROOT
        / PROJECT
        / "requirements"
        / f"{{% if cookiecutter.remote == '{name}' %}}remote.lock{{% endif %}}"
        for name in ("s3", "ssh")
    ],
    "server": [ROOT / "requirements" / "servers.lock"],
}


@dataclass(frozen=True)
class Remote:
    """A local remote: its address, how to get in, and how to look behind it."""

    url: str
    settings: str
    place: Callable[[str], str | Path]
    busy: Callable[[], int]

    def read(self, name: str) -> bytes | None:
        """An object as stored there; None if it is missing."""
        place = self.place(name)
        if isinstance(place, Path):
            return place.read_bytes() if place.exists() else None
        try:
            return ask("GET", place)
        except urllib.error.HTTPError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Replace the bytes of an object."""
        place = self.place(name)
        if isinstance(place, Path):
            place.unlink()
            place.write_bytes(content)
        else:
            ask("PUT", place, content)


def ask(method: str, url: str, content: bytes | None = None) -> bytes:
    # The server wants a signature, and does not check it.
    someone = "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/s3/aws4_request"
    about = {"Authorization": someone, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=content, method=method, headers=about)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return bytes(reply.read())


def location(name: str) -> str:
    return f"files/md5/{name[:2]}/{name[2:]}"


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """DVC with two plugins, and the server, each from its locks."""
    folder = tmp_path_factory.mktemp("tools")
    for name, locks in TOOLS.items():
        venv = folder / name
        lines: list[list[str | Path]] = [
            ["venv", "--quiet", "--python", sys.executable, venv],
            ["pip", "sync", "--quiet", "--require-hashes", "--python", venv, *locks],
        ]
        for line in lines:
            uv = Path(sys.executable).with_name("uv")
            done = command(uv, *line, cwd=folder, env=os.environ | {"UV_CACHE_DIR": CACHE})
            assert done.returncode == 0, done.stderr
        # As scripts/setup.py does: the code of the folder that it runs in.
        [site] = venv.glob("lib/python*/site-packages")
        (site / "sources.pth").write_text("import sys; sys.path.append('src')\n", "utf-8")
    return {name: folder / name / "bin" / "python" for name in TOOLS}


@contextmanager
def running(*line: str | Path, log: Path) -> Iterator[None]:
    with log.open("wb") as file, subprocess.Popen(line, stdout=file, stderr=file) as process:
        try:
            yield
        finally:
            process.kill()


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def objects(store: Path) -> int:
    """How many objects have begun to arrive in a folder."""
    return sum(1 for path in store.rglob("*") if path.is_file() and path.stat().st_size)


@contextmanager
def folder(store: Path, _: dict[str, Path], __: Path) -> Iterator[Remote]:
    yield Remote(str(store), "", lambda name: store / location(name), lambda: objects(store))


@contextmanager
def ssh(store: Path, tools: dict[str, Path], home: Path) -> Iterator[Remote]:
    keys, log = home / ".ssh", home / "sshd.log"
    keys.mkdir()
    server = (tools["client"], Path(__file__).with_name("ssh_server.py"), store.parent, keys)
    with running(*server, log=log):
        until(lambda: log.read_text().endswith("\n"))
        (keys / "user").chmod(0o600)
        settings = f"    port = {log.read_text().strip()}\n    keyfile = {keys / 'user'}\n"
        url = f"ssh://tester@127.0.0.1/{store.name}"
        yield Remote(url, settings, lambda name: store / location(name), lambda: objects(store))


@contextmanager
def s3(_: Path, tools: dict[str, Path], home: Path) -> Iterator[Remote]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", home / "s3.log"
    server = (tools["server"], "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))

    def answers() -> bool:
        with suppress(OSError):
            ask("PUT", f"{url}/bucket", b"")
            return True
        return False

    with running(*server, log=log):
        until(answers)
        yield Remote(
            "s3://bucket/digits",
            f"    endpointurl = {url}\n",
            lambda name: f"{url}/bucket/digits/{location(name)}",
            lambda: log.read_text().count('"PUT /bucket/digits'),
        )


KINDS = {"local": folder, "s3": s3, "ssh": ssh}


@dataclass
class Work:
    """A project in a folder, with the tools that know remotes."""

    root: Path
    python: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        user = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        site = {"DVC_SITE_CACHE_DIR": str(self.root.parent / "site"), "DVC_NO_ANALYTICS": "1"}
        return subprocess.Popen(
            [self.python, "-m", *words],
            cwd=self.root,
            env=os.environ | user | site,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, *words: str, fails: bool = False) -> str:
        process = self.start(*words)
        said, _ = process.communicate(timeout=120)
        assert (process.returncode != 0) == fails, said
        return said

    def exchange(self, action: str, *, fails: bool = False) -> str:
        return self.run("samebits", "data", action, "data/raw.dvc", fails=fails)

    def kill(self, action: str, when: Callable[[], object]) -> None:
        """Start it, and kill it in the middle with everything it started."""
        process = self.start("samebits", "data", action, "data/raw.dvc")
        until(when)
        assert process.poll() is None, "it was done before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def add(self, files: dict[str, bytes]) -> str:
        """Give the data a version; returns the hash of its list."""
        for name, content in files.items():
            path = self.root / "data" / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.run("dvc", "add", "--quiet", "data/raw")
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", "Data")
        pointer = (self.root / "data" / "raw.dvc").read_text(encoding="utf-8")
        return pointer.partition("md5: ")[2].split()[0]

    def data(self) -> dict[str, bytes]:
        raw = self.root / "data" / "raw"
        files = [path for path in raw.rglob("*") if path.is_file()]
        return {path.relative_to(raw).as_posix(): path.read_bytes() for path in files}

    def forget(self) -> None:
        for path in (self.root / ".dvc" / "cache", self.root / "data" / "raw"):
            shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_remote_for_real(
    bake: Bake, tools: dict[str, Path], tmp_path: Path, isolated: Path, kind: str
) -> None:
    store = tmp_path / "served" / "store"
    store.mkdir(parents=True)
    work = Work(bake(), tools["client"])
    with KINDS[kind](store, tools, isolated) as remote:
        config = work.root / ".dvc" / "config"
        text = config.read_text(encoding="utf-8").partition("    url = ")[0]
        config.write_text(f"{text}    url = {remote.url}\n    verify = true\n", encoding="utf-8")
        settings = f"['remote \"local\"']\n{remote.settings}" if remote.settings else ""
        config.with_name("config.local").write_text(settings, encoding="utf-8")
        git(work.root, "init", "--quiet")
        goes_through(work, remote)
        if kind == "ssh":
            a_server_of_another_key_is_refused(work, isolated / ".ssh")


def goes_through(work: Work, remote: Remote) -> None:
    """Push, cut off and whole; pull into a fresh clone, cut off and whole; tampering; gc."""
    noise = random.Random(0)
    files = {f"cat/{number}.txt": f"{number}".encode() for number in range(40)}
    first = work.add(files)
    work.exchange("push")
    assert remote.read(first) is not None
    files |= {f"dog/{number}.txt": f"dog {number}".encode() for number in range(40)}
    files["dog/large.bin"] = noise.randbytes(LARGE)
    second, before = work.add(files), remote.busy()
    work.kill("push", lambda: remote.busy() > before)
    assert remote.read(second) is None
    work.exchange("push")
    large = hashlib.md5(files["dog/large.bin"]).hexdigest()
    assert remote.read(large) == files["dog/large.bin"]

    clone = Work(work.root.with_name("clone"), work.python)
    git(work.root.parent, "clone", "--quiet", str(work.root), "clone")
    shutil.copy(work.root / ".dvc" / "config.local", clone.root / ".dvc")
    cache = clone.root / ".dvc" / "cache" / "files"
    clone.kill("pull", lambda: objects(cache) > 1)
    clone.exchange("pull")
    assert clone.data() == files

    cat = hashlib.md5(b"7").hexdigest()
    for name, said in ((cat, "data/raw/cat/7.txt"), (second, "data/raw")):
        whole = remote.read(name)
        assert whole is not None
        changed = b"no cat" if name == cat else whole.replace(b"cat/1.txt", b"dog/a.txt")
        remote.write(name, changed)
        clone.forget()
        refusal = clone.exchange("pull", fails=True)
        assert f"does not hold what was pushed as {said} (files/md5/" in refusal
        if name == second:
            assert clone.data() == {}
        remote.write(name, whole)

    work.run("dvc", "gc", "--workspace", "--cloud", "--force", "--quiet")
    assert remote.read(first) is None
    clone.forget()
    clone.exchange("pull")
    assert clone.data() == files


def a_server_of_another_key_is_refused(work: Work, keys: Path) -> None:
    known = keys / "known_hosts"
    before = known.read_text(encoding="utf-8")
    other = (keys / "user.pub").read_text(encoding="utf-8")
    for text in ("", f"{before.split()[0]} {other}"):
        known.write_text(text, encoding="utf-8")
        work.forget()
        said = work.exchange("pull", fails=True)
        assert "has a key that this machine does not know; connect once with 'ssh'" in said
        assert work.data() == {}
    known.write_text(before, encoding="utf-8")
    work.exchange("pull")


@pytest.mark.changes("where examples are read from", "train")
def test_processes_stream_from_a_bucket(
    base: Base, counted: Counted, tools: dict[str, Path], tmp_path: Path, isolated: Path
) -> None:
    """Each of torchrun's processes reads its own examples; nothing of data/prepared is here."""
    git(tmp_path, "clone", "--quiet", str(base.place.root), "clone")
    clone = Place(tmp_path / "clone", base.place.built)
    plugins = next((tools["client"].parents[1] / "lib").glob("python*/site-packages"))
    variables = {"PYTHONPATH": str(plugins), "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    with s3(tmp_path, tools, isolated) as remote:
        local = f"['remote \"local\"']\n    url = {remote.url}\n{remote.settings}"
        config = clone.root / ".dvc" / "config.local"
        cache = f"[cache]\n    dir = {base.place.root / '.dvc' / 'cache'}\n"
        config.write_text(local + cache, encoding="utf-8")
        clone.must("dvc", "push", "--quiet", "prepare", variables=variables)
        config.write_text(local, encoding="utf-8")
        clone.change(stream=True, workers=1)
        # Not isolated, because the plugin is on PYTHONPATH.
        run = ("torchrun", "--standalone", "--nproc-per-node", "2", "--no-python")
        clone.must(*run, *stage("train", isolated=False), variables=variables)
    assert not (clone.root / "data" / "prepared").exists()
    counted({"S3 server, 2 from torchrun": count(base.of("train"), clone.files("train"))})
