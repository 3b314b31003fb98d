"""A generated project, installed and run for real: every command its README names.

    python -m pytest -m slow tests/test_generated.py

The environment is built once; each test works in a copy of the project that borrows it.
"""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from helpers import (
    CACHE,
    ROOT,
    RUNNING,
    Run,
    command,
    cpu_wheel,
    git,
    outputs,
    set_param,
    wheel_folders,
)

pytestmark = pytest.mark.slow
# Colour examples of several shapes and kinds, in three classes.
PICTURES = """
from pathlib import Path
from PIL import Image

for number in range(120):
    label = ("cat", "dog", "white fox")[number % 3]
    colour = tuple(60 * (channel == number % 3) + number for channel in range(3))
    path = Path("data/raw", label, f"{number}.{'jpg' if number % 2 else 'png'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20 + number % 7, 33), colour).save(path)
"""


def test_setup_again_has_nothing_to_do(built: Path) -> None:
    done = command("make", "setup", cwd=built, env=os.environ | {"UV_CACHE_DIR": CACHE})
    assert "Nothing to do" in done.stdout, done.stdout + done.stderr
    assert git(built, "status", "--porcelain") == ""


@pytest.mark.parametrize("target", ["check", "test", "audit", "verify"])
def test_every_target_passes_and_leaves_git_clean(built: Path, project: Path, target: str) -> None:
    (project / ".venv").symlink_to(built / ".venv")
    done = command("make", target, cwd=project, env=os.environ | {"UV_CACHE_DIR": CACHE})
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(project, "status", "--porcelain") == ""
    if target == "verify":
        assert "proven: a fresh clone gives the committed bits" in done.stdout


def test_the_result_is_good_and_quick(built: Path) -> None:
    metrics = yaml.safe_load((built / "reports" / "metrics.json").read_text("utf-8"))
    assert metrics["metric"] == "macro_f1"
    assert metrics["score"] >= 0.98
    provenance = yaml.safe_load((built / "provenance/here/train.json").read_text("utf-8"))
    assert provenance["seconds"] <= 60


def test_verify_sees_a_changed_bit(project: Path, run: Run) -> None:
    lock = project / "dvc.lock"
    weights = outputs(project)["models/model.safetensors"]
    lock.write_text(lock.read_text("utf-8").replace(weights, weights[::-1]), "utf-8")
    git(project, "commit", "--all", "--quiet", "--no-verify", "-m", "A result that is not so")
    said = run("python3", "-m", "samebits", "verify", fails=True)
    assert "first models/model.safetensors of stage train" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "new", "stages"),
    [
        ("size: 8", "size: 12", {"validate", "prepare"}),
        ("rotation: 10.0", "rotation: 5.0", {"train", "diagnose"}),
        ("dev_fraction: 0.15", "dev_fraction: 0.2", {"validate", "prepare", "diagnose"}),
        ("width: 32", "width: 16", {"train", "evaluate", "diagnose"}),
        ("epochs: 40", "epochs: 1", {"train", "diagnose"}),
        ("dropout: 0.1", "dropout: 0.2", {"train", "diagnose"}),
        ("metric: macro_f1", "metric: accuracy", {"evaluate", "diagnose"}),
        ("seed: 0", "seed: 1", {"train", "evaluate"}),
        ("workers: 0", "workers: 2", set()),
    ],
)
def test_a_section_runs_again_only_what_declares_it(
    project: Path, run: Run, line: str, new: str, stages: set[str]
) -> None:
    set_param(project, line, new)
    assert set(json.loads(run("dvc", "status", "--json"))) == stages


