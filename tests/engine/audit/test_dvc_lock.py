"""The current files are those that ran: `pytest tests/engine/audit/test_dvc_lock.py`."""

import re
from typing import Any

import pytest

from samebits.audit import dvc_yaml
from samebits.audit.dvc_lock import _other_parts, lock
from samebits.audit.project import Project
from samebits.audit.rooms import TRANSPARENT
from samebits.audit.run import audit
from samebits.core.seals import hash_of

PIPELINE, LOCK = "dvc.yaml", "dvc.lock"
SEALED = "these inputs did not make these outputs"


def test_a_changed_source(copy: Any, expect: Any) -> None:
    for path in copy.codes:
        copy.append(path, "# changed\n")
        expect("dvc.lock", LOCK, copy.line(LOCK, f"path: {path}"), "run `dvc repro`")
        copy.restore()


@pytest.mark.parametrize("room", ["checks", "core", "data", "training"])
def test_a_changed_room(copy: Any, expect: Any, room: str) -> None:
    folder = f"src/samebits/{room}"
    copy.append(
        next(source for source in copy.project.sources if source.startswith(f"{folder}/")), "# x\n"
    )
    expect("dvc.lock", LOCK, copy.line(LOCK, f"path: {folder}\n"), "run `dvc repro`")
    copy.restore()
    copy.write(f"{folder}/more.txt", "")
    expect("dvc.lock", LOCK, copy.line(LOCK, f"path: {folder}\n"), "run `dvc repro`")
    copy.restore()
    copy.write(f"{folder}/__pycache__/more.pyc", "")
    assert copy.new() == {}


def test_a_file_of_yours_makes_its_own_stages_stale(copy: Any) -> None:
    readers = {
        "data": ["validate", "prepare"],
        "model": ["train", "evaluate"],
        "training": ["train"],
        "metrics": ["evaluate", "diagnose", "report"],
    }
    for name, expected in readers.items():
        copy.append(f"{copy.package}/{name}.py", "# changed\n")
        stale = [
            finding.message for finding in copy.new()[LOCK] if "changed since" in finding.message
        ]
        assert [message.split()[1].rstrip(":") for message in stale] == expected
        copy.restore()


def test_another_word_makes_no_stage_stale(copy: Any) -> None:
    for room in TRANSPARENT:
        path = f"src/samebits/{room}"
        copy.append(path if path.endswith(".py") else f"{path}/__init__.py", "# another word\n")
    copy.append("src/samebits/console/errors.py", "# another word\n")
    copy.append("src/samebits/MANIFEST", "\n")
    assert copy.new() == {}


def test_a_changed_value(copy: Any) -> None:
    stage = copy.reading
    section = next(iter(stage.sections()))
    values = copy.project.yaml("params.yaml")
    key, value = next(iter(values.mapping(section).items()))
    lines = copy.text("params.yaml").split("\n")
    number = values.line(section, key) - 1
    lines[number] = f"{lines[number].split(':')[0]}: 7{value}"
    copy.write("params.yaml", "\n".join(lines))
    new = copy.new()
    assert list(new) == ["dvc.lock"]
    assert f"{section}.{key} was {value}" in new["dvc.lock"][0].message
    place = copy.text(LOCK).split("\n")[new["dvc.lock"][0].line - 1]
    assert section in place


def test_texts_that_spell_one_number_are_not_one(copy: Any) -> None:
    copy.replace("params.yaml", "  group: ''", "  group: '01'")
    copy.write(LOCK, copy.text(LOCK).replace("group: ''", "group: '1'"))
    messages = [finding.message for finding in copy.new()["dvc.lock"]]
    assert any("group was '1' and is '01'" in message for message in messages), messages


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
            item.message
            for check in audit(copy.root, data_alone=data_alone)
            for item in check.findings
        }
        return after - before

    before = {item.message for check in audit(copy.root) for item in check.findings}
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
    assert any(
        f"{out['path']} is not the version of" in finding.message for finding in new["dvc.lock"]
    )


