"""Sections, keys and the metric: `pytest tests/engine/audit/test_params_yaml.py`."""

from typing import Any

import pytest

PARAMS, SECTIONS = "params.yaml", "src/samebits/core/sections.py"
ASIDE = "src/samebits/core/aside.py"


def test_a_key_in_two_sections(copy: Any, expect: Any) -> None:
    line = copy.append(PARAMS, "\nspare:\n  seed: 0\n") + 2
    place = '\n\n@dataclass(frozen=True)\nclass Spare:\n    """More."""\n\n    seed: int\n'
    copy.append(SECTIONS, place)
    copy.write(ASIDE, "def f(spare): return spare.seed\n")
    expect("config", PARAMS, line, "seed is in", stale=True)


def test_a_key_of_the_engine_in_a_section_of_yours(copy: Any) -> None:
    path = f"{copy.package}/model.py"
    copy.replace(path, "    activation: str", "    seed: int = number(0)\n    activation: str")
    copy.replace(PARAMS, "  activation:", "  seed: 1\n  activation:")
    copy.append(path, "\n\ndef aside(model: Model) -> int:\n    return model.seed\n")
    new = copy.new()
    assert new.keys() == {"config", "dvc.lock"}
    message = "the key seed is in model and in reproducibility; keep it in one section"
    assert (PARAMS, copy.line(PARAMS, "  seed: 0"), message) in new["config"]


@pytest.mark.parametrize("section", ["data", "input", "augmentation", "model"])
def test_a_key_that_nothing_declares(copy: Any, expect: Any, section: str) -> None:
    line = copy.replace(PARAMS, f"\n{section}:", f"\n{section}:\n  unheard_of: 1 # ")
    cure = "remove it" if section == "data" else "declare it in src/"
    expect("config", PARAMS, line + 2, f"no key {section}.unheard_of; {cure}", stale=True)


def test_a_key_that_is_misspelt(copy: Any) -> None:
    copy.replace(PARAMS, "  learning_rate:", "  learning_rat:")
    messages = {finding.message for finding in copy.new()["config"]}
    words = "there is no key optimization.learning_rat; did you mean optimization.learning_rate?"
    assert words in messages


@pytest.mark.parametrize(
    ("name", "file"), [("Input", "data"), ("Model", "model"), ("Augmentation", "training")]
)
def test_a_file_of_yours_without_its_section(copy: Any, name: str, file: str) -> None:
    path = f"{copy.package}/{file}.py"
    copy.replace(path, f"class {name}:", "class Other:")
    message = f"declares no section {name.lower()}; restore its dataclass with `git checkout`"
    assert (path, 1, message) in copy.new()["config"]


def test_a_key_of_yours_that_nothing_reads(copy: Any, expect: Any) -> None:
    path = f"{copy.package}/training.py"
    line = copy.replace(path, "    flip: bool", "    idle: int = number(0)\n    flip: bool")
    copy.replace(PARAMS, "  flip:", "  idle: 1\n  flip:")
    expect("config", path, line, "nothing reads augmentation.idle", stale=True)


def test_a_section_that_nothing_declares(copy: Any, expect: Any) -> None:
    line = copy.append(PARAMS, "unheard_of:\n  knob: 1\n")
    expect("config", PARAMS, line, "unheard_of")


def test_a_key_that_params_does_not_have(copy: Any, expect: Any) -> None:
    copy.write(ASIDE, "def f(extra): return extra.knob\n")
    place = '\n\n@dataclass\nclass Extra:\n    """More."""\n\n    knob: int\n'
    line = copy.append(SECTIONS, place)
    expect("config", SECTIONS, line + 6, "extra.knob is not in params.yaml", stale=True)


def test_a_key_that_nothing_reads(copy: Any, expect: Any) -> None:
    copy.append(PARAMS, "\nidle:\n  knob: 1\n")
    place = '\n\n@dataclass\nclass Idle:\n    """No use."""\n\n    knob: int\n'
    line = copy.append(SECTIONS, place)
    expect("config", SECTIONS, line + 6, "nothing reads idle.knob", stale=True)


def test_a_dataclass_that_holds_the_sections_is_none(copy: Any) -> None:
    place = (
        "\n\n@dataclass\nclass Whole:\n    data: Data\n\n\n@dataclass\nclass _Own:\n    x: int\n"
    )
    copy.append(SECTIONS, place)
    assert "config" not in copy.new()


def test_a_key_that_stands_twice(copy: Any) -> None:
    line = copy.append(PARAMS, "data: 1\n")
    assert copy.new()["syntax"][0][:2] == (PARAMS, line)


