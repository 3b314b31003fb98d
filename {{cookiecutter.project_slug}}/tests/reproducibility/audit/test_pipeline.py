"""Stages, outputs, params and dvc.lock: `pytest tests/reproducibility/audit/test_pipeline.py`."""

import hashlib
import re
from typing import Any

import pytest

from {{ cookiecutter.__package_name }}.reproducibility.audit.dvcfiles import Stage, stages
from {{ cookiecutter.__package_name }}.reproducibility.audit.dvclock import lock
from {{ cookiecutter.__package_name }}.reproducibility.audit.imports import reach
from {{ cookiecutter.__package_name }}.reproducibility.audit.pipeline import code_of
from {{ cookiecutter.__package_name }}.reproducibility.audit.project import Project
from {{ cookiecutter.__package_name }}.reproducibility.audit.run import audit

PIPELINE = "dvc.yaml"
LOCK = "dvc.lock"
RUNTIME = "requirements/runtime.lock"


def drop(copy: Any, dep: str) -> Stage:
    """Take a dependency away from the first stage that has it."""
    stage: Stage = next(stage for stage in copy.stages if dep in stage.deps)
    lines = copy.text(PIPELINE).split("\n")
    del lines[stage.deps[dep] - 1]
    copy.write(PIPELINE, "\n".join(lines))
    return stage


def add(copy: Any, kind: str, entry: str) -> int:
    """Add an entry to the first list of this kind and return its line."""
    line = next(n for n, text in enumerate(copy.text(PIPELINE).split("\n"), 1) if kind in text)
    lines = copy.text(PIPELINE).split("\n")
    indent = re.match(r"\s*-", lines[line])
    lines.insert(line, f"{indent[0] if indent else '      -'} {entry}")
    copy.write(PIPELINE, "\n".join(lines))
    return line + 1


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
    line = add(copy, "deps:", "nowhere/at_all.json")
    expect("pipeline", PIPELINE, line, "does not exist", stale=True)


def test_a_dependency_that_git_ignores(copy: Any, expect: Any) -> None:
    copy.write("mine/a.txt", "1\n")
    copy.append(".gitignore", "/mine\n")
    line = add(copy, "deps:", "mine/a.txt")
    expect("pipeline", PIPELINE, line, "dvc add", stale=True)


def test_code_that_the_stage_never_runs(copy: Any, expect: Any) -> None:
    copy.write(f"{copy.package}/idle.py", "X = 1\n")
    line = add(copy, "deps:", f"{copy.package}/idle.py")
    expect("pipeline", PIPELINE, line, "imports nothing of", stale=True)


def test_a_command_that_runs_nothing(copy: Any) -> None:
    stage = copy.stages[0]
    line = copy.replace(PIPELINE, stage.command, f"{stage.command}_gone")
    found = copy.new()["pipeline"]
    assert any(one.line == line and "does not exist" in one.message for one in found)


def test_an_output_of_two_stages(copy: Any, expect: Any) -> None:
    output = next(iter(copy.stages[-1].outs))
    add(copy, "outs:", output)
    new = expect("outputs", PIPELINE, stages(Project(copy.root))[-1].outs[output].line, stale=True)
    assert "keep one" in new.message


def test_an_output_within_another(copy: Any, expect: Any) -> None:
    inner = next(iter(copy.stages[-1].outs)) + "/part"
    line = add(copy, "outs:", inner)
    expect("outputs", PIPELINE, line, "lies in", stale=True)


def test_an_output_that_a_dvc_file_tracks(copy: Any, expect: Any) -> None:
    path = next(iter(copy.stages[0].outs))
    copy.write("own.dvc", f"outs:\n- md5: {'0' * 32}\n  path: {path}\n")
    expect("outputs", "own.dvc", 2, path, stale=True)


def reading(copy: Any) -> Stage:
    """A stage that declares a section."""
    found: Stage = next(stage for stage in copy.stages if stage.sections())
    return found


def test_a_section_that_is_read_but_not_declared(copy: Any) -> None:
    stage = reading(copy)
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
    line = next(iter(reading(copy).sections().values()))
    lines = copy.text(PIPELINE).split("\n")
    lines[line - 1] += ".no_such_key"
    copy.write(PIPELINE, "\n".join(lines))
    assert any("does not declare" in one.message for one in copy.new()["params"])


def test_a_section_that_is_declared_but_not_read(copy: Any, expect: Any) -> None:
    copy.append("params.yaml", "\nidle:\n  knob: 1\n")
    text = '\n\n@dataclass(frozen=True)\nclass Idle:\n    """Of no use."""\n\n    knob: int\n'
    copy.append(f"{copy.package}/config.py", text)
    line = add(copy, "params:", "idle")
    found = copy.new()["params"]
    assert [one.line for one in found] == [line]
    assert "never reads" in found[0].message


def test_runtime_is_declared_by_none(copy: Any, expect: Any) -> None:
    line = add(copy, "params:", "runtime")
    expect("params", PIPELINE, line, "runtime", stale=True)


