"""Stages, outputs and params: `pytest tests/engine/audit/test_pipeline.py`."""

import re
from typing import Any

import pytest

from samebits.audit import pipeline
from samebits.audit.dvc_yaml import Stage, sources, stages
from samebits.audit.pipeline import code_of
from samebits.audit.project import Project
from samebits.core.yours import OPTIONAL, READ_BY

PIPELINE = "dvc.yaml"
RUNTIME = "requirements/runtime.lock"
STAGES = [*READ_BY]
HANDED = [
    (stage, name) for stage, names in READ_BY.items() for name in names if name not in OPTIONAL
]


def stage_of(copy: Any, name: str) -> Stage:
    planted_stage: Stage = next(stage for stage in copy.stages if stage.name == name)
    return planted_stage


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_without_its_own_source(copy: Any, expect: Any, name: str) -> None:
    path = f"src/samebits/stages/{name}.py"
    copy.drop(name, path)
    finding = expect("pipeline", PIPELINE, stage_of(copy, name).line, path, stale=True)
    assert "own source" in finding.message


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_without_a_folder_of_which_it_imports(copy: Any, name: str) -> None:
    stage = stage_of(copy, name)
    for folder in [dep for dep in stage.deps if (copy.root / dep).is_dir() and "src" in dep]:
        copy.drop(name, folder)
        new = copy.new()
        # The templates of pages are inputs, too.
        templates = {"inputs"} if folder.endswith("/report") else set()
        assert new.keys() == {"pipeline", "dvc.lock"} | templates
        code = {path for path in code_of(copy.project, stage) if path.startswith(f"{folder}/")}
        named = {finding.message.split()[6].rstrip(",") for finding in new["pipeline"]}
        assert named == code
        assert {finding.line for finding in new["pipeline"]} == {stage.line}
        copy.restore()


@pytest.mark.parametrize(
    ("path", "line", "stage", "module"),
    [
        ("stages/evaluate.py", "from ..checks import drift", "evaluate", "checks/drift.py"),
        ("stages/prepare.py", "from ..checks.copies import X", "prepare", "checks/copies.py"),
        ("diagnosis/gaps.py", "import samebits.training.loop", "diagnose", "training/loop.py"),
        ("stages/train.py", "from samebits import report as r", "train", "report/__init__.py"),
    ],
)
def test_a_room_that_a_stage_enters_anew(
    copy: Any, path: str, line: str, stage: str, module: str
) -> None:
    copy.write("src/samebits/report/__init__.py", "X = 1\n")
    copy.append(f"src/samebits/{path}", f"\n\n{line}\n")
    message = f"stage {stage}: does not depend on src/samebits/{module}, which it imports; add"
    findings = [
        finding for finding in copy.new()["pipeline"] if finding.message.startswith(message)
    ]
    assert [finding[:2] for finding in findings] == [(PIPELINE, stage_of(copy, stage).line)]


@pytest.mark.parametrize(("stage", "name"), HANDED)
def test_a_stage_without_a_file_of_yours_that_it_reads(
    copy: Any, expect: Any, stage: str, name: str
) -> None:
    path = f"{copy.package}/{name}.py"
    copy.drop(stage, path)
    expect("pipeline", PIPELINE, stage_of(copy, stage).line, f"{path}, its own source", stale=True)


def test_a_file_of_yours_that_need_not_be_there(copy: Any, expect: Any) -> None:
    path = f"{copy.package}/show.py"
    copy.write(path, '"""How an example is shown."""\n')
    expect("pipeline", PIPELINE, stage_of(copy, "report").line, f"{path}, its own source")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_with_a_file_of_yours_that_it_does_not_read(copy: Any, stage: str) -> None:
    own = code_of(copy.project, stage_of(copy, stage))
    for name in ("data", "metrics", "model", "training"):
        path = f"{copy.package}/{name}.py"
        if path not in own:
            before = f"\n  {stage}:\n"
            text = copy.text(PIPELINE)
            start = text.index("deps: [", text.index(before)) + len("deps: [")
            copy.write(PIPELINE, f"{text[:start]}{path}, {text[start:]}")
            [finding] = copy.new()["pipeline"]
            words = f"imports nothing from {path}; remove it from deps"
            assert finding.message == f"stage {stage}: {words}"
            copy.restore()


