"""Colour shows only on a terminal, and nowhere if the user does not want it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PYTHONPATH

from samebits.audit.outcomes import Check, Finding, table
from samebits.console.colour import GREEN, coloured
from samebits.provenance import differences

pty = pytest.importorskip("pty")

SHOW = """
from samebits.audit.outcomes import Check, Finding, table
from samebits.provenance.differences import Comparison, table as compared
checks = [Check("whole", "all", ()), Check("odd", "one", (), (Finding("a", 1, "x"),))]
print(table([*checks, Check("tidy", "one", (Finding("a", 1, "x"),))]))
print(compared([Comparison("train", "models/a", True), Comparison("train", "models/b", False)]))
"""


def at_terminal(variables: dict[str, str]) -> str:
    """The output of a program on a terminal."""
    shell = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    ours, theirs = pty.openpty()
    environment = shell | {"PYTHONPATH": PYTHONPATH, "TERM": "xterm"} | variables
    subprocess.run([sys.executable, "-c", SHOW], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 2**16):
            said += part
    except OSError:  # everything was read: Linux reports it so
        pass
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_a_terminal_shows_what_passed_and_what_failed() -> None:
    said = at_terminal({"PYTHONIOENCODING": "utf-8"})
    assert "\x1b[32m✓ whole\x1b[0m  all" in said
    assert "\x1b[33m! odd  \x1b[0m  one" in said
    assert "\x1b[31m✗ tidy \x1b[0m  one" in said
    assert "\x1b[32msame\x1b[0m" in said
    assert "\x1b[31mDIFFERENT\x1b[0m" in said


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_does_not_want_it_gets_none(variables: dict[str, str]) -> None:
    said = at_terminal(variables)
    assert "\x1b" not in said
    assert "DIFFERENT" in said


def test_an_empty_wish_is_none() -> None:
    assert "\x1b" in at_terminal({"NO_COLOR": ""})


def test_what_is_piped_has_none(tmp_path: Path) -> None:
    assert coloured("text", GREEN) == "text"
    assert "\x1b" not in table([Check("tidy", "", (Finding("a", 1, "x"),))])
    assert "\x1b" not in differences.table([differences.Comparison("a", "b", True)])
    environment = os.environ | {"PYTHONPATH": PYTHONPATH, "TERM": "xterm"}
    with (tmp_path / "log").open("wb") as file:
        subprocess.run([sys.executable, "-c", SHOW], stdout=file, env=environment, check=True)
    assert b"\x1b" not in (tmp_path / "log").read_bytes()
