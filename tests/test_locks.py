"""Every lock: its lines, that it is what its .in file asks for, and that it installs.

Run with `python -m pytest tests/test_locks.py`.
"""

import re
import shutil
import sys
from pathlib import Path

import pytest
from helpers import CACHE, PROJECT, ROOT, RUNNING, Bake, command, cpu_wheel, wheel_folders
from locks import EXAMPLE, HASHED, LOCKS, PIN, REMOTE, REQUIREMENTS, RUNTIME, TRACKERS, asked, pins

TRACKING = f"{PROJECT}/src/samebits/tracking"


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_pin_a_hash_or_a_comment(name: str) -> None:
    lines = LOCKS[name].read_text(encoding="utf-8").splitlines()
    before = ""
    for line in lines:
        hashed = re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        assert hashed or PIN.match(line) or re.fullmatch(r" +#( .*)?", line), line
        assert not before.endswith("\\") or hashed, f"{before} has no hash"
        before = line
    assert len(lines) > (1 if name in EXAMPLE else 10)


def test_every_lock_is_tested() -> None:
    files = {
        file
        for folder in ("requirements", f"{PROJECT}/requirements", TRACKING)
        for file in (ROOT / folder).iterdir()
        if ".lock" in file.name
    }
    assert {*LOCKS.values()} == files


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_place(name: str) -> None:
    text = LOCKS[name].read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|/tmp|@ ", text)


def test_everything_asked_for_is_locked() -> None:
    asks = {
        "dev": REQUIREMENTS / "dev.in",
        "serve": REQUIREMENTS / "serve.in",
        "template": ROOT / "requirements" / "dev.in",
        **{
            name: file.with_name(file.name.replace(".lock", ".in"))
            for name, file in RUNTIME.items()
        },
    }
    for name, file in asks.items():
        assert asked(file) <= pins(LOCKS[name]).keys()
        assert len(asked(file)) >= (2 if name == "serve" else 7)


def test_torch_is_the_same_release_for_both_accelerators() -> None:
    assert pins(RUNTIME["cuda"])["torch"] == {"2.13.0"}
    assert pins(RUNTIME["cpu"])["torch"] == {"2.13.0", "2.13.0+cpu"}


def test_no_package_but_torch_has_two_versions() -> None:
    together: dict[str, set[str]] = {}
    for lock in LOCKS.keys() - {"servers"}:  # those are in an environment of their own
        for name, versions in pins(LOCKS[lock]).items():
            together.setdefault(name, set()).update(versions)
    assert {name for name, versions in together.items() if len(versions) > 1} == {"torch"}


def test_a_pin_has_the_same_hashes_in_every_lock() -> None:
    hashes_of: dict[str, list[frozenset[str]]] = {}
    for file in LOCKS.values():
        for pin, hashes in HASHED.findall(file.read_text(encoding="utf-8")):
            hashes_of.setdefault(pin, []).append(frozenset(re.findall(r"sha256:\w+", hashes)))
    del hashes_of["torch==2.13.0"]  # PyTorch's index, which the CPU lock takes in, has other files
    assert sum(len(known) > 1 for known in hashes_of.values()) > 80
    assert {pin for pin, known in hashes_of.items() if len(set(known)) > 1} == set()


def test_setup_lock_is_uv_alone() -> None:
    assert pins(LOCKS["setup"]) == {"uv": pins(LOCKS["dev"])["uv"]}


def test_small_torch_is_hashed_for_every_platform_and_python() -> None:
    block = RUNTIME["cpu"].read_text(encoding="utf-8").partition("torch==2.13.0+cpu")[2]
    hashes = re.match(r"[^\n]*\n((?:    --hash.*\n)+)", block)
    assert hashes is not None
    assert hashes[1].count("sha256:") >= 12  # Linux and Windows, two processors each, 3.11-3.13


@pytest.mark.parametrize("accelerator", ["cuda", "cpu"])
def test_an_accelerator_brings_its_own_lock_alone(bake: Bake, accelerator: str) -> None:
    project = bake(accelerator=accelerator)
    names = {path.name for path in (project / "requirements").iterdir()}
    others = {"dev.in", "dev.lock", "serve.in", "serve.lock", "setup.lock"}
    assert names == {"runtime.in", "runtime.lock", *others}
    lock = (project / "requirements/runtime.lock").read_bytes()
    assert lock == RUNTIME[accelerator].read_bytes()


@pytest.mark.parametrize("remote", REMOTE)
def test_a_remote_brings_its_own_plugin_alone(bake: Bake, remote: str) -> None:
    folder = bake(remote=remote) / "requirements"
    assert asked(folder / "remote.in") == {f"dvc-{remote}"}
    assert (folder / "remote.lock").read_bytes() == REMOTE[remote].read_bytes()
    plugins = pins(folder / "remote.lock").keys() & {f"dvc-{name}" for name in REMOTE}
    assert plugins == {f"dvc-{remote}"}


def test_each_tracker_has_a_lock_of_its_own() -> None:
    assert TRACKERS.keys() == {"tensorboard", "mlflow", "wandb"}
    for name, lock in TRACKERS.items():
        assert asked(lock.with_suffix(".in")) <= pins(lock).keys(), name
        assert "torch" not in pins(lock)


def cpu_sources(python: str) -> list[str]:
    """Where uv finds the CPU's torch for this Python; skips the test if it is unavailable."""
    folders = wheel_folders()
    if folders and not cpu_wheel(python):
        pytest.skip(f"no small torch for Python {python} in {', '.join(folders)}")
    places = folders or ["https://download.pytorch.org/whl/cpu/torch/"]
    return [part for place in places for part in ("--find-links", place)]


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("accelerator", ["cuda", "cpu"])
def test_the_locks_install_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str, accelerator: str
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    sources = cpu_sources(python) if accelerator == "cpu" else []
    locks = [str(RUNTIME[accelerator]), str(LOCKS["dev"]), str(LOCKS["serve"])]
    options = [
        "--dry-run",
        "--require-hashes",
        "--target",
        str(tmp_path),
        "--python-version",
        python,
    ]
    done = command("uv", "pip", "sync", *options, *sources, *locks, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "torch==2.13.0" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LOCKS if name != "template"])
def test_a_lock_installs_alone(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    sources = cpu_sources(RUNNING) if name == "cpu" else []
    lock = shutil.copy(LOCKS[name], tmp_path / "alone.lock")
    # Links into the cache cost nothing, and its files are compared with their hashes all the same.
    place = ["--target", str(tmp_path / "target"), "--link-mode", "symlink"]
    done = command(
        "uv",
        "pip",
        "install",
        "--no-deps",
        "--require-hashes",
        *place,
        *sources,
        "-r",
        lock,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "target").glob("*.dist-info"))) >= 1


@pytest.mark.slow
def test_the_locks_are_what_the_in_files_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    project = (f"{PROJECT}/{part}" for part in ("requirements", "scripts"))
    for part in ("requirements", "scripts", *project, TRACKING):
        shutil.copytree(ROOT / part, tmp_path / part)
    done = command(sys.executable, "scripts/lock.py", cwd=tmp_path)
    assert done.stdout == "Nothing to do: every lock is as its .in file asks.\n", done.stderr
    other = tmp_path / PROJECT / "requirements" / "dev.in"
    other.write_text("-c runtime.lock\nuv\nmypy\n", encoding="utf-8")
    done = command(sys.executable, "scripts/lock.py", cwd=tmp_path)
    assert re.search(r"^dev\.lock: - dvc==", done.stdout, re.MULTILINE), done.stderr
    assert pins(other.with_suffix(".lock")).keys() >= {"uv", "mypy"}
