"""params.yaml is as DVC writes it, so `dvc exp run -S` changes the line of a value alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ANSWERS, JINJA, ROOT

hydra = pytest.importorskip("dvc.utils.hydra")
TASKS = json.loads((ROOT.parent / "cookiecutter.json").read_text("utf-8"))["task"]
Write = Callable[[str], tuple[Path, list[str]]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write params.yaml as it is shipped with a task; return its path and lines."""

    def of(task: str) -> tuple[Path, list[str]]:
        text = (ROOT / "params.yaml").read_text("utf-8")
        path = tmp_path / "params.yaml"
        path.write_text(
            JINJA.from_string(text).render(cookiecutter=ANSWERS | {"task": task}), "utf-8"
        )
        return path, path.read_text("utf-8").splitlines()

    return of


@pytest.mark.parametrize("task", TASKS)
def test_a_value_that_is_tried_changes_its_line_alone(write: Write, task: str) -> None:
    path, before = write(task)
    hydra.apply_overrides(path, ["optimization.epochs=3", "data.train_on='*/web-*'"])
    after = path.read_text("utf-8").splitlines()
    changed = [
        new.split(" #")[0].rstrip() for old, new in zip(before, after, strict=True) if old != new
    ]
    assert changed == ["  epochs: 3", "  train_on: '*/web-*'"]


@pytest.mark.parametrize("task", TASKS)
def test_a_key_that_is_left_out_is_one_more_line(write: Write, task: str) -> None:
    path, before = write(task)
    hydra.apply_overrides(path, ["+data.drift=0.2"])
    after = path.read_text("utf-8").splitlines()
    after.remove("  drift: 0.2")
    assert after == before


def test_the_comparison_sees_what_dvc_would_rewrite(write: Write) -> None:
    path, before = write("image-class")
    other = [line.replace("''", '""', 1) if "group_by" in line else line for line in before]
    path.write_text("\n".join([*other, ""]), "utf-8")
    hydra.apply_overrides(path, ["optimization.epochs=40"])
    assert path.read_text("utf-8").splitlines() == before
