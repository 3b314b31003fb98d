"""The locked uv: which one is used, and the messages if it fails."""

import importlib.util
import shutil
import sys
from pathlib import Path

import example_packages
import pytest
import uv_tool

Run = list[list[str]]


def test_a_missing_venv_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(uv_tool.Problem, match="apt install python3-venv"):
        uv_tool.find_uv(tmp_path / ".venv", tmp_path)


def test_only_the_locked_uv_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: Run = []
    monkeypatch.setattr(shutil, "which", lambda name: "/somewhere/uv")
    monkeypatch.setattr(uv_tool, "run", lambda command, **more: commands.append(command))
    monkeypatch.setattr(uv_tool, "pip_settings", lambda listing: {})
    wanted = uv_tool.locked_uv(uv_tool.SETUP_LOCK.read_text(encoding="utf-8"))
    monkeypatch.setattr(uv_tool, "uv_version", lambda uv: "0.0.1")
    assert uv_tool.find_uv(tmp_path / ".venv", tmp_path).startswith(str(tmp_path))
    assert "--require-hashes" in commands[-1]
    monkeypatch.setattr(uv_tool, "uv_version", lambda uv: wanted)
    assert uv_tool.find_uv(tmp_path / ".venv", tmp_path) != "/somewhere/uv"
    monkeypatch.setattr(uv_tool, "uv_version", lambda uv: wanted if uv == "/somewhere/uv" else "")
    assert uv_tool.find_uv(tmp_path / ".venv", tmp_path) == "/somewhere/uv"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error: No interpreter found for Python 3.13 in search path", "this version of Python"),
        ("Failed to download `https://x/python-build-standalone/y`", "this version of Python"),
        ("  cause: dns error: failed to lookup address", "check the network"),
        ("NewConnectionError: Temporary failure in name resolution", "check the network"),
        ("  cause: Hash mismatch for `numpy==1.0`", "does not match its hash"),
        ("torch has no wheels with a matching Python ABI tag", "no file for this machine"),
        ("Because there is no version of numpy==1.0: No solution found", "lacks a locked package"),
        ("  cause: invalid peer certificate: UnknownIssuer\nerror sending request", "not trusted"),
        ("error: HTTP status client error (401 Unauthorized) for url", "name and password"),
        ("error: Failed to parse: `UV_HTTP_TIMEOUT`", "a setting of uv or pip"),
        ("something else", "`uv pip sync ...` failed"),
    ],
)
def test_the_cause_of_a_failure_is_named(output: str, sentence: str) -> None:
    assert sentence in uv_tool.diagnose(output, ["uv", "pip", "sync", "x"])


def test_a_failing_tool_is_shown_and_explained(capfd: pytest.CaptureFixture[str]) -> None:
    code = "print('Downloading'); print(' + numpy==1'); print('timed out'); raise SystemExit(1)"
    with pytest.raises(uv_tool.Problem, match="check the network"):
        uv_tool.run([sys.executable, "-c", code])
    assert capfd.readouterr().out == "  Downloading\n  timed out\n"


def test_a_wrong_file_in_a_folder_of_wheels_is_the_cause() -> None:
    said = uv_tool.diagnose("Hash mismatch for `torch`", ["uv", "pip", "sync", "-f", "wheels"])
    assert said == "a file of UV_FIND_LINKS or PIP_FIND_LINKS is not the locked one: remove it"


def test_packages_go_into_a_folder_by_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: Run = []
    monkeypatch.setattr(example_packages, "find_uv", lambda venv, tools: "uv")
    monkeypatch.setattr(example_packages, "run", commands.append)
    lock = tmp_path / "example.lock"
    lock.touch()
    monkeypatch.setattr(sys, "argv", ["example_packages.py", str(tmp_path / "into"), str(lock)])
    assert example_packages.main() == 0
    [command] = commands
    assert command[:3] == ["uv", "pip", "install"]
    assert {"--no-deps", "--require-hashes", str(tmp_path / "into")} <= {*command}
    assert command[-2:] == ["-r", str(lock)]


def test_packages_that_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(example_packages, "find_uv", lambda venv, tools: "uv")
    monkeypatch.setattr(sys, "argv", ["example_packages.py", str(tmp_path), str(tmp_path / "no")])
    assert example_packages.main() == 2
    assert capsys.readouterr().err.startswith("error: ")
