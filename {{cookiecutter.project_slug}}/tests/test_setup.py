"""The environment's builder, by its parts: pytest tests/test_setup.py"""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import setup

Run = list[list[str]]


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
            (folder / setup.BIN).mkdir(parents=True)
            (folder / setup.BIN / f"python{setup.SUFFIX}").touch()
            (folder / "lib" / "site-packages" / "uv-1.2.3.dist-info").mkdir(parents=True)

    monkeypatch.setattr(setup, "run", run)
    monkeypatch.setattr(setup, "find_uv", lambda venv, tools: "uv")
    return commands


def build(root: Path) -> str:
    return setup.build(root, [root / "some.lock"])


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


def packed(site: Path, name: str, text: bytes) -> Path:
    """A package of one file, with its RECORD."""
    value = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
    info = site / f"{name}-1.dist-info"
    info.mkdir(exist_ok=True)
    line = f"{name}.py,sha256={value},{len(text)}\n{info.name}/RECORD,,\n"
    (info / "RECORD").write_text(line, encoding="utf-8")
    (site / f"{name}.py").write_bytes(text)
    return site / f"{name}.py"


def test_an_edited_file_is_noticed_and_its_package_installed_anew(root: Path, ran: Run) -> None:
    build(root)
    file = packed(root / ".venv/lib/site-packages", "some_tool", b"right")
    assert build(root).startswith("Ready")
    assert build(root).startswith("Nothing to do")
    file.write_bytes(b"wrong")
    with pytest.raises(setup.Problem, match=r"files of some_tool are not as installed"):
        build(root)  # for nothing is really installed here
    assert "some_tool" in ran[-2]
    assert "--no-cache" in ran[-1]  # uv's own cache may be what was edited
    with pytest.raises(setup.Problem, match=r"some_tool\.py"):
        setup.check(root)
    file.write_bytes(b"right")
    assert build(root).startswith("Ready")
    assert setup.check(root).startswith("Every file of ")


def test_small_files_are_no_links_into_a_cache(root: Path, ran: Run) -> None:
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


def test_a_large_file_is_compared_whole_where_asked(tmp_path: Path) -> None:
    site = tmp_path / "lib/site-packages"
    site.mkdir(parents=True)
    file = packed(site, "large", bytes(2**20 + 1))
    file.write_bytes(bytes(2**20) + b"x")
    assert setup.altered(tmp_path) == {}
    assert setup.altered(tmp_path, thorough=True) == {"large": ["large.py"]}


def unfinished(root: Path) -> None:
    (root / ".venv" / setup.STAMP).unlink()


def garbled(root: Path) -> None:
    (root / ".venv" / setup.STAMP).write_text("{", encoding="utf-8")


def without_interpreter(root: Path) -> None:
    (root / ".venv" / setup.BIN / f"python{setup.SUFFIX}").unlink()


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
        (root / ".venv" / setup.BIN).mkdir(parents=True)
        (root / ".venv" / setup.BIN / f"python{setup.SUFFIX}").touch()
        raise setup.Problem("the network is gone")

    with monkeypatch.context() as patch, pytest.raises(setup.Problem):
        patch.setattr(setup, "install", fail)
        build(root)
    assert setup.read_stamp(root / ".venv") == {}