def test_a_section_that_is_not_there(copy: Any, expect: Any) -> None:
    line = add(copy, "params:", "nothing")
    expect("params", PIPELINE, line, "params.yaml does not have", stale=True)


def test_a_changed_source(copy: Any, expect: Any) -> None:
    copy.append(copy.code, "# changed\n")
    expect("dvc.lock", LOCK, copy.line(LOCK, f"path: {copy.code}"), "run `dvc repro`")


def test_a_changed_value(copy: Any) -> None:
    stage = reading(copy)
    section = next(iter(stage.sections()))
    values = copy.project.yaml("params.yaml")
    key, value = next(iter(values.mapping(section).items()))
    lines = copy.text("params.yaml").split("\n")
    number = values.line(section, key) - 1
    lines[number] = f"{lines[number].split(':')[0]}: 7{value}"
    copy.write("params.yaml", "\n".join(lines))
    found = copy.new()
    assert list(found) == ["dvc.lock"]
    assert f"{section}.{key} was {value!r}" in found["dvc.lock"][0].message
    place = copy.text(LOCK).split("\n")[found["dvc.lock"][0].line - 1]
    assert section in place


def test_a_changed_command(copy: Any, expect: Any) -> None:
    command = copy.stages[0].command
    copy.replace(PIPELINE, command, f"{command} --more")
    expect("dvc.lock", LOCK, copy.line(LOCK, f"cmd: {command}"), "cmd has changed")


def test_a_stage_that_has_not_run(copy: Any, expect: Any) -> None:
    copy.append(PIPELINE, "\n  later:\n    cmd: echo later\n")
    expect("dvc.lock", LOCK, 1, "later has not run")


def test_a_stage_that_is_no_more(copy: Any, expect: Any) -> None:
    line = copy.append(LOCK, "  gone:\n    cmd: echo gone\n")
    expect("dvc.lock", LOCK, line, "gone")


def test_a_lock_that_is_missing(copy: Any, expect: Any) -> None:
    copy.remove(LOCK)
    expect("dvc.lock", LOCK, 1, "is missing")


def test_other_data_than_the_lock_has_seen(copy: Any, expect: Any) -> None:
    md5 = copy.project.yaml("data/raw.dvc").value["outs"][0]["md5"]
    copy.replace("data/raw.dvc", md5, f"{'0' * 32}.dir")
    expect("dvc.lock", LOCK, copy.line(LOCK, "path: data/raw\n"), "data/raw.dvc")


def test_a_commit_of_data_comes_before_that_of_its_results(copy: Any, expect: Any) -> None:
    def new(*, data_alone: bool) -> set[str]:
        after = {
            item.message for one in audit(copy.root, data_alone=data_alone) for item in one.findings
        }
        return after - before

    before = {item.message for one in audit(copy.root) for item in one.findings}
    md5 = copy.project.yaml("data/raw.dvc").value["outs"][0]["md5"]
    copy.replace("data/raw.dvc", md5, f"{'0' * 32}.dir")
    copy.append("data/release.json", "\n")
    assert len(new(data_alone=False)) >= 3
    assert new(data_alone=True) == set()
    copy.append(copy.code, "\n")
    assert new(data_alone=True) != set()


def test_an_output_that_is_not_the_next_stage_s_input(copy: Any) -> None:
    document = copy.project.yaml(LOCK)
    owner, out = next(
        (name, item)
        for name, stage in document.mapping("stages").items()
        for item in stage["outs"]
        if any(item["path"] in other.deps for other in copy.stages)
    )
    assert owner
    copy.replace(LOCK, f"md5: {out['md5']}", f"md5: {'0' * 32}")
    new = copy.new()
    assert list(new) == ["dvc.lock"]
    assert any(f"{out['path']} is not the version of" in one.message for one in new["dvc.lock"])


SEALED = "these inputs did not make these outputs"


def recorded(copy: Any, path: str) -> None:
    """Write a file's hash and size into dvc.lock, as a merge does that takes both sides' lines."""
    content = (copy.root / path).read_bytes()
    entry = rf"(- path: {path}\n +hash: md5\n +md5: )\w+(\n +size: )\d+"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    copy.write(LOCK, re.sub(entry, rf"\g<1>{md5}\g<2>{len(content)}", copy.text(LOCK)))


def test_lines_of_two_runs(copy: Any) -> None:
    """New code with its hash, beside results of the old: Git merges that, and DVC sees nothing."""
    path = f"{copy.package}/metrics/scores.py"
    copy.append(path, "# changed\n")
    recorded(copy, path)
    new = copy.new()
    of_it = [stage.name for stage in copy.stages if path in stage.deps]
    assert list(new) == [LOCK]
    assert [one.message.split()[1] for one in new[LOCK]] == [f"{name}:" for name in of_it]
    assert all(SEALED in one.message for one in new[LOCK])
    assert "run `dvc repro --force evaluate`" in new[LOCK][0].message


