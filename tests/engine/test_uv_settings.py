"""The user's settings that an installation uses."""

import importlib.util
import os
import sys
import tomllib
from pathlib import Path

import pytest
import uv_tool

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
    variables = uv_tool.environment()
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
    heard = tomllib.loads(uv_tool.sources(UV_TOML))
    assert heard == {
        "index-url": "https://example.org",
        "extra-index-url": ["https://example.com"],
        "cache-dir": "/somewhere",
        "pip": {"keyring-provider": "subprocess"},
        "index": [{"name": "inner", "url": "https://example.net", "default": True}],
    }
    dotted = 'pip.index-url = "x"\npip.target = "y"\n'
    assert uv_tool.sources(dotted) == 'pip.index-url = "x"\n'


def test_a_uv_toml_is_yours_or_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_CONFIG_FILE", "UV_NO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(uv_tool, "PROJECT", tmp_path / "above" / "project")
    monkeypatch.setattr(uv_tool, "settings_folders", lambda: [tmp_path / "yours"])
    files = ["above/uv.toml", "yours/uv/uv.toml", "above/project/uv.toml", "told.toml"]
    said = []
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(f'index-url = "{file}"', encoding="utf-8")
        said.append(uv_tool.uv_settings())
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "told.toml"))
    assert said[0] == ""
    assert [*said[1:3], uv_tool.uv_settings()] == [f'index-url = "{file}"\n' for file in files[1:]]


def test_of_pips_files_only_where_packages_come_from_is_heard() -> None:
    lines = [
        "global.index-url='https://x'",
        "global.user='true'",
        "install.cert='/c'",
        ":env:.y='z'",
    ]
    settings = uv_tool.pip_settings([sys.executable, "-c", f"print({chr(10).join(lines)!r})"])
    assert settings == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "https://x",
        "PIP_CERT": "/c",
    }


def test_a_file_that_pip_is_told_of_is_heard_as_its_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.conf"
    told.write_text("global.index-url='https://y'\nglobal.user='true'\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(told))
    shown = "import os; print(open(os.environ['PIP_CONFIG_FILE']).read())"
    settings = uv_tool.pip_settings([sys.executable, "-c", shown])
    assert settings == {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://y"}


def test_pip_itself_lists_the_file_that_it_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensurepip = importlib.util.find_spec("ensurepip")
    places = ensurepip.submodule_search_locations if ensurepip else None
    wheels = [wheel for place in places or () for wheel in Path(place).glob("_bundled/pip-*.whl")]
    if not wheels:
        pytest.skip("this Python brings no pip")
    told = tmp_path / "told.conf"
    told.write_text("[global]\nindex-url = https://y\nuser = true\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(told))
    settings = uv_tool.pip_settings([sys.executable, f"{wheels[0]}/pip", "config", "list"])
    assert settings["PIP_INDEX_URL"] == "https://y"
    assert "PIP_USER" not in settings


def test_where_the_small_builds_of_torch_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "runtime.lock"
    for name in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    lock.write_text("torch==2.0.0\n", encoding="utf-8")
    assert uv_tool.wheel_sources([lock]) == []
    lock.write_text("torch==2.0.0+cpu\n", encoding="utf-8")
    assert uv_tool.wheel_sources([lock]) == ["-f", f"{uv_tool.TORCH_CPU}/torch/"]
    monkeypatch.setenv("PIP_FIND_LINKS", "one two")
    plain = tmp_path / "plain.lock"
    plain.write_text("torch==2.0.0\n", encoding="utf-8")
    assert uv_tool.wheel_sources([plain]) == []
    with monkeypatch.context() as patch:
        patch.setenv("UV_NO_INDEX", "1")
        assert uv_tool.wheel_sources([plain]) == ["-f", "one", "-f", "two"]
    assert uv_tool.wheel_sources([lock]) == ["-f", "one", "-f", "two"]
    monkeypatch.setenv("UV_FIND_LINKS", "three,four")
    assert uv_tool.wheel_sources([lock]) == ["-f", "three", "-f", "four"]