def test_an_old_python_gets_a_clear_message(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    with pytest.raises(setup.Problem, match=r"Python 3\.11 or newer is needed"):
        setup.wanted_python(root)


def test_a_folder_that_path_cannot_name_is_refused(tmp_path: Path, ran: Run) -> None:
    """A list of folders such as PATH is cut there, so no tool of .venv would be found."""
    with pytest.raises(setup.Problem, match=f"has a '{os.pathsep}' in its path"):
        setup.build(tmp_path / f"a{os.pathsep}b", [])
    assert ran == []


def test_a_missing_lock_is_named(root: Path) -> None:
    with pytest.raises(setup.Problem, match=r"there is no lock file .*other\.lock"):
        setup.build(root, [root / "other.lock"])


def test_a_missing_venv_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(setup.Problem, match="apt install python3-venv"):
        setup.find_uv(tmp_path / ".venv", tmp_path)


def test_only_the_locked_uv_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: Run = []
    monkeypatch.setattr(shutil, "which", lambda name: "/somewhere/uv")
    monkeypatch.setattr(setup, "run", lambda command, **more: commands.append(command))
    monkeypatch.setattr(setup, "pip_settings", lambda listing: {})
    wanted = setup.locked_uv(setup.SETUP_LOCK.read_text(encoding="utf-8"))
    monkeypatch.setattr(setup, "uv_version", lambda uv: "0.0.1")
    assert setup.find_uv(tmp_path / ".venv", tmp_path).startswith(str(tmp_path))
    assert "--require-hashes" in commands[-1]
    monkeypatch.setattr(setup, "uv_version", lambda uv: wanted)
    assert setup.find_uv(tmp_path / ".venv", tmp_path) != "/somewhere/uv"
    monkeypatch.setattr(setup, "uv_version", lambda uv: wanted if uv == "/somewhere/uv" else "")
    assert setup.find_uv(tmp_path / ".venv", tmp_path) == "/somewhere/uv"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error: No interpreter found for Python 3.13 in search path", "this version of Python"),
        ("Failed to download `https://x/python-build-standalone/y`", "this version of Python"),
        ("  cause: dns error: failed to lookup address", "check the network"),
        ("NewConnectionError: Temporary failure in name resolution", "check the network"),
        ("  cause: Hash mismatch for `numpy==1.0`", "not what the lock file says"),
        ("torch has no wheels with a matching Python ABI tag", "no file for this machine"),
        ("Because there is no version of numpy==1.0: No solution found", "does not hold what"),
        ("  cause: invalid peer certificate: UnknownIssuer\nerror sending request", "not trusted"),
        ("error: HTTP status client error (401 Unauthorized) for url", "name and password"),
        ("error: Failed to parse: `UV_HTTP_TIMEOUT`", "a setting is not one"),
        ("something else", "`uv pip sync ...` failed"),
    ],
)
def test_the_cause_of_a_failure_is_named(output: str, sentence: str) -> None:
    assert sentence in setup.diagnose(output, ["uv", "pip", "sync", "x"])


def test_a_failing_tool_is_shown_and_explained(capfd: pytest.CaptureFixture[str]) -> None:
    code = "print('Downloading'); print(' + numpy==1'); print('timed out'); raise SystemExit(1)"
    with pytest.raises(setup.Problem, match="check the network"):
        setup.run([sys.executable, "-c", code])
    assert capfd.readouterr().out == "  Downloading\n  timed out\n"


def test_where_the_small_builds_of_torch_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "runtime.lock"
    for name in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    lock.write_text("torch==2.0.0\n", encoding="utf-8")
    assert setup.wheel_sources([lock]) == []
    lock.write_text("torch==2.0.0+cpu\n", encoding="utf-8")
    assert setup.wheel_sources([lock]) == ["-f", f"{setup.TORCH_CPU}/torch/"]
    monkeypatch.setenv("PIP_FIND_LINKS", "one two")
    plain = tmp_path / "plain.lock"
    plain.write_text("torch==2.0.0\n", encoding="utf-8")
    assert setup.wheel_sources([plain]) == []
    with monkeypatch.context() as patch:
        patch.setenv("UV_NO_INDEX", "1")
        assert setup.wheel_sources([plain]) == ["-f", "one", "-f", "two"]
    assert setup.wheel_sources([lock]) == ["-f", "one", "-f", "two"]
    monkeypatch.setenv("UV_FIND_LINKS", "three,four")
    assert setup.wheel_sources([lock]) == ["-f", "three", "-f", "four"]


def test_a_wrong_file_in_a_folder_of_wheels_is_the_cause() -> None:
    said = setup.diagnose("Hash mismatch for `torch`", ["uv", "pip", "sync", "-f", "wheels"])
    assert said == "a file where UV_FIND_LINKS or PIP_FIND_LINKS points is not the locked one"