def recorded(copy: Any, path: str) -> None:
    """Write a path's hash and size into dvc.lock, as a merge does that takes both sides' lines."""
    place = copy.root / path
    entry = rf"(- path: {path}\n +hash: md5\n +md5: )[\w.]+((?:\n +size: \d+)?)"
    size = f"\n      size: {place.stat().st_size}" if place.is_file() else ""
    copy.write(LOCK, re.sub(entry, rf"\g<1>{hash_of(place)}{size}", copy.text(LOCK)))


@pytest.mark.parametrize(
    ("path", "edited"),
    [
        ("src/samebits/metrics", "src/samebits/metrics/scores.py"),
        ("src/handwritten_digits/metrics.py", "src/handwritten_digits/metrics.py"),
    ],
)
def test_lines_of_two_runs(copy: Any, path: str, edited: str) -> None:
    """New code with its hash next to old results: Git merges that, and DVC notices nothing."""
    copy.append(edited, "# changed\n")
    recorded(copy, path)
    new = copy.new()
    of_it = [stage.name for stage in copy.stages if path in stage.deps]
    assert list(new) == [LOCK]
    assert [finding.message.split()[1] for finding in new[LOCK]] == [f"{name}:" for name in of_it]
    assert all(SEALED in finding.message for finding in new[LOCK])
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
    """Stages that read it have its hash too, so only the seal of its own stage can tell."""
    folder, md5 = next(
        (out["path"], out["md5"])
        for stage in copy.project.yaml(LOCK).value["stages"].values()
        for out in stage["outs"]
        if out["md5"].endswith(".dir")
    )
    makers = [stage.name for stage in copy.stages if folder in stage.outs]
    copy.write(LOCK, copy.text(LOCK).replace(md5, f"{'0' * 32}.dir"))
    for name in makers:
        assert any(f"stage {name}: {SEALED}" in finding.message for finding in copy.new()[LOCK])


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
    expect(LOCK, "provenance/train.json", 1, f"from another run than dvc.lock ({part}); restore it")


def test_an_identity_of_another_run(copy: Any, expect: Any) -> None:
    copy.write("models/identity.json", '{"code": "0"}\n')
    cure = "run `dvc checkout`, or `dvc repro --force train`"
    expect(LOCK, "models/identity.json", 1, f"from another run than dvc.lock (code); {cure}")
    # A commit of data alone: results since then come with the next.
    (lock,) = (check for check in audit(copy.root, data_alone=True) if check.name == LOCK)
    assert not lock.findings


def test_an_identity_has_the_defaults_of_keys_that_params_leaves_out(copy: Any) -> None:
    path = f"{copy.package}/model.py"
    new = "    bias: bool = True\n    mean: tuple[float, ...] = (0.5, 0.4)\n    activation: str"
    copy.replace(path, "    activation: str", new)
    project = Project(copy.root)
    [train] = [stage for stage in dvc_yaml.stages(project) if stage.name == "train"]
    known = project.yaml("params.yaml").mapping("model")
    for bias, other in ((True, []), (False, ["params"])):
        identity = {"params": {"model": {**known, "bias": bias, "mean": [0.5, 0.4]}}}
        assert _other_parts(project, train, identity) == other


def test_a_lock_without_an_output(copy: Any, expect: Any) -> None:
    copy.add("outs:", "reports/new.json")
    line = copy.line(LOCK, f"  {copy.stages[0].name}:")
    expect("dvc.lock", LOCK, line, "reports/new.json of its outs is not recorded")


def test_a_lock_of_the_forms_that_dvc_allows(tmp_path: Any) -> None:
    text = "stages:\n  a:\n    cmd: [echo 1, echo 2]\n  b:\n    foreach: [1]\n    do: {cmd: x}\n"
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    recorded = (
        "schema: '2.0'\nstages:\n  a:\n    cmd:\n    - echo 1\n    - echo 2\n  b@1: {cmd: x}\n"
    )
    (tmp_path / "dvc.lock").write_text(recorded, encoding="utf-8")
    assert lock(Project(tmp_path)).passed
