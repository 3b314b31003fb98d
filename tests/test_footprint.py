"""What a project asks of its owner is measured correctly."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from helpers import Bake, command, environment

import footprint


def test_a_commit_stands_beside_the_working_tree(
    bake: Bake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Path] = []

    def rendered(template: Path, _: Path) -> Path:
        assert (template / "cookiecutter.json").is_file()
        seen.append(template)
        return bake(out=str(len(seen)))

    monkeypatch.setattr(footprint, "rendered", rendered)
    monkeypatch.setattr(sys, "argv", ["footprint.py", "HEAD"])
    assert footprint.main() == 0
    first, _, *rows = (line.split(" | ") for line in capsys.readouterr().out.splitlines())
    assert first == ["| ", "HEAD", "working tree |"]
    assert len(rows) == 11 + len(footprint.EDITS)
    assert all(len(row) == 3 and row[1] == row[2].removesuffix(" |") for row in rows)
    assert seen[1] == footprint.ROOT != seen[0]


def numbers(project: Path) -> dict[str, int]:
    """The measures that are numbers."""
    sizes = footprint.measured(project)
    return {name: int(text.replace(",", "")) for name, text in sizes.items() if "stale" not in name}


def test_what_is_yours_is_told_from_the_engine(bake: Bake) -> None:
    project = bake()
    before = numbers(project)
    for folder in ("src/handwritten_digits", "src/samebits", "tests"):
        (project / folder).mkdir(exist_ok=True)
        (project / folder / "more.py").write_text("def f():\n    import os\n", encoding="utf-8")
    after = numbers(project)
    assert {name: after[name] - before[name] for name in before if after[name] != before[name]} == {
        "Python that is yours: files": 2,
        "Python that is yours: lines": 4,
        "files outside src/samebits/": 2,
        "lines of the engine, in ruff's format": 2,
        "its imports inside functions": 1,
    }


def test_an_edit_makes_those_stages_stale_that_name_it(bake: Bake) -> None:
    project = bake()
    edits = {name: edit(project) for name, edit in footprint.EDITS.items()}
    stale = {name: footprint.stale(project, edit) for name, edit in edits.items()}
    assert "train" in stale["a new key in `model`"]
    assert not {"validate", "prepare"} & {*stale["a new key in `model`"]}
    assert not {"validate", "prepare"} & {*stale["a new key in `augmentation`"]}
    assert stale["an own metric"] == ["evaluate", "diagnose", "report"]
    assert stale["a reworded error"] == stale["a reworded help text"] == []
    pipeline = project / "dvc.yaml"
    content = yaml.safe_load(pipeline.read_text("utf-8"))
    content["stages"]["validate"]["deps"].append("src/samebits")
    pipeline.write_text(yaml.safe_dump(content), "utf-8")
    assert footprint.stale(project, edits["a reworded error"]) == ["validate"]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ('subprocess.run(["git", "status"])', True),
        ('command = [sys.executable, "-m", "dvc"]\nsubprocess.Popen(command)', True),
        ('command = dvc("status")\nsubprocess.run(command)', True),
        ('dvc("status")', False),
        ('shown_dvc("status")\nsubprocess.run(["nvidia-smi"])', False),
        ('git("status")\nkinds = ["git"]', False),
    ],
)
def test_what_starts_git_or_dvc(text: str, starts: bool) -> None:
    other = "def shown_dvc(*words):\n    subprocess.run(words)\n"
    assert footprint.starting([other, text]) == [text] * starts


@pytest.mark.slow
def test_dvc_says_the_same(built: Path, project: Path) -> None:
    for name, change in footprint.EDITS.items():
        edit = change(project)
        before = {path: (project / path).read_bytes() for path in edit}
        for path, text in edit.items():
            (project / path).write_text(text, "utf-8")
        done = command("dvc", "status", "--json", cwd=project, env=environment(built))
        for path, content in before.items():
            (project / path).write_bytes(content)
        assert [*json.loads(done.stdout)] == footprint.stale(project, edit), name
