"""Each task that the template makes: green at birth, and what it ships is reached by who runs it.

Run with `python -m pytest tests/test_tasks.py`.
"""

from pathlib import Path

import pytest
from helpers import CACHE, RUNNING, TASKS, Bake, command, cpu_wheel, git


@pytest.mark.parametrize("task", TASKS)
def test_a_new_project_passes_its_audit(
    bake: Bake, capfd: pytest.CaptureFixture[str], task: str
) -> None:
    project = bake(hooks=True, task=task)
    said = capfd.readouterr().out
    assert "✓ dvc.lock" in said
    assert "✗" not in said and "!" not in said.partition("Git has")[0]
    for tool in (("check", "."), ("format", "--check", ".")):
        done = command("ruff", *tool, cwd=project)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS[1:])
def test_from_generation_to_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """As a user does it: `verify=training`, then the commands that come with the project."""
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    wheel = "cpu" if cpu_wheel(RUNNING) else "cuda"
    answers = (f"task={task}", f"python_version={RUNNING}", f"accelerator={wheel}")
    bake = ("python", "-m", "cookiecutter", Path(__file__).parents[1], "--no-input")
    done = command(*bake, *answers, "verify=training", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proven: the environment installs from its locks;" in done.stdout, done.stdout
    assert "NOT proven" not in done.stdout
    [project] = (path for path in tmp_path.iterdir() if (path / "dvc.yaml").exists())
    for target in ("reproduce", "check", "audit", "test"):
        done = command("make", target, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    assert git(project, "status", "--porcelain") == ""