@pytest.mark.parametrize(
    ("folder", "held"),
    [
        ("src", "src/handwritten_digits/__init__.py"),
        ("src/handwritten_digits", "src/handwritten_digits/__init__.py"),
        ("src/samebits", "src/samebits/__main__.py"),
    ],
)
def test_a_folder_that_holds_more_than_can_move_an_output(
    copy: Any, expect: Any, folder: str, held: str
) -> None:
    line = copy.add("deps:", folder)
    expect("pipeline", PIPELINE, line, f"{folder} has {held}, which cannot change", stale=True)


@pytest.mark.parametrize("room", ["console", "provenance", "remote", "audit", "cli", "versions"])
def test_a_room_that_moves_no_output(copy: Any, expect: Any, room: str) -> None:
    line = copy.add("deps:", f"src/samebits/{room}")
    expect("pipeline", PIPELINE, line, f"src/samebits/{room}", stale=True)


def test_files_of_yours_that_are_handed_otherwise(
    copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`READ_BY`, the files that the code of the stage reads, and dvc.yaml agree."""

    def said(stage: str, *names: str) -> set[str]:
        changed = {**READ_BY, stage: names}
        for module in (pipeline, sources.__globals__):
            place = module if isinstance(module, dict) else vars(module)
            monkeypatch.setitem(place, "READ_BY", changed)
        messages = {finding.message for finding in copy.new()["pipeline"]}
        monkeypatch.undo()
        return messages

    package = copy.package
    assert said("validate", "data", "model") == {
        f"stage validate: does not depend on {package}/model.py, its own source (samebits run "
        "validate); add it to deps",
        "hands model.py to the stage validate, which does not read it; remove it",
    }
    [unread, undeclared] = sorted(said("train", "model"))
    assert unread.startswith(f"stage train: imports nothing from {package}/training.py")
    assert undeclared.startswith("stage train: reads your training.py, which READ_BY of ")
    assert any("reads your metrics.py" in message for message in said("report"))
    idle = said("train", "model", "training", "metrics")
    assert any("hands metrics.py to the stage train" in message for message in idle)


def test_a_file_of_yours_that_a_stage_reads_anew(copy: Any) -> None:
    path = "src/samebits/stages/report.py"
    main = "def main(yours: Yours, seal: Seal) -> None:\n"
    line = copy.replace(path, main, f"{main}    yours.model\n") + 1
    [finding] = copy.new()["pipeline"]
    assert finding[:2] == (path, line)
    assert "stage report: reads your model.py" in finding.message


@pytest.mark.parametrize("owner", [0, 1])
def test_a_new_import_must_be_declared(copy: Any, expect: Any, owner: int) -> None:
    path = copy.codes[owner]
    folder = path.rpartition("/")[0]
    copy.write(f"{folder}/deep.py", "def f():\n    from . import deeper\n")
    copy.write(f"{folder}/deeper.py", "X = 1\n")
    copy.append(path, "\n\ndef late() -> None:\n    from . import deep\n")
    for name in ("deep", "deeper"):
        module = f"{folder}/{name}.py"
        expect("pipeline", PIPELINE, copy.stages[0].line, module, stale=True)


def test_a_stage_without_the_environment(copy: Any, expect: Any) -> None:
    stage = copy.stages[0]
    copy.drop(stage.name, RUNTIME)
    expect("pipeline", PIPELINE, stage.line, RUNTIME, stale=True)


def test_a_dependency_that_does_not_exist(copy: Any, expect: Any) -> None:
    line = copy.add("deps:", "nowhere/at_all.json")
    expect("pipeline", PIPELINE, line, "which is missing", stale=True)


def test_a_dependency_that_git_ignores(copy: Any, expect: Any) -> None:
    copy.write("mine/a.txt", "1\n")
    copy.append(".gitignore", "/mine\n")
    line = copy.add("deps:", "mine/a.txt")
    expect("pipeline", PIPELINE, line, "dvc add", stale=True)


@pytest.mark.parametrize(
    "path",
    [
        "src/handwritten_digits/idle.py",
        "src/samebits/stages/idle.py",
        "src/samebits/training/idle/a.py",
    ],
)
def test_code_that_the_stage_never_runs(copy: Any, expect: Any, path: str) -> None:
    copy.write(path, "X = 1\n")
    line = copy.add("deps:", path.removesuffix("/a.py"))
    expect("pipeline", PIPELINE, line, "imports nothing from", stale=True)


def test_a_command_that_runs_nothing(copy: Any) -> None:
    stage = copy.stages[0]
    module, script = "python -I -m handwritten_digits.gone", "python a/gone.py"
    for gone in (f"{stage.command}_gone", module, script):
        line = copy.replace(PIPELINE, stage.command, gone)
        findings = copy.new()["pipeline"]
        assert any(
            finding.line == line and "does not exist" in finding.message for finding in findings
        ), gone
        copy.restore()


def test_an_output_of_two_stages(copy: Any, expect: Any) -> None:
    output = next(iter(copy.stages[-1].outs))
    copy.add("outs:", output)
    new = expect("outputs", PIPELINE, stages(Project(copy.root))[-1].outs[output].line, stale=True)
    assert "keep one" in new.message


def test_an_output_within_another(copy: Any, expect: Any) -> None:
    inner = next(iter(copy.stages[-1].outs)) + "/part"
    line = copy.add("outs:", inner)
    expect("outputs", PIPELINE, line, "is inside", stale=True)


def test_an_output_that_a_dvc_file_tracks(copy: Any, expect: Any) -> None:
    path = next(iter(copy.stages[0].outs))
    copy.write("own.dvc", f"outs:\n- md5: {'0' * 32}\n  path: {path}\n")
    expect("outputs", "own.dvc", 2, path, stale=True)


@pytest.mark.parametrize("name", [name for name in STAGES if name != "report"])
def test_a_section_that_is_read_but_not_declared(copy: Any, name: str) -> None:
    stage = stage_of(copy, name)
    for section in stage.sections():
        copy.drop(stage.name, section)
        findings = copy.new()["params"]
        assert any(f"stage {stage.name} reads {section}" in finding.message for finding in findings)
        for finding in findings:
            code = copy.text(finding.path).split("\n")[finding.line - 1]
            assert re.search(rf"read\((\w+\.)*{section.title()}\b|(values|left_out)\(", code)
        copy.restore()


def test_a_section_of_which_some_keys_are_declared(copy: Any) -> None:
    copy.replace(PIPELINE, "params: [data,", "params: [data.no_such_key,")
    assert any("does not declare" in finding.message for finding in copy.new()["params"])


def test_a_section_that_is_declared_but_not_read(copy: Any, expect: Any) -> None:
    copy.append("params.yaml", "\nidle:\n  knob: 1\n")
    text = '\n\n@dataclass(frozen=True)\nclass Idle:\n    """Of no use."""\n\n    knob: int\n'
    copy.append("src/samebits/core/sections.py", text)
    line = copy.add("params:", "idle")
    findings = copy.new()["params"]
    assert [finding.line for finding in findings] == [line]
    assert "never reads" in findings[0].message


def test_runtime_is_declared_by_none(copy: Any, expect: Any) -> None:
    line = copy.add("params:", "runtime")
    expect("params", PIPELINE, line, "runtime", stale=True)


def test_a_section_that_is_not_there(copy: Any, expect: Any) -> None:
    line = copy.add("params:", "nothing")
    expect("params", PIPELINE, line, "params.yaml does not have", stale=True)


def test_a_stage_without_a_seal(copy: Any, expect: Any) -> None:
    stage = copy.stages[-1]
    copy.drop(stage.name, f"reports/seals/{stage.name}.json")
    expect("pipeline", PIPELINE, stage.line, "has no seal", stale=True)


def test_the_forms_that_dvc_allows(tmp_path: Any) -> None:
    text = """\
stages:
  a:
    wdir: sub
    cmd:
      - python ${own.script}
      - echo done
    deps: [x.txt]
    params:
      - own.knob
      - other.yaml: [k]
      - whole.yaml:
    outs:
      - y.txt: {cache: false}
    metrics: [m.json]
  b:
    foreach: [1, 2]
    do:
      cmd: echo ${item}
      outs: ['out-${item}']
"""
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "params.yaml").write_text("own: {script: s.py}\n", encoding="utf-8")
    first, two = stages(Project(tmp_path))
    assert first.command == "python s.py && echo done"
    assert list(first.deps) == ["sub/x.txt"]
    assert {file: list(keys) for file, keys in first.params.items()} == {
        "sub/params.yaml": ["own.knob"],
        "sub/other.yaml": ["k"],
        "sub/whole.yaml": [""],
    }
    assert [(path, out.kind, out.cached) for path, out in first.outs.items()] == [
        ("sub/y.txt", "outs", False),
        ("sub/m.json", "metrics", True),
    ]
    assert list(two.outs) == ["out-${item}"]
