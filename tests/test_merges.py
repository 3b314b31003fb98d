"""Results of merged code are those of neither side, and nothing claims that they are.

python -m pytest -m slow tests/test_merges.py
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import Run, command, git, set_param

pytestmark = pytest.mark.slow
SEALED = "these inputs did not make these outputs"
AUDIT = ("python3", "-m", "samebits", "audit")
VERIFY = ("python3", "-m", "samebits", "verify")


@pytest.fixture
def merged(run: Run, project: Path) -> Path:
    """One side trained for other epochs, the other rounded its scores; the merge is unresolved."""
    git(project, "checkout", "-q", "-b", "longer")
    set_param(project, "epochs: 40", "epochs: 3")
    run("dvc", "repro")
    git(project, "commit", "-qam", "Longer", "--no-verify")
    git(project, "checkout", "-q", "main")
    run("dvc", "checkout")
    scores = project / "src/samebits/metrics/scores.py"
    scores.write_text(
        re.sub(r"\nDECIMALS, DIGITS = 6", "\nDECIMALS, DIGITS = 3", scores.read_text("utf-8"))
    )
    run("dvc", "repro")
    git(project, "commit", "-qam", "Rounded", "--no-verify")
    done = command("git", "merge", "-q", "longer", cwd=project)
    assert done.returncode != 0
    return project


def test_results_are_never_merged(run: Run, merged: Path) -> None:
    """Git keeps one side whole, the audit calls it stale, and `dvc repro` fixes it."""
    assert git(merged, "diff", "--name-only", "--diff-filter=U") == "dvc.lock"
    assert "<<<<<<<" not in (merged / "dvc.lock").read_text("utf-8")
    git(merged, "checkout", "--ours", "dvc.lock", "provenance")
    assert "optimization.epochs was 40 and is 3; run `dvc repro`" in run(*AUDIT, fails=True)
    run("dvc", "repro")
    assert "to fix" not in run(*AUDIT)
    git(merged, "add", "dvc.lock", "provenance")
    git(merged, "commit", "-q", "--no-edit")
    assert git(merged, "status", "--porcelain") == ""


def test_lines_of_two_results(run: Run, merged: Path) -> None:
    """Merged by lines, ours if both changed one, all seems up to date, and nothing is true."""
    base = git(merged, "merge-base", "HEAD", "longer")
    for name, commit in (("ours", "HEAD"), ("base", base), ("theirs", "longer")):
        text = git(merged, "show", f"{commit}:dvc.lock")
        (merged / name).write_text(f"{text}\n", "utf-8")
    mixed = command("git", "merge-file", "-p", "--ours", "ours", "base", "theirs", cwd=merged)
    assert mixed.returncode == 0
    for name in ("ours", "base", "theirs"):
        (merged / name).unlink()
    (merged / "dvc.lock").write_text(mixed.stdout, "utf-8")
    git(merged, "checkout", "--theirs", "provenance")
    run("dvc", "checkout")
    assert "up to date" in run("dvc", "status")
    git(merged, "add", "-A")
    git(merged, "commit", "-qm", "Merged", "--no-verify")
    said = run(*AUDIT, fails=True)
    assert f"stage evaluate: {SEALED}" in said
    assert "stage train" not in said
    assert SEALED in run(*VERIFY, "--here", fails=True)
    run("dvc", "repro", "--force", "evaluate")
    run("dvc", "repro")
    assert "to fix" not in run(*AUDIT)


def test_a_value_edited_while_training_runs(run: Run, project: Path) -> None:
    """As by a person who tries the next idea meanwhile; once undone, training resumes."""
    set_param(project, "epochs: 40", "epochs: 30")
    set_param(project, "runtime: ", "runtime:\n  checkpoint_every: 5 ")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, "dvc", "repro", "train", fails=True)
        while not list((project / "checkpoints").glob("*.ckpt")) and not running.done():
            time.sleep(0.05)
        set_param(project, "learning_rate: 0.006", "learning_rate: 0.5")
        assert "params.yaml:optimization changed while train ran" in running.result()
    assert "changed" in run("dvc", "status")
    set_param(project, "learning_rate: 0.5", "learning_rate: 0.006")
    assert "resuming after step" in run("dvc", "repro")
    assert "to fix" not in run(*AUDIT)
