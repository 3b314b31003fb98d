"""Each task of the template: valid from the start, and users get the shipped bits.

Run with `python -m pytest tests/test_tasks.py`.
"""

import json
import re
from pathlib import Path

import pytest
from helpers import CACHE, PACKAGE, ROOT, RUNNING, TASKS, Bake, command, cpu_wheel, git, sources

README = ROOT / "README.md"


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


def test_the_readme_counts_the_lines_of_each_task() -> None:
    rows = re.findall(r"^\| ([a-z-]+) \|.*\| (\d+) \|$", README.read_text("utf-8"), re.MULTILINE)
    assert [task for task, _ in rows] == TASKS
    for task, lines in rows:
        known = sources(task=task)
        files = [known[name] for name in known if name.startswith(f"src/{PACKAGE}/")]
        count = sum(len(file.read_text("utf-8").splitlines()) for file in files)
        assert int(lines) == count - 1, task  # a line says what the folder is


@pytest.mark.parametrize("task", TASKS)
def test_each_task_says_what_its_examples_are_called(task: str) -> None:
    words = {"image": "images", "text": "texts", "table": "rows", "series": "series"}
    text = sources(task=task)[f"src/{PACKAGE}/data.py"].read_text("utf-8")
    assert re.findall(r'^EXAMPLES = "(.+)"', text, re.MULTILINE) == [words[task.split("-")[0]]]


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS[1:])
def test_from_generation_to_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """As a user does it: `verify=training`, then the commands that come with the project."""
    monkeypatch.setenv("UV_CACHE_DIR", CACHE)
    wheel = "cpu" if cpu_wheel(RUNNING) else "cuda"
    answers = (f"task={task}", f"python_version={RUNNING}", f"accelerator={wheel}")
    bake = ("python", "-m", "cookiecutter", ROOT, "--no-input")
    done = command(*bake, *answers, "verify=training", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proven: the environment installs from its locks;" in done.stdout, done.stdout
    assert "NOT proven" not in done.stdout
    [project] = (path for path in tmp_path.iterdir() if (path / "dvc.yaml").exists())
    for target in ("reproduce", "check", "audit", "test"):
        done = command("make", target, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((project / "provenance/here/train.json").read_text(encoding="utf-8"))
    # An example should train within 30 s; by the clock other work counts, too, so none is demanded.
    print(f"{task}: training took {record['seconds']} s by the clock, of 30 s")
    done = command("sh", "scripts/venv", "samebits", "latency", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d ms per example", done.stdout)
    assert git(project, "status", "--porcelain") == ""
    if task != "table-number":
        assert_it_trains(project, "class_weights: 0.0", "class_weights: 1.0")
    if task == "text-class":
        assert_it_trains(project, "layer: attention", "layer: gru")
        done = command("make", "test", cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr


def assert_it_trains(project: Path, now: str, then: str) -> None:
    """For an epoch, to other weights, with another value in params.yaml.

    With weights of classes, too: a shipped loss that ignored them would be refused.
    """
    params = project / "params.yaml"
    text = params.read_text(encoding="utf-8")
    assert f"\n  {now}" in text
    text = re.sub(r"\n  epochs: \d+", "\n  epochs: 1", text.replace(now, then))
    params.write_text(text, encoding="utf-8")
    before = (project / "models/model.safetensors").read_bytes()
    # As one line; otherwise `python` would be the one that runs the tests.
    train = "sh scripts/venv python -m samebits run train"
    done = command("sh", "-c", train, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "models/model.safetensors").read_bytes() != before