def test_dvc_works_as_its_users_expect(project: Path, run: Run) -> None:
    assert "up to date" in run("dvc", "status")
    assert "up to date" in run("dvc", "repro")
    assert "score" in run("dvc", "metrics", "show")
    run("dvc", "plots", "show")
    shorter = ("-S", "optimization.epochs=1")
    run("dvc", "exp", "run", *shorter, "-S", "optimization.learning_rate=0.001", "-n", "slower")
    assert "optimization.learning_rate" in run("dvc", "params", "diff")
    assert "score" in run("dvc", "metrics", "diff")
    run("dvc", "plots", "diff")
    run("dvc", "exp", "run", "--queue", *shorter, "-S", "model.width=8", "-n", "thinner")
    run("dvc", "exp", "run", "--run-all")
    table = run("dvc", "exp", "show", "--csv")
    assert "slower" in table
    assert "thinner" in table


def test_own_images_need_no_code_and_reach_a_teammate(
    project: Path, run: Run, tmp_path: Path
) -> None:
    raw = project / "data" / "raw"
    shutil.rmtree(raw)
    run("python3", "-c", PICTURES)
    set_param(project, "size: 8", "size: 20")
    set_param(project, "channels: 1", "channels: 3")
    set_param(project, "epochs: 40", "epochs: 3")
    set_param(project, "batch_size: 128", "batch_size: 16")
    run("dvc", "add", "data/raw")
    run("dvc", "repro")
    assert "white fox" in (project / "reports" / "report.html").read_text("utf-8")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--no-verify", "-m", "Own examples")
    run("dvc", "push")
    mate = tmp_path / "mate"
    git(tmp_path, "clone", "--quiet", str(project), str(mate))
    variables = os.environ | {"UV_CACHE_DIR": CACHE}
    for target in ("setup", "pull", "verify"):
        done = command("make", target, cwd=mate, env=variables)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "proven: a fresh clone gives the committed bits" in done.stdout
    assert "white fox" in (mate / "reports" / "report.html").read_text("utf-8")
    assert git(mate, "status", "--porcelain") == ""


def test_bad_input_is_one_sentence(project: Path, run: Run) -> None:
    set_param(project, "width: 32", "widht: 32")
    said = run("dvc", "repro", fails=True)
    assert "did you mean 'model.width'?" in said
    set_param(project, "widht: 32", "width: 32")
    set_param(project, "learning_rate: 0.006", "learning_rate: 100000.0")
    set_param(project, "optimizer: adamw", "optimizer: sgd")
    said += run("dvc", "repro", fails=True)
    assert "lower optimization.learning_rate" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("metric: macro_f1", "metric: macro_f2"),
        ("- parameters <= 1e6", "- recall[cat] >= 0.9"),
    ],
)
def test_what_was_found_stays_when_a_stage_refuses(
    project: Path, run: Run, line: str, new: str
) -> None:
    before = contents(project / "reports")
    assert project / "reports" / "metrics.json" in before
    set_param(project, line, new)
    assert "failed to reproduce 'evaluate'" in run("dvc", "repro", fails=True)
    assert contents(project / "reports") == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_report_stays_when_the_tags_are_wrong(project: Path, run: Run) -> None:
    tags, report = project / "reports" / "error-analysis.csv", project / "reports" / "report.html"
    before = report.read_bytes()
    with tags.open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 32},9/1.png,9,3,0.5,wrong,blurry\n")
    assert "no example has the content" in run("dvc", "repro", fails=True)
    assert report.read_bytes() == before


def test_the_small_wheels_give_the_shipped_bits(tmp_path: Path) -> None:
    """The CPU wheels compared with the default ones; needs a folder or index that has them."""
    if wheel_folders() and not cpu_wheel(RUNNING):
        pytest.skip(f"no small torch for Python {RUNNING} in the folder that PIP_FIND_LINKS names")
    bake = ("python", "-m", "cookiecutter", ROOT, "--no-input", "--output-dir", tmp_path)
    variables = os.environ | {"UV_CACHE_DIR": CACHE}
    answers = (f"python_version={RUNNING}", "accelerator=cpu", "verify=training")
    done = command(*bake, *answers, cwd=tmp_path, env=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proven: the environment installs from its locks" in done.stdout, done.stdout
    assert "proven: a fresh clone gives the committed bits" in done.stdout