def test_results_of_another_run(copy: Any, expect: Any) -> None:
    stage = copy.stages[-1]
    path, recorded = next(
        (out["path"], out["md5"])
        for out in copy.project.yaml(LOCK).value["stages"][stage.name]["outs"]
        if "seals" not in out["path"]
    )
    copy.replace(LOCK, f"{path}\n      hash: md5\n      md5: {recorded}", f"{path}\n      md5: 1")
    expect(LOCK, LOCK, copy.line(LOCK, f"  {stage.name}:"), SEALED)


def test_a_folder_of_another_run(copy: Any) -> None:
    """Whoever reads it has its hash too, so only the seal of the stage that made it can tell."""
    folder, md5 = next(
        (out["path"], out["md5"])
        for stage in copy.project.yaml(LOCK).value["stages"].values()
        for out in stage["outs"]
        if out["md5"].endswith(".dir")
    )
    makers = [stage.name for stage in copy.stages if folder in stage.outs]
    copy.write(LOCK, copy.text(LOCK).replace(md5, f"{'0' * 32}.dir"))
    for name in makers:
        assert any(f"stage {name}: {SEALED}" in one.message for one in copy.new()[LOCK])


def test_a_value_that_was_edited_during_the_run(copy: Any, expect: Any) -> None:
    value = copy.project.yaml("params.yaml").get("optimization", "learning_rate")
    for path in ("params.yaml", LOCK):
        copy.replace(path, f"learning_rate: {value}", "learning_rate: 0.5")
    copy.remove("provenance/train.json")
    expect(LOCK, LOCK, copy.line(LOCK, "  train:"), SEALED)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("code", '"code": "', '"code": "0'),
        ("lock", '"lock": "', '"lock": "0'),
        ("data", '"data": "', '"data": "0'),
        ("params", '"learning_rate": ', '"learning_rate": 1'),
        (
            "models/model.safetensors",
            '"models/model.safetensors": "',
            '"models/model.safetensors": "0',
        ),
    ],
)
def test_a_record_of_another_run(copy: Any, expect: Any, part: str, old: str, new: str) -> None:
    copy.replace("provenance/train.json", old, new)
    expect(LOCK, "provenance/train.json", 1, f"of another run than dvc.lock ({part}); restore it")


def test_an_identity_of_another_run(copy: Any, expect: Any) -> None:
    copy.write("models/identity.json", '{"code": "0"}\n')
    expect(LOCK, "models/identity.json", 1, "of another run than dvc.lock (code)")


def test_a_stage_without_a_seal(copy: Any, expect: Any) -> None:
    stage = copy.stages[-1]
    copy.replace(PIPELINE, f"      - reports/seals/{stage.name}.json\n", "")
    expect("pipeline", PIPELINE, stage.line, "has no seal", stale=True)


def test_a_lock_without_an_output(copy: Any, expect: Any) -> None:
    add(copy, "outs:", "reports/new.json")
    line = copy.line(LOCK, f"  {copy.stages[0].name}:")
    expect("dvc.lock", LOCK, line, "reports/new.json of its outs is not recorded")


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


def test_a_lock_of_the_forms_that_dvc_allows(tmp_path: Any) -> None:
    text = "stages:\n  a:\n    cmd: [echo 1, echo 2]\n  b:\n    foreach: [1]\n    do: {cmd: x}\n"
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    recorded = (
        "schema: '2.0'\nstages:\n  a:\n    cmd:\n    - echo 1\n    - echo 2\n  b@1: {cmd: x}\n"
    )
    (tmp_path / "dvc.lock").write_text(recorded, encoding="utf-8")
    assert lock(Project(tmp_path)).passed


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        ("from .b import c", {"b/__init__.py", "b/c.py"}),
        ("from p.b import c", {"b/__init__.py", "b/c.py"}),
        ("import p.b.c as d", {"b/__init__.py", "b/c.py"}),
        ("from . import e", {"e.py", "f.py"}),
        ("def g():\n    from .e import X", {"e.py", "f.py"}),
        ("try:\n    pass\nexcept OSError:\n    import p.f", {"e.py", "f.py"}),
        ("match 1:\n    case 1:\n        import p.f", {"e.py", "f.py"}),
        ("import importlib\nimportlib.import_module('p.f')", {"e.py", "f.py"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import e", set()),
        ("import os, yaml, q", set()),
    ],
)
def test_what_an_import_reaches(tmp_path: Any, line: str, reached: set[str]) -> None:
    files = {
        "__init__.py": '"""Only this."""\n',
        "a.py": line,
        "b/__init__.py": "X = 1\n",
        "b/c.py": "",
        "e.py": "from .f import Y\n",
        "f.py": "from . import e\n",
    }
    for name, text in files.items():
        (tmp_path / "src/p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src/p" / name).write_text(text, encoding="utf-8")
    found = reach(Project(tmp_path), "src/p/a.py")
    assert found == {f"src/p/{name}" for name in reached} | {"src/p/a.py"}
