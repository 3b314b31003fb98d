"""Locks, tools and targets of the template and of the project it renders.

Run with `python -m pytest tests/test_environment.py`.
"""

import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from helpers import PROJECT, ROOT, Bake, command, git

REQUIREMENTS = ROOT / PROJECT / "requirements"
RUNTIME = {
    name: REQUIREMENTS / f"{{% if cookiecutter.accelerator == '{name}' %}}runtime.lock{{% endif %}}"
    for name in ("cuda", "cpu")
}
REMOTE = {
    name: REQUIREMENTS / f"{{% if cookiecutter.remote == '{name}' %}}remote.lock{{% endif %}}"
    for name in ("s3", "gs", "azure", "ssh")
}
LOCKS = {
    **REMOTE,
    "cuda": RUNTIME["cuda"],
    "cpu": RUNTIME["cpu"],
    "dev": REQUIREMENTS / "dev.lock",
    "setup": REQUIREMENTS / "setup.lock",
    "template": ROOT / "requirements" / "dev.lock",
    "servers": ROOT / "requirements" / "servers.lock",
}
SETUP = str(ROOT / PROJECT / "scripts" / "setup.py")
CACHE = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))  # of the real home
HASHED = re.compile(r"^(\S+==[^\s;]+).*((?:\n    --hash=.*)+)", re.MULTILINE)
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))? \\$")


