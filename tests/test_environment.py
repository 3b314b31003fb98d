"""The environment from the locks: built, repaired, left alone, and steered by no setting.

Run with `python -m pytest tests/test_environment.py`.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from helpers import CACHE, PROJECT, ROOT, Bake, command, git
from locks import LOCKS, pins

SETUP = str(ROOT / PROJECT / "scripts" / "setup.py")


def test_hooks_run_locked_tools_and_fetch_nothing(bake: Bake) -> None:
    text = (bake() / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith("sh scripts/venv ")


def test_a_command_outside_an_environment_says_what_to_do(bake: Bake) -> None:
    done = command("sh", "scripts/venv", "true", cwd=bake())
    assert done.returncode == 2
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
    other = (small / ".venv").rename(small / "other")
    (small / ".venv").symlink_to(other)
    (other / "locked.json").unlink()  # so it belongs to another
    assert setup(small).startswith("Ready")
    assert ruff.exists() and not (small / ".venv").is_symlink() and other.is_dir()


@pytest.mark.slow
def test_an_edited_file_reaches_no_other_project_and_is_mended(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))  # to spare the real one
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
