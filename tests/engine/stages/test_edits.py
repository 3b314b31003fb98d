"""Edits during a stage never get into a result."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE

from samebits.console.errors import UserError
from samebits.core.seals import Seal, path_of

STAGES = ("validate", "prepare", "train", "evaluate", "diagnose", "report")
Repro = Callable[..., dict[str, bytes]]


@pytest.mark.parametrize("look", [1, 2], ids=["as it begins", "as it ends"])
def test_a_source_edited_while_a_stage_runs(
    repro: Repro, project: Path, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """Each stage refuses, writes nothing new, and runs again once the edit is undone."""
    check = Seal.check
    for name in STAGES:
        source = project / f"src/samebits/stages/{name}.py"
        before, looks = source.read_bytes(), count(1)

        def edited(
            seal: Seal, source: Path = source, text: bytes = before, looks: Iterator[int] = looks
        ) -> None:
            if next(looks) == look:
                source.write_bytes(text + b"# edited\n")
            check(seal)

        monkeypatch.setattr(Seal, "check", edited)
        with pytest.raises(UserError, match=rf"stages/{name}\.py changed while {name} ran"):
            repro(name)
        assert not (project / path_of(name)).exists()
        monkeypatch.setattr(Seal, "check", check)
        source.write_bytes(before)
        assert path_of(name) in repro(name)


def test_training_goes_on_where_an_edit_was_undone(
    repro: Repro,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = repro("validate", "prepare", "train")
    params, check = project / "params.yaml", Seal.check
    before = params.read_text(encoding="utf-8")

    def edited(seal: Seal) -> None:
        if list((project / "checkpoints").glob("*.ckpt")):  # it also checks before it trains
            params.write_text(before.replace("epochs: 2", "epochs: 3"), encoding="utf-8")
        check(seal)

    monkeypatch.setattr(Seal, "check", edited)
    with pytest.raises(UserError, match=r"params\.yaml:optimization changed while train ran"):
        repro("train")
    assert list((project / "checkpoints").iterdir())
    monkeypatch.setattr(Seal, "check", check)
    params.write_text(before, encoding="utf-8")
    assert repro("train") == made
    assert "resuming after step" in capsys.readouterr().err


def test_what_is_imported_is_what_was_sealed(
    repro: Repro, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Undone before training begins: a checkpoint of that code would be taken for one of this."""
    repro("validate", "prepare")
    source, check = project / f"src/{PACKAGE}/model.py", Seal.check
    before = source.read_bytes()

    def edited(seal: Seal) -> None:
        source.write_bytes(before + b"# edited\n")
        source.write_bytes(before)
        check(seal)

    monkeypatch.setattr(Seal, "check", edited)
    with pytest.raises(UserError, match=r"model\.py changed while train ran"):
        repro("train")
    assert not list((project / "checkpoints").glob("*.ckpt"))


@pytest.mark.parametrize(
    ("choice", "other"),
    [
        ('determinism.choose("portable", 1)', "pass"),
        ('determinism.choose("portable", 1)', 'determinism.choose("machine", 1)'),
        (
            "part, yours = import_module",
            'os.environ["OPENBLAS_CORETYPE"] = "Nehalem"\n    part, yours = import_module',
        ),
    ],
    ids=["none", "another level", "changed afterwards"],
)
def test_a_launcher_that_chooses_other_kernels(
    project: Path, stage: Callable[..., Any], choice: str, other: str
) -> None:
    """No stage depends on it, so no stage trusts it."""
    launcher = project / "src/samebits/__main__.py"
    text = launcher.read_text(encoding="utf-8")
    assert text.count(choice) == 1
    launcher.write_text("import os\n" + text.replace(choice, other), encoding="utf-8")
    done = stage("validate")
    assert done.returncode == 2
    assert "does not match level portable with 1 thread(s)" in done.stderr
    assert not (project / path_of("validate")).exists()
