"""Continuous integration of the template and of the project: what it runs, and from where.

Run with `python -m pytest tests/test_ci.py`.
"""

import os
import re
import shutil
import stat
from pathlib import Path

import pytest
import yaml
from helpers import PROJECT, ROOT, command


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


@pytest.mark.skipif(shutil.which("bash") is None, reason="the workflow's steps are bash's")
@pytest.mark.parametrize(("name", "status"), [("Audit", 0), ("Audit", 1), ("Comparison", 1)])
def test_what_a_step_says_stands_on_the_page_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    """And a failure stays one, even if another program shows it."""
    workflow = (ROOT / PROJECT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(workflow)["jobs"]["reproduce"]
    assert job["defaults"]["run"]["shell"] == "bash"
    step = next(step for step in job["steps"] if step.get("name", "").startswith(name))
    for program, said, left in (("make", "said by make", status), ("sh", "::error::beside it", 1)):
        (tmp_path / program).write_text(f"#!/bin/bash\necho {said}\nexit {left}\n", "utf-8")
        (tmp_path / program).chmod(0o755)
    page = tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    script = ("--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
    done = command("bash", *script, cwd=tmp_path)
    assert done.returncode == status
    assert "said by make" in done.stdout
    assert ("::error::beside it" in done.stdout) == (name == "Audit")
    assert page.read_text("utf-8").endswith("\n\n    said by make\n")