HEARD = """
UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_INDEX_STRATEGY UV_INDEX_OURS_PASSWORD
UV_NO_INDEX UV_KEYRING_PROVIDER UV_CACHE_DIR UV_NO_CACHE UV_OFFLINE UV_HTTP_TIMEOUT UV_HTTP_RETRIES
UV_SYSTEM_CERTS UV_NATIVE_TLS UV_INSECURE_HOST UV_CREDENTIALS_DIR UV_CONCURRENT_DOWNLOADS
UV_PYTHON_INSTALL_MIRROR PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_CERT
PIP_TRUSTED_HOST PIP_PROXY PIP_CACHE_DIR PIP_TIMEOUT PIP_RETRIES PIP_KEYRING_PROVIDER
HTTPS_PROXY SSL_CERT_FILE NETRC HOME PATH
"""
DROPPED = """
UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE UV_BUILD_CONSTRAINT UV_FIND_LINKS UV_EXCLUDE_NEWER UV_NO_BINARY
UV_NO_BUILD UV_PRERELEASE UV_RESOLUTION UV_TARGET UV_PREFIX UV_PYTHON UV_SYSTEM_PYTHON UV_LINK_MODE
UV_TORCH_BACKEND UV_NO_VERIFY_HASHES UV_COMPILE_BYTECODE UV_PYTHON_PLATFORM UV_WORKING_DIR
UV_NO_CONFIG UV_ENV_FILE PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIREMENT
PIP_NO_DEPS PIP_NO_BINARY PIP_REQUIRE_VIRTUALENV PIP_DRY_RUN PIP_CONFIG_FILE PIP_A_LATER_ONE
PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV CONDA_PREFIX SETUPTOOLS_USE_DISTUTILS
"""


def test_only_where_packages_come_from_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (HEARD + DROPPED).split():
        monkeypatch.setenv(name, "x")
    variables = setup.environment()
    assert [name for name in HEARD.split() if name not in variables] == []
    assert [name for name in DROPPED.split() if name in variables] == []


UV_TOML = """
no-binary = true
index-url = "https://example.org"  # ours
extra-index-url = [
  "https://example.com",
]
constraint-dependencies = [
  "six<1",
]
cache-dir = "/somewhere"
[[index]]
name = "inner"
url = "https://example.net"
default = true
[pip]
prefix = "/elsewhere"
keyring-provider = "subprocess"
[tool]
offline = true
"""


def test_of_a_uv_toml_only_where_packages_come_from_is_heard() -> None:
    heard = tomllib.loads(setup.sources(UV_TOML))
    assert heard == {
        "index-url": "https://example.org",
        "extra-index-url": ["https://example.com"],
        "cache-dir": "/somewhere",
        "pip": {"keyring-provider": "subprocess"},
        "index": [{"name": "inner", "url": "https://example.net", "default": True}],
    }
    dotted = 'pip.index-url = "x"\npip.target = "y"\n'
    assert setup.sources(dotted) == 'pip.index-url = "x"\n'


def test_a_uv_toml_is_yours_or_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_CONFIG_FILE", "UV_NO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(setup, "PROJECT", tmp_path / "above" / "project")
    monkeypatch.setattr(setup, "settings_folders", lambda: [tmp_path / "yours"])
    files = ["above/uv.toml", "yours/uv/uv.toml", "above/project/uv.toml", "told.toml"]
    said = []
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(f'index-url = "{file}"', encoding="utf-8")
        said.append(setup.uv_settings())
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "told.toml"))
    assert said[0] == ""
    assert [*said[1:3], setup.uv_settings()] == [f'index-url = "{file}"\n' for file in files[1:]]


def test_of_pips_files_only_where_packages_come_from_is_heard() -> None:
    lines = [
        "global.index-url='https://x'",
        "global.user='true'",
        "install.cert='/c'",
        ":env:.y='z'",
    ]
    found = setup.pip_settings([sys.executable, "-c", f"print({chr(10).join(lines)!r})"])
    assert found == {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://x", "PIP_CERT": "/c"}


def test_needs_no_package() -> None:
    """It runs before anything is installed, so -I -S must do."""
    command = [sys.executable, "-I", "-S", str(Path(setup.__file__)), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_plugin_of_the_remote_is_locked_apart(tmp_path: Path) -> None:
    assert setup.lock_names(tmp_path) == ["runtime", "dev"]
    (tmp_path / "remote.in").touch()
    assert setup.lock_names(tmp_path) == ["runtime", "dev", "remote"]
