"""A tracker gets a training's values, and can neither change nor stop the training."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from samebits.tracking import adapters, tracker
from samebits.tracking.tracker import Tracker

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are linked to this Python")
Plant = Callable[[str], Path]
PARAMS = {"optimization": {"epochs": 3, "optimizer": "adamw"}, "model": {"width": 4}}
# Programs in the place of adapters.py; each gets a name, a folder, a run and its params.
KEEPS = """
import sys
from pathlib import Path
Path(sys.argv[2], "kept.txt").write_text("\\n".join(sys.argv[3:]) + "\\n" + sys.stdin.read())
"""
READS = "import sys\nfor line in sys.stdin:\n    if line == '{}\\n':\n        break\n"
FAULTS = {
    "raises at once": (
        "raise ValueError('no room')",
        r"ended early \(ValueError: no room; more in ",
    ),
    "raises at a value": (
        "import sys\nnext(sys.stdin)\nraise ValueError('odd value')",
        r"ended early \(ValueError: odd value; more in ",
    ),
    "raises at the end": (
        f"{READS}raise ValueError('not sent')",
        r"ended with an error \(ValueError: not sent; more in ",
    ),
    "ends early": ("import sys\nnext(sys.stdin)", r"ended early \(it does not say why\)"),
    "hangs from the start": (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(999)",
        "did not end within 1 seconds",
    ),
    "hangs at the end": (f"{READS}import time\ntime.sleep(999)", "did not end within 1 seconds"),
}


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Put a program in the place of the adapters; return the folder of the tracker."""

    def planted(text: str) -> Path:
        home = tmp_path / "tracker"
        python = home / ".venv" / tracker.PYTHON
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
        (home / "program.py").write_text(text, "utf-8")
        monkeypatch.setattr(tracker, "home", lambda _: home)
        monkeypatch.setattr(tracker, "PROGRAM", home / "program.py")
        return home

    monkeypatch.setattr(tracker, "END_SECONDS", 1.0)
    return planted


def track(said: list[str], steps: int = 50, pause: float = 0.0) -> None:
    """Hand over as many values."""
    with Tracker("tensorboard", "a1b2", PARAMS, said.append) as tracked:
        for step in range(steps):
            tracked.step(step, {"loss": 0.5})
            time.sleep(pause)


def test_none_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(subprocess, "Popen")
    said = list[str]()
    with Tracker("none", "a1b2", PARAMS, said.append) as tracked:
        tracked.step(1, {"loss": 0.5})
    assert said == []


def test_what_it_gets(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    home, said = plant(KEEPS + "import os\nprint(dict(os.environ))"), list[str]()
    monkeypatch.setattr(tracker, "END_SECONDS", 30.0)
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "somewhere")
    track(said, steps=2)
    run, params, *lines = (home / "kept.txt").read_text("utf-8").splitlines()
    flat = {"optimization.epochs": 3, "optimization.optimizer": "adamw", "model.width": 4}
    assert (run, json.loads(params)) == ("a1b2", flat)
    values = [{"step": step, "values": {"loss": 0.5}} for step in range(2)]
    assert [json.loads(line) for line in lines] == [*values, {}]
    log = (home / "log.txt").read_text("utf-8")
    assert "'WANDB_MODE': 'offline'" in log
    assert "MLFLOW_TRACKING_URI" not in log
    assert said == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence(plant: Plant, fault: str) -> None:
    program, words = FAULTS[fault]
    plant(program)
    said, started = list[str](), time.monotonic()
    track(said, pause=0.01)
    assert time.monotonic() - started < 15
    [sentence] = said
    assert sentence.startswith("runtime.tracker: tensorboard ")
    assert sentence.endswith("; training goes on without it.")
    assert re.search(words, sentence), sentence


def test_a_tracker_that_is_behind_is_never_waited_for(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant("import time\ntime.sleep(999)")
    monkeypatch.setattr(tracker, "MOST_BYTES", 10_000)
    said, started = list[str](), time.monotonic()
    with Tracker("mlflow", "a1b2", {}, said.append) as tracked:
        for step in range(10_000):
            tracked.step(step, {"loss": 0.5})
        assert time.monotonic() - started < 10
    assert said == [
        "runtime.tracker: mlflow does not take its values; training goes on without it."
    ]


def test_a_missing_tracker_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    said = list[str]()
    track(said)
    assert said == [
        "runtime.tracker: tensorboard is not installed; run 'sh scripts/venv python -I "
        "scripts/setup.py --tracker tensorboard'; training goes on without it."
    ]


def test_what_cannot_be_started_is_one_sentence(plant: Plant) -> None:
    home, said = plant(""), list[str]()
    python = home / ".venv" / tracker.PYTHON
    python.unlink()
    python.write_text("no program", "utf-8")
    track(said)
    [sentence] = said
    assert "tensorboard failed (" in sentence


def test_nothing_is_left_running(plant: Plant) -> None:
    home = plant(
        "import subprocess, sys, time\nfrom pathlib import Path\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(999)'])\n"
        "Path(sys.argv[2], 'child.txt').write_text(str(child.pid))\ntime.sleep(999)"
    )
    track(list[str](), pause=0.02)
    child = int((home / "child.txt").read_text("utf-8"))
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text("utf-8").rpartition(") ")[2].startswith("Z"):
            return
        time.sleep(0.05)
    pytest.fail("a child of the tracker runs on")


class Kept:
    """A tracker's package that notes what it is asked."""

    def __init__(self) -> None:
        self.calls = list[tuple[str, Any, Any]]()

    def __getattr__(self, name: str) -> Callable[..., "Kept"]:
        def call(*given: Any, **more: Any) -> "Kept":
            self.calls.append((name, given, more))
            return self

        return call


ASKED: Mapping[str, list[str]] = {
    "tensorboard": ["Writer", "add_scalar", "add_scalar", "flush", "close"],
    "mlflow": ["set_tracking_uri", "start_run", "log_params", "log_metrics", "end_run"],
    "wandb": ["Settings", "init", "log", "finish"],
}


class TestAdapters:
    """What each does with the lines."""

    lines: ClassVar = ['{"step": 3, "values": {"loss": 0.5, "rate": 0.1}}\n', "{}\n"]

    @pytest.mark.parametrize("name", ASKED)
    def test_what_each_is_asked(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = Kept()
        monkeypatch.setattr(adapters, "import_module", lambda _: package)
        monkeypatch.setattr(sys, "stdin", iter(self.lines))
        (tmp_path / "runs" / "a1b2").mkdir(parents=True)
        adapters.main(name, str(tmp_path), "a1b2", '{"model.width": 4}')
        assert [call[0] for call in package.calls] == ASKED[name]
        assert any(
            step == 3 for _, given, more in package.calls for step in (*given, *more.values())
        )
        if name == "wandb":
            assert package.calls[0][2]["mode"] == "offline"
