"""Stages, outputs and params: `pytest tests/reproducibility/audit/test_pipeline.py`."""

from typing import Any

from samebits.audit.dvcfiles import Stage, stages
from samebits.audit.pipeline import code_of
from samebits.audit.project import Project

PIPELINE = "dvc.yaml"
RUNTIME = "requirements/runtime.lock"


def drop(copy: Any, dep: str) -> Stage:
    """Take a dependency away from the first stage that has it."""
    stage: Stage = next(stage for stage in copy.stages if dep in stage.deps)
    lines = copy.text(PIPELINE).split("\n")
    del lines[stage.deps[dep] - 1]
    copy.write(PIPELINE, "\n".join(lines))
    return stage


def test_a_stage_without_its_own_source(copy: Any, expect: Any) -> None:
    stage = drop(copy, copy.code)
    found = expect("pipeline", PIPELINE, stage.line, copy.code, stale=True)
    assert "own source" in found.message


def test_a_stage_without_a_module_that_it_imports(copy: Any, expect: Any) -> None:
    # The last of what it reaches, mostly not by an import of its own.
    module = sorted(code_of(copy.project, copy.stages[-1]) - {copy.code})[0]
    stage = drop(copy, module)
    expect("pipeline", PIPELINE, stage.line, module, stale=True)


def test_a_new_import_must_be_declared(copy: Any, expect: Any) -> None:
    copy.write(f"{copy.package}/deep.py", "def f():\n    from . import deeper\n")
    copy.write(f"{copy.package}/deeper.py", "X = 1\n")
    copy.append(copy.code, "\n\ndef late() -> None:\n    from .. import deep\n")
    for name in ("deep", "deeper"):
        path = f"{copy.package}/{name}.py"
        expect("pipeline", PIPELINE, copy.stages[0].line, path, stale=True)


def test_a_stage_without_the_environment(copy: Any, expect: Any) -> None:
    stage = drop(copy, RUNTIME)
    expect("pipeline", PIPELINE, stage.line, RUNTIME, stale=True)


def test_a_dependency_that_does_not_exist(copy: Any, expect: Any) -> None:
    line = copy.add("deps:", "nowhere/at_all.json")
    expect("pipeline", PIPELINE, line, "does not exist", stale=True)


def test_a_dependency_that_git_ignores(copy: Any, expect: Any) -> None:
    copy.write("mine/a.txt", "1\n")
    copy.append(".gitignore", "/mine\n")
    line = copy.add("deps:", "mine/a.txt")
    expect("pipeline", PIPELINE, line, "dvc add", stale=True)


def test_code_that_the_stage_never_runs(copy: Any, expect: Any) -> None:
    copy.write(f"{copy.package}/idle.py", "X = 1\n")
    line = copy.add("deps:", f"{copy.package}/idle.py")
    expect("pipeline", PIPELINE, line, "imports nothing of", stale=True)


def test_a_command_that_runs_nothing(copy: Any) -> None:
    stage = copy.stages[0]
    line = copy.replace(PIPELINE, stage.command, f"{stage.command}_gone")
    found = copy.new()["pipeline"]
    assert any(one.line == line and "does not exist" in one.message for one in found)


def test_an_output_of_two_stages(copy: Any, expect: Any) -> None:
    output = next(iter(copy.stages[-1].outs))
    copy.add("outs:", output)
    new = expect("outputs", PIPELINE, stages(Project(copy.root))[-1].outs[output].line, stale=True)
    assert "keep one" in new.message


def test_an_output_within_another(copy: Any, expect: Any) -> None:
    inner = next(iter(copy.stages[-1].outs)) + "/part"
    line = copy.add("outs:", inner)
    expect("outputs", PIPELINE, line, "lies in", stale=True)


def test_an_output_that_a_dvc_file_tracks(copy: Any, expect: Any) -> None:
    path = next(iter(copy.stages[0].outs))
    copy.write("own.dvc", f"outs:\n- md5: {'0' * 32}\n  path: {path}\n")
    expect("outputs", "own.dvc", 2, path, stale=True)


def test_a_section_that_is_read_but_not_declared(copy: Any) -> None:
    stage = copy.reading
    section, line = next(iter(stage.sections().items()))
    lines = copy.text(PIPELINE).split("\n")
    del lines[line - 1]
    copy.write(PIPELINE, "\n".join(lines))
    found = copy.new()["params"]
    assert any(f"stage {stage.name} reads {section}" in one.message for one in found)
    for one in found:
        line_of_code = copy.text(one.path).split("\n")[one.line - 1]
        assert f"read({section.capitalize()}" in line_of_code


def test_a_section_of_which_some_keys_are_declared(copy: Any) -> None:
    line = next(iter(copy.reading.sections().values()))
    lines = copy.text(PIPELINE).split("\n")
    lines[line - 1] += ".no_such_key"
    copy.write(PIPELINE, "\n".join(lines))
    assert any("does not declare" in one.message for one in copy.new()["params"])


def test_a_section_that_is_declared_but_not_read(copy: Any, expect: Any) -> None:
    copy.append("params.yaml", "\nidle:\n  knob: 1\n")
    text = '\n\n@dataclass(frozen=True)\nclass Idle:\n    """Of no use."""\n\n    knob: int\n'
    copy.append(f"{copy.package}/config.py", text)
    line = copy.add("params:", "idle")
    found = copy.new()["params"]
    assert [one.line for one in found] == [line]
    assert "never reads" in found[0].message


def test_runtime_is_declared_by_none(copy: Any, expect: Any) -> None:
    line = copy.add("params:", "runtime")
    expect("params", PIPELINE, line, "runtime", stale=True)


def test_a_section_that_is_not_there(copy: Any, expect: Any) -> None:
    line = copy.add("params:", "nothing")
    expect("params", PIPELINE, line, "params.yaml does not have", stale=True)


def test_a_stage_without_a_seal(copy: Any, expect: Any) -> None:
    stage = copy.stages[-1]
    copy.replace(PIPELINE, f"      - reports/seals/{stage.name}.json\n", "")
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
    one, two = stages(Project(tmp_path))
    assert one.command == "python s.py && echo done"
    assert list(one.deps) == ["sub/x.txt"]
    assert {file: list(keys) for file, keys in one.params.items()} == {
        "sub/params.yaml": ["own.knob"],
        "sub/other.yaml": ["k"],
        "sub/whole.yaml": [""],
    }
    assert [(path, out.kind, out.cached) for path, out in one.outs.items()] == [
        ("sub/y.txt", "outs", False),
        ("sub/m.json", "metrics", True),
    ]
    assert list(two.outs) == ["out-${item}"]