def pins(file: Path) -> dict[str, set[str]]:
    """The versions of each package in a lock."""
    found: dict[str, set[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def asked(file: Path) -> set[str]:
    """The packages that a .in file names."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=<>;\s]", line)[0].lower() for line in lines if line[:1].isalpha()}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_pin_a_hash_or_a_comment(name: str) -> None:
    lines = LOCKS[name].read_text(encoding="utf-8").splitlines()
    before = ""
    for line in lines:
        hashed = re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        assert hashed or PIN.match(line) or re.fullmatch(r" +#( .*)?", line), line
        assert not before.endswith("\\") or hashed, f"{before} has no hash"
        before = line
    assert len(lines) > 10


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_place(name: str) -> None:
    text = LOCKS[name].read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|/tmp|@ ", text)


def test_everything_asked_for_is_locked() -> None:
    asks = {
        "dev": REQUIREMENTS / "dev.in",
        "template": ROOT / "requirements" / "dev.in",
        **{
            name: file.with_name(file.name.replace(".lock", ".in"))
            for name, file in RUNTIME.items()
        },
    }
    for name, file in asks.items():
        assert asked(file) <= pins(LOCKS[name]).keys()
        assert len(asked(file)) >= 7


def test_torch_is_the_same_release_for_both_accelerators() -> None:
    assert pins(RUNTIME["cuda"])["torch"] == {"2.13.0"}
    assert pins(RUNTIME["cpu"])["torch"] == {"2.13.0", "2.13.0+cpu"}


def test_no_package_but_torch_has_two_versions() -> None:
    together: dict[str, set[str]] = {}
    for lock in LOCKS.keys() - {"servers"}:  # those stand in an environment of their own
        for name, versions in pins(LOCKS[lock]).items():
            together.setdefault(name, set()).update(versions)
    assert {name for name, versions in together.items() if len(versions) > 1} == {"torch"}


def test_a_pin_has_the_same_hashes_in_every_lock() -> None:
    found: dict[str, list[frozenset[str]]] = {}
    for file in LOCKS.values():
        for pin, hashes in HASHED.findall(file.read_text(encoding="utf-8")):
            found.setdefault(pin, []).append(frozenset(re.findall(r"sha256:\w+", hashes)))
    del found["torch==2.13.0"]  # PyTorch's index, which the CPU lock takes in, has other files
    assert sum(len(known) > 1 for known in found.values()) > 80
    assert {pin for pin, known in found.items() if len(set(known)) > 1} == set()


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
    assert names == {"runtime.in", "runtime.lock", "dev.in", "dev.lock", "setup.lock"}
    lock = (project / "requirements/runtime.lock").read_bytes()
    assert lock == RUNTIME[accelerator].read_bytes()


@pytest.mark.parametrize("remote", REMOTE)
def test_a_remote_brings_its_own_plugin_alone(bake: Bake, remote: str) -> None:
    folder = bake(remote=remote) / "requirements"
    assert asked(folder / "remote.in") == {f"dvc-{remote}"}
    assert (folder / "remote.lock").read_bytes() == REMOTE[remote].read_bytes()
    plugins = pins(folder / "remote.lock").keys() & {f"dvc-{name}" for name in REMOTE}
    assert plugins == {f"dvc-{remote}"}


@pytest.mark.parametrize("folder", [ROOT, ROOT / PROJECT])
def test_every_target_is_explained_and_one_line(folder: Path) -> None:
    text = (folder / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):(.*)\n((?:\t.*\n)*)", text, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert {name for name, _, _ in targets} == set(" ".join(phony).split())
    for name, head, recipe in targets:
        assert " ## " in head, f"{name} is not explained"
        assert recipe.count("\n") == 1, f"{name} is not one line"


def test_continuous_integration_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"
    assert os.name == "nt" or script.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("folder", [ROOT, ROOT / PROJECT])
def test_actions_are_pinned_to_commits(folder: Path) -> None:
    text = (folder / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", use)] == []


def test_hooks_run_locked_tools_and_fetch_nothing(bake: Bake) -> None:
    text = (bake() / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith("sh scripts/venv ")


def test_a_command_outside_an_environment_says_what_to_do(bake: Bake) -> None:
    done = command("sh", "scripts/venv", "true", cwd=bake())
    assert done.returncode == 1
    assert "run `make setup` first" in done.stderr


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose lock is the template's own: quick to install."""
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    root = tmp_path / "small"
    (root / "src" / "example").mkdir(parents=True)
    (root / "src" / "example" / "__init__.py").touch()
    shutil.copy(LOCKS["template"], root / "some.lock")
    return root


def setup(root: Path) -> str:
    done = command(sys.executable, SETUP, "--root", str(root), "some.lock", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def constraints(place: Path) -> str:
    """A file of constraints that no lock meets."""
    place.write_text("ruff<0.1\n", encoding="utf-8")
    return str(place)


def other_builds(place: Path) -> str:
    """A folder with a build of another variant of a locked package."""
    place.mkdir()
    name, version = "markupsafe", next(iter(pins(LOCKS["template"])["markupsafe"]))
    wheel = place / f"{name}-{version}+mine-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        info = f"{name}-{version}+mine.dist-info"
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}+mine\n"
        archive.writestr(f"{info}/METADATA", text)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return str(place)


def poisoned(place: Path) -> str:
    """A folder with a module that takes the place of one of Python's."""
    place.mkdir()
    (place / "tempfile.py").write_text("raise SystemExit('poisoned')\n", encoding="utf-8")
    return str(place)


STEERED: dict[str, str | Callable[[Path], str]] = {
    "UV_CONSTRAINT": constraints,
    "UV_OVERRIDE": constraints,
    "UV_BUILD_CONSTRAINT": "/nowhere.txt",
    "UV_FIND_LINKS": other_builds,
    "UV_EXCLUDE_NEWER": "2001-01-01",
    "UV_NO_BINARY": "1",
    "UV_NO_BUILD": "1",
    "UV_PYTHON_PLATFORM": "windows",
    "UV_LINK_MODE": "symlink",
    "UV_WORKING_DIR": "/nowhere",
    "UV_REQUIRE_HASHES": "0",
    "PYTHONPATH": poisoned,
}


@pytest.mark.slow
@pytest.mark.parametrize("names", [["UV_CONSTRAINT"], ["UV_FIND_LINKS"], ["PYTHONPATH"], STEERED])
def test_settings_of_the_user_do_not_steer_an_installation(
    names: Iterable[str], small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        value = STEERED[name]
        place = tmp_path / name
        monkeypatch.setenv(name, value if isinstance(value, str) else value(place))
    assert setup(small).startswith("Ready: .venv holds")
    installed = {path.name for path in small.glob(".venv/lib/python*/site-packages/*.dist-info")}
    assert len(installed) > 40
    assert not any("+mine" in name for name in installed)
    assert not any(path.is_symlink() for path in small.glob(".venv/lib/python*/site-packages/*/*"))


@pytest.mark.slow
def test_settings_of_the_user_do_not_steer_the_fetching_of_uv(
    small: Path, isolated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_DRY_RUN"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTHONPATH", poisoned(tmp_path / "poisoned"))
    steer = f"[global]\nprefix = {tmp_path}/elsewhere\nno-binary = :all:\n"
    for folder in (isolated / ".pip", isolated / "config" / "pip"):
        folder.mkdir(parents=True)
        (folder / "pip.conf").write_text(steer, encoding="utf-8")
    (small / "uv.toml").write_text("[pip]\nprefix = '/nowhere'\n", encoding="utf-8")
    monkeypatch.setenv("PATH", os.defpath)  # no uv here
    monkeypatch.setenv("PIP_CACHE_DIR", str(Path(CACHE).with_name("pip")))
    assert setup(small).startswith("Ready: .venv holds")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.slow
def test_an_environment_is_built_mended_and_left_alone(small: Path) -> None:
    assert setup(small).startswith("Ready: .venv holds")
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert setup(small).startswith("Nothing to do")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started < 1
    probe = "import example, ruff; print(example.__file__)"
    done = command("sh", str(ROOT / PROJECT / "scripts/venv"), "python3", "-c", probe, cwd=small)
    assert Path(done.stdout.strip()) == small / "src/example/__init__.py", done.stderr
    [ruff] = small.glob(".venv/[Ll]ib/**/ruff-*.dist-info")
    shutil.rmtree(ruff)
    assert setup(small).startswith("Ready")
    assert ruff.exists()


@pytest.mark.slow
def test_an_edited_file_reaches_no_other_project_and_is_mended(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))  # or the real one would be spoilt
    [six] = re.findall(r"^six==.*\n(?:    --hash.*\n)+", LOCKS["template"].read_text("utf-8"), re.M)
    (small / "some.lock").write_text(six, encoding="utf-8")
    assert setup(small).startswith("Ready")
    [file] = small.glob(".venv/[Ll]ib/**/six.py")
    right = file.read_bytes()
    with file.open("ab") as end:
        end.write(b"# edited\n")
    other = shutil.copytree(small, tmp_path / "other", ignore=shutil.ignore_patterns(".venv"))
    assert setup(other).startswith("Ready")
    assert next(other.glob(".venv/[Ll]ib/**/six.py")).read_bytes() == right
    assert setup(small).startswith("Ready")
    assert file.read_bytes() == right
    for cached in (tmp_path / "cache").glob("archive-*/**/six.py"):
        cached.write_bytes(b"# edited there\n")
    shutil.rmtree(small / ".venv")
    assert setup(small).startswith("Ready")
    assert file.read_bytes() == right


@pytest.mark.slow
def test_an_environment_killed_at_any_moment_is_built_anew(small: Path) -> None:
    for moment in (0.3, 0.8, 1.5):
        shutil.rmtree(small / ".venv", ignore_errors=True)
        started = [sys.executable, SETUP, "--root", str(small), "some.lock"]
        with subprocess.Popen(
            started, stdout=subprocess.DEVNULL, start_new_session=True
        ) as process:
            time.sleep(moment)
            process.kill()
        assert setup(small).startswith(("Ready", "Nothing to do"))
        done = command(str(next(small.glob(".venv/*/ruff*"))), "--version", cwd=small)
        assert done.returncode == 0


def cpu_sources(python: str) -> list[str]:
    """Where uv finds the CPU's torch for this Python; skips the test where it is not to be had."""
    local = os.environ.get("UV_FIND_LINKS", os.environ.get("PIP_FIND_LINKS", "")).replace(",", " ")
    tag = f"cp{python.replace('.', '')}"
    if local and not any(list(Path(place).glob(f"torch-*{tag}*")) for place in local.split()):
        pytest.skip(f"no small torch for Python {python} in {local}")
    places = local.split() or ["https://download.pytorch.org/whl/cpu/torch/"]
    return [part for place in places for part in ("--find-links", place)]


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("accelerator", ["cuda", "cpu"])
def test_the_locks_install_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str, accelerator: str
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    sources = cpu_sources(python) if accelerator == "cpu" else []
    locks = [str(RUNTIME[accelerator]), str(LOCKS["dev"])]
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
    sources = (
        cpu_sources(f"{sys.version_info.major}.{sys.version_info.minor}") if name == "cpu" else []
    )
    lock = shutil.copy(LOCKS[name], tmp_path / "alone.lock")
    # Links into the cache cost nothing, and what lies there is compared with its hash all the same.
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
    for part in ("requirements", "scripts", f"{PROJECT}/requirements", f"{PROJECT}/scripts"):
        shutil.copytree(ROOT / part, tmp_path / part)
    done = command(sys.executable, "scripts/lock.py", cwd=tmp_path)
    assert done.stdout == "Nothing to do: every lock is as its .in file asks.\n", done.stderr
    other = tmp_path / PROJECT / "requirements" / "dev.in"
    other.write_text("-c runtime.lock\nuv\nmypy\n", encoding="utf-8")
    done = command(sys.executable, "scripts/lock.py", cwd=tmp_path)
    assert re.search(r"^dev\.lock: - dvc==", done.stdout, re.MULTILINE), done.stderr
    assert pins(other.with_suffix(".lock")).keys() >= {"uv", "mypy"}


@pytest.mark.slow
def test_a_fresh_project_passes_its_own_checks_and_changes_nothing(
    bake: Bake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    project = bake()
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "fresh")
    for line in (
        ("python", "scripts/setup.py"),
        ("sh", "scripts/venv", "pre-commit", "run", "--all-files"),
        ("make", "check"),
    ):
        done = command(*line, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
        assert git(project, "status", "--porcelain") == ""
