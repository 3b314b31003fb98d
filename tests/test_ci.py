"""Continuous integration of the template and of the project: what it runs, and from where.

Run with `python -m pytest tests/test_ci.py`.
"""

import os
import re
import stat
from pathlib import Path

import pytest
from helpers import PROJECT, ROOT


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
