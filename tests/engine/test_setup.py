"""The environment's builder, by its parts."""

import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import setup
import venv_files
from uv_tool import Problem

Run = list[list[str]]
Packed = Callable[[Path, str, bytes], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one lock, a source folder, and no environment."""
    (tmp_path / "src").mkdir()
    (tmp_path / "some.lock").write_text("uv==1.2.3\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The commands that a build runs; here they only leave an environment's files behind."""
    commands: Run = []

    def run(command: list[str], **more: object) -> None:
        commands.append(command)
        if command[1] == "venv":
            folder = Path(command[-1])
            (folder / venv_files.BIN).mkdir(parents=True)
            (folder / venv_files.BIN / f"python{venv_files.SUFFIX}").touch()
            (folder / "lib" / "site-packages" / "uv-1.2.3.dist-info").mkdir(parents=True)

    monkeypatch.setattr(setup, "run", run)
    monkeypatch.setattr(setup, "find_uv", lambda venv, tools: "uv")
    return commands


def build(root: Path) -> str:
    return setup.build(root, [root / "some.lock"])


def check(root: Path, lock: str = "some.lock", python: str = "") -> str:
    return setup.check(root, [root / lock], python or setup.wanted_python(root))


def test_builds_once_and_then_has_nothing_to_do(root: Path, ran: Run) -> None:
    assert build(root).startswith("Ready: .venv holds 1 locked packages, Python 3.")
    assert [command[1] for command in ran] == ["venv", "pip"]
    assert "--require-hashes" in ran[1]
    assert build(root).startswith("Nothing to do")
    assert len(ran) == 2


def test_sources_are_importable_from_the_environment(root: Path, ran: Run) -> None:
    build(root)
    lines = (root / ".venv/lib/site-packages/sources.pth").read_text(encoding="ascii").splitlines()
    assert (root / ".venv/lib/site-packages" / lines[1]).resolve() == root / "src"
    assert lines[0].startswith("import os, sys;")


def test_a_copy_of_the_project_runs_its_own_sources(
    root: Path, ran: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root)
    sources = root / ".venv/lib/site-packages/sources.pth"
    first = sources.read_text(encoding="ascii").splitlines()[0]
    (root / "copy" / "src").mkdir(parents=True)
    monkeypatch.chdir(root / "copy")
    monkeypatch.setattr(sys, "path", [])
    exec(first)
    assert sys.path == [str(root / "copy" / "src")]


def test_a_changed_lock_is_installed_into_the_same_environment(root: Path, ran: Run) -> None:
    build(root)
    (root / "some.lock").write_text("uv==1.2.3\nmore==1\n", encoding="utf-8")
    assert build(root).startswith("Ready")
    assert [command[1] for command in ran] == ["venv", "pip", "pip"]


def test_a_package_installed_by_hand_is_noticed(root: Path, ran: Run) -> None:
    build(root)
    (root / ".venv/lib/site-packages/stranger-1.dist-info").mkdir()
    assert build(root).startswith("Ready")
    assert [command[1] for command in ran] == ["venv", "pip", "pip"]


def test_an_edited_file_is_noticed_and_its_package_installed_anew(
    root: Path, ran: Run, packed: Packed
) -> None:
    build(root)
    file = packed(root / ".venv/lib/site-packages", "some_tool", b"right")
    assert build(root).startswith("Ready")
    assert build(root).startswith("Nothing to do")
    file.write_bytes(b"wrong")
    with pytest.raises(Problem, match=r"some_tool\.py"):
        check(root)
    with pytest.raises(Problem, match=r"files of some_tool were changed since"):
        build(root)  # because nothing is really installed here
    assert "some_tool" in ran[-2]
    assert "--no-cache" in ran[-1]  # uv's own cache may be what was edited
    file.write_bytes(b"right")
    assert build(root).startswith("Ready")
    assert check(root).startswith("Every file of ")


def test_an_environment_of_other_locks_is_not_as_locked(root: Path, ran: Run) -> None:
    build(root)
    assert check(root).startswith("Every file of ")
    with pytest.raises(Problem, match="not built from the present locks"):
        check(root, python="3.99")
    (root / "some.lock").write_text("uv==1.2.4\n", encoding="utf-8")
    with pytest.raises(Problem, match="not built from the present locks"):
        check(root)
    build(root)
    (root / ".venv/lib/site-packages/stranger-1.dist-info").mkdir()
    with pytest.raises(Problem, match=r"packages of .* were added or removed since"):
        check(root)
    build(root)
    (root / ".venv/locked.json").unlink()
    with pytest.raises(Problem, match="not built from the present locks"):
        check(root)


def test_an_environment_may_be_lent(root: Path, ran: Run) -> None:
    build(root)
    other = root / "other"
    other.mkdir()
    (other / ".venv").symlink_to(root / ".venv")
    python = setup.wanted_python(root)
    assert setup.check(other, [root / "some.lock"], python).startswith("Every file of ")


BROUGHT_BY_NOBODY = [
    *(
        f"lib/site-packages/{name}"
        for name in ("sitecustomize.py", "more.pth", "uv/more.py", "a.so")
    ),
    f"{venv_files.BIN}/git",  # which is first on the path
]


@pytest.mark.parametrize("name", BROUGHT_BY_NOBODY)
def test_a_file_that_no_package_brought_is_seen_and_removed(
    root: Path, ran: Run, name: str
) -> None:
    build(root)
    file = root / ".venv" / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    with pytest.raises(Problem, match=rf"{file.name} belong to no package: run `make setup`"):
        check(root)
    assert build(root).startswith("Ready")
    assert not file.exists()
    assert check(root).startswith("Every file of ")


def doctored(source: Path) -> Path:
    """Bytecode that Python uses for a source, but that was compiled from another."""
    text, times = source.read_bytes(), source.stat()
    source.write_bytes(text.replace(b"right", b"wrong"))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    mode = py_compile.PycInvalidationMode.TIMESTAMP
    compiled = py_compile.compile(str(source), invalidation_mode=mode)
    source.write_bytes(text)
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    return Path(str(compiled))


def said_on_import(site: Path, name: str) -> str:
    code = f"import sys; sys.path.append({str(site)!r}); import {name}"
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("step", [check, build])
def test_python_runs_no_bytecode_of_other_sources(
    root: Path, ran: Run, packed: Packed, step: Callable[[Path], str]
) -> None:
    build(root)
    site = root / ".venv/lib/site-packages"
    source = packed(site, "some_tool", b"print('right')")
    if step is check:
        build(root)
    doctored(source)
    assert said_on_import(site, "some_tool") == "wrong"
    step(root)
    assert said_on_import(site, "some_tool") == "right"
    assert check(root).startswith("Every file of ")


def test_an_environment_that_is_not_there_is_not_as_locked(root: Path) -> None:
    with pytest.raises(Problem, match=r"\.venv has no packages"):
        check(root)


def test_small_files_are_no_links_into_a_cache(root: Path, ran: Run, packed: Packed) -> None:
    build(root)
    site = root / ".venv/lib/site-packages"
    small, large = packed(site, "small", b"x"), packed(site, "large", bytes(2**20 + 1))
    for file in (small, large):
        os.link(file, root / file.name)
    assert build(root).startswith("Ready")
    assert small.stat().st_nlink == 1
    assert large.stat().st_nlink == 2
    assert not large.stat().st_mode & 0o222
    assert build(root).startswith("Nothing to do")


def unfinished(root: Path) -> None:
    (root / ".venv" / setup.STAMP).unlink()


def garbled(root: Path) -> None:
    (root / ".venv" / setup.STAMP).write_text("{", encoding="utf-8")


def without_interpreter(root: Path) -> None:
    (root / ".venv" / venv_files.BIN / f"python{venv_files.SUFFIX}").unlink()


def another_python(root: Path) -> None:
    (root / ".python-version").write_text("3.99\n", encoding="utf-8")


@pytest.mark.parametrize("damage", [unfinished, garbled, without_interpreter, another_python])
def test_a_damaged_environment_is_built_anew(root: Path, ran: Run, damage: object) -> None:
    build(root)
    assert callable(damage)
    damage(root)
    assert build(root).startswith("Ready")
    assert [command[1] for command in ran] == ["venv", "pip", "venv", "pip"]


def test_an_environment_that_moved_is_built_anew(root: Path, ran: Run, tmp_path: Path) -> None:
    build(root)
    shutil.copytree(root, tmp_path / "moved")
    assert build(tmp_path / "moved").startswith("Ready")
    assert [command[1] for command in ran] == ["venv", "pip", "venv", "pip"]


def test_a_failed_installation_is_not_taken_for_a_finished_one(
    root: Path, ran: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        (root / ".venv" / venv_files.BIN).mkdir(parents=True)
        (root / ".venv" / venv_files.BIN / f"python{venv_files.SUFFIX}").touch()
        raise Problem("the network is gone")

    with monkeypatch.context() as patch, pytest.raises(Problem):
        patch.setattr(setup, "install", fail)
        build(root)
    assert setup.read_stamp(root / ".venv") == {}


def test_an_old_python_gets_a_clear_message(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    with pytest.raises(Problem, match=r"Python 3\.11 or newer is needed"):
        setup.wanted_python(root)


def test_a_folder_that_path_cannot_name_is_refused(tmp_path: Path, ran: Run) -> None:
    """A list of folders such as PATH is cut there, so no tool of .venv would be found."""
    with pytest.raises(Problem, match=f"has a '{os.pathsep}' in its path"):
        setup.build(tmp_path / f"a{os.pathsep}b", [])
    assert ran == []


def test_a_missing_lock_is_named(root: Path) -> None:
    with pytest.raises(Problem, match=r"the lock file .*other\.lock is missing"):
        setup.build(root, [root / "other.lock"])


@pytest.mark.parametrize(
    ("options", "error", "status"),
    [
        (["--check"], Problem("it is not as locked"), 1),
        (["--check"], OSError("the disk is gone"), 2),
        ([], Problem("there is no network"), 2),
        ([], KeyboardInterrupt(), 130),
    ],
)
def test_what_it_ends_with(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    error: BaseException,
    status: int,
) -> None:
    """As the engine's commands: 1 is a no, 2 says that it could not be done."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(setup, "check", fail)
    monkeypatch.setattr(setup, "build", fail)
    monkeypatch.setattr(sys, "argv", ["setup.py", "--root", str(root), *options])
    assert setup.main() == status


@pytest.mark.parametrize("script", ["setup", "example_packages"])
def test_needs_no_package(script: str) -> None:
    """It runs before anything is installed, so it must work with -I -S."""
    path = Path(setup.__file__).with_name(f"{script}.py")
    command = [sys.executable, "-I", "-S", str(path), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_plugin_of_the_remote_is_locked_apart(tmp_path: Path) -> None:
    assert setup.lock_names(tmp_path) == ["runtime", "dev"]
    (tmp_path / "remote.in").touch()
    assert setup.lock_names(tmp_path) == ["runtime", "dev", "remote"]


def test_a_tracker_has_an_environment_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = list[tuple[Path, list[Path]]]()
    monkeypatch.setattr(setup, "leave_environment", lambda _: None)
    monkeypatch.setattr(setup, "build", lambda *given: built.append(given))
    monkeypatch.setattr(sys, "argv", ["setup.py", "--tracker", "tensorboard"])
    assert setup.main() == 0
    [(root, [lock])] = built
    assert root == Path(setup.__file__).resolve().parents[1] / ".trackers/tensorboard"
    assert (lock.name, lock.is_file()) == ("tensorboard.lock", True)
    monkeypatch.setattr(sys, "argv", ["setup.py", "--tracker", "none"])
    with pytest.raises(SystemExit):
        setup.main()
    assert "mlflow" in capsys.readouterr().err


def test_a_service_is_locked_apart(tmp_path: Path) -> None:
    (tmp_path / "serve.in").touch()
    assert setup.lock_names(tmp_path) == ["runtime", "dev", "serve"]