def test_keys_of_images_without_images(copy: Any) -> None:
    line = copy.replace(PARAMS, "  layout:", "  odd_size: 4.0\n  bits: 16\n  layout:")
    data = copy.text(f"{copy.package}/data.py").replace("samebits.data.image", "mine")
    copy.write(f"{copy.package}/data.py", data.replace('"uint8"', '"float32"'))
    findings = copy.new()["config"]
    assert len(findings) == 2
    [message] = [finding.message for finding in findings if finding[:2] == (PARAMS, line)]
    assert message.startswith("nothing reads data.odd_size here: data.py neither imports")


def test_keys_of_classes_without_classes(copy: Any) -> None:
    line = copy.replace(PARAMS, "  target: class", "  target: number")
    copy.replace(PARAMS, "  layout:", "  imbalance: 10.0\n  label_error: 0.9\n  layout:")
    findings = copy.new()["config"]
    assert {finding.message.split()[2] for finding in findings} == {
        "data.imbalance",
        "data.label_error",
    }
    assert all(finding.line > line and finding.path == PARAMS for finding in findings)


def test_a_key_with_a_default_may_be_left_out(copy: Any) -> None:
    path = f"{copy.package}/model.py"
    copy.replace(path, "    activation: str", "    bias: bool = True\n    activation: str")
    copy.append(path, "\n\ndef aside(model: Model) -> bool:\n    return model.bias\n")
    assert "config" not in copy.new()
    copy.replace(path, "    bias: bool = True", "    bias: bool")
    [message] = [finding.message for finding in copy.new()["config"]]
    assert message == "model.bias is not in params.yaml; add it there or remove it"


@pytest.mark.parametrize("metric", ["[macro_f1, accuracy]", "best", "null", "3"])
def test_no_metric_or_two(copy: Any, metric: str) -> None:
    values = copy.project.yaml(PARAMS)
    line = values.line("evaluation", "metric")
    lines = copy.text(PARAMS).split("\n")
    lines[line - 1] = f"  metric: {metric}"
    copy.write(PARAMS, "\n".join(lines))
    new = copy.new()
    assert new["metric"][0][:2] == (PARAMS, line)
    assert set(new) <= {"metric", "dvc.lock"}


def test_metrics_of_two_stages(copy: Any, expect: Any) -> None:
    line = copy.append(
        "dvc.yaml", "\n  extra:\n    cmd: echo\n    metrics:\n    - reports/x.json\n"
    )
    finding = expect("metric", "dvc.yaml", line + 4, "stage extra", stale=True)
    assert "keep one" in finding.message


def test_no_metrics_file(copy: Any) -> None:
    copy.write("dvc.yaml", "# No metrics.\nstages:\n  a:\n    cmd: echo\n")
    findings = copy.new()["metric"]
    assert [finding[:2] for finding in findings] == [("dvc.yaml", 2)]


def test_no_registry(copy: Any, expect: Any) -> None:
    path = "src/samebits/metrics/class_metrics.py"
    copy.write(path, copy.text(path).replace("METRICS", "OTHERS"))
    expect("metric", path, 1, "METRICS", stale=True)


def test_a_metric_of_ones_own(copy: Any) -> None:
    values = copy.project.yaml(PARAMS)
    line = values.line("evaluation", "metric")
    lines = copy.text(PARAMS).split("\n")
    lines[line - 1] = "  metric: halves"
    copy.write(PARAMS, "\n".join(lines))
    assert "metric" in copy.new()
    code = 'METRICS = [number_of("halves", lambda scored: 0.5, higher_is_better=True)]\n'
    copy.append(f"{copy.package}/metrics.py", code)
    assert "metric" not in copy.new()


@pytest.mark.parametrize(
    ("target", "metric", "other"),
    [
        ("class", "accuracy", "hamming_loss"),
        ("class", "roc_auc", "dice"),
        ("classes", "hamming_loss", "accuracy"),
        ("classes", "macro_f1", "rmse"),
        ("number", "rmse", "macro_f1"),
        ("mask", "mean_iou", "rmse"),
    ],
)
def test_the_metric_is_one_of_the_target(copy: Any, target: str, metric: str, other: str) -> None:
    for name, refused in ((metric, False), (other, True)):
        lines = copy.text(PARAMS).split("\n")
        values = copy.project.yaml(PARAMS)
        lines[values.line("task", "target") - 1] = f"  target: {target}"
        lines[values.line("evaluation", "metric") - 1] = f"  metric: {name}"
        copy.write(PARAMS, "\n".join(lines))
        assert ("metric" in copy.new()) == refused
