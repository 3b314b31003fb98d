"""A stage depends only on what dvc.yaml names, and an example's result on that example alone."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import PACKAGE

from samebits.core.yours import YOURS

ALL = ("validate", "prepare", "train", "evaluate", "diagnose", "report")
# Besides its dependencies, a stage gets the files that declare them.
GIVEN = ("params.yaml", "dvc.yaml", "data/raw.dvc", "pyproject.toml")
Repro = Callable[..., dict[str, bytes]]

# Every way in which Python tells how many processors there are says 3.
ELSEWHERE = """
import os, runpy, sys
os.cpu_count = os.process_cpu_count = lambda: 3
os.sched_getaffinity = lambda _: (0, 1, 2)
sys.argv = ["samebits", "run", "train"]
runpy.run_module("samebits", run_name="__main__")
import torch
print(torch.get_num_threads())
"""


def files(root: Path) -> dict[str, bytes]:
    """Every file below the folder, by its path."""
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def place(project: Path, room: Path, paths: list[str]) -> None:
    """Copy files and folders of the project into the room, if they exist."""
    for path in paths:
        (room / path).parent.mkdir(parents=True, exist_ok=True)
        if (project / path).is_dir():
            shutil.copytree(project / path, room / path)
        elif (project / path).exists():
            shutil.copyfile(project / path, room / path)


def declare(project: Path, room: Path) -> None:
    """Make files that declare sections, but that the stage may not import, unusable."""
    for file in YOURS.values():
        path = room / "src" / PACKAGE / file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (project / "src" / PACKAGE / file).read_text(encoding="utf-8")
            path.write_text(f"{text}\nraise AssertionError('imported')\n", encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
def test_a_stage_needs_what_it_declares_and_leaves_it_as_it_was(
    repro: Repro, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """In a folder with nothing else, each stage does what it does in the project."""
    expected = repro(*ALL[: ALL.index(name) + 1])
    stage = yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"][name]
    room = tmp_path / "room"
    place(project, room, [*GIVEN, *stage["deps"]])
    declare(project, room)
    before = files(room)
    monkeypatch.chdir(room)
    repro(name)
    after = files(room)
    assert {path: after.get(path) for path in before} == before, "it changed what it depends on"
    made = [*stage["outs"], *stage.get("metrics", []), *stage.get("plots", [])]
    made = [next(iter(out)) if isinstance(out, dict) else out for out in made]
    for path in made:
        inside = [name for name in after if name == path or name.startswith(f"{path}/")]
        assert inside, f"{path} is declared, but not made"
        assert all(after[name] == expected[name] for name in inside), f"{path} depends on more"


@pytest.mark.parametrize("split", ["test", "dev", "train_dev", "train"])
def test_what_is_said_of_an_example_depends_on_no_other(
    repro: Repro, project: Path, split: str
) -> None:
    """No mean, no scale, no statistics of the examples that it is judged among."""
    repro(*ALL[:4])
    first, *others = said(project, split)
    path = project / "data/prepared" / split / "image-00000.npy"
    images = np.load(path)
    images[1:] = 255 - images[1:]
    np.save(path, images)
    repro("evaluate")
    assert said(project, split)[0] == first
    assert said(project, split)[1:] != others


def said(project: Path, split: str) -> list[dict[str, str]]:
    """The predictions for each example of a split."""
    text = (project / "reports/predictions.csv").read_text(encoding="utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["split"] == split]


def test_the_machine_does_not_choose_the_threads(repro: Repro, python: Callable[..., Any]) -> None:
    repro("validate", "prepare")
    done = python("-c", ELSEWHERE)
    assert done.returncode == 0, done.stderr
    threads = yaml.safe_load(Path("params.yaml").read_text("utf-8"))["reproducibility"]["threads"]
    assert int(done.stdout) == threads != 3
