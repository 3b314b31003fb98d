"""Code and data change separately: old code runs with new data, new code with old data."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samebits.data.raw_pointer import recorded_version
from samebits.programs import dvc
from samebits.versions.checkout import use
from samebits.versions.release import release

STAGES = ("validate", "prepare", "train", "evaluate")
CONFIG = "[core]\nanalytics = false\nremote = beside\n['remote \"beside\"']\nurl = ../../remote\n"
IGNORED = "/data/raw\n/data/prepared\n/data/decoded\n/models\n/reports\n/checkpoints\n/provenance\n"
Run = Callable[..., Any]


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgSign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()


@pytest.fixture
def history(
    project: Path, fill: Run, monkeypatch: pytest.MonkeyPatch, _loaded_dvc: Run, settle: Run
) -> dict[str, str]:
    """Commits of old and new code; data 1.0 with 30 examples of a class, 1.1 with 40."""
    monkeypatch.setattr("subprocess.run", _loaded_dvc)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "T")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.org")
    git("init", "-q", "-b", "main")
    for key, value in (("user.name", "T"), ("user.email", "t@example.org"), ("tag.gpgSign", "0")):
        git("config", key, value)
    for path, text in ((".dvc/config", CONFIG), (".gitignore", IGNORED)):
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    assert dvc("add", "-q", "data/raw").returncode == 0
    git("add", "-A")
    git("commit", "-qm", "Old code")
    old = git("rev-parse", "HEAD")
    release("1.0", "The first", list)
    shutil.rmtree("data/raw")
    fill(project / "data/raw", 40)
    release("1.1", "More", list)
    settle(project / "params.yaml", model={"width": 8})
    git("commit", "-qam", "New code")
    return {"old": old, "new": git("rev-parse", "HEAD")}


@pytest.mark.parametrize(
    ("code", "width", "data", "count"), [("old", 4, "1.1", 120), ("new", 8, "1.0", 90)]
)
def test_either_moves_alone(
    history: dict[str, str], stage: Run, code: str, width: int, data: str, count: int
) -> None:
    git("checkout", "-q", history[code])
    dvc("checkout", "-q", "data/raw.dvc")
    use(data)
    for name in STAGES:
        done = stage(name)
        assert done.returncode == 0, done.stderr
    summary = json.loads(Path("reports/data.json").read_text(encoding="utf-8"))
    metrics = json.loads(Path("reports/metrics.json").read_text(encoding="utf-8"))
    identity = json.loads(Path("models/identity.json").read_text(encoding="utf-8"))
    assert summary["examples"] == count
    assert metrics["data"] == {"version": recorded_version(Path("data/raw.dvc")), "release": data}
    assert summary["release"] == data
    assert identity["params"]["model"]["width"] == width


def test_a_name_of_the_data_does_not_make_train_run(repro: Run, project: Path) -> None:
    """It reaches `prepare` in reports/data.json, whose output for `train` stays the same."""
    before = repro("validate", "prepare")
    path = project / "reports/data.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    assert summary["release"] is None
    path.write_text(json.dumps(summary | {"release": "1.0"}), encoding="utf-8")
    after = repro("prepare")
    assert {name for name in after if after[name] != before[name]} == {
        "reports/data.json",
        "reports/seals/prepare.json",
    }
