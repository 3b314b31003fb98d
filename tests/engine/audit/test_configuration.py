"""Sections, keys and the metric: `pytest tests/reproducibility/audit/test_configuration.py`."""

from typing import Any

import pytest

PARAMS = "params.yaml"


def config(copy: Any) -> str:
    """The file that declares the sections."""
    return f"{copy.package}/config.py"


def test_a_key_in_two_sections(copy: Any, expect: Any) -> None:
    line = copy.append(PARAMS, "\nspare:\n  seed: 0\n") + 2
    place = '\n\n@dataclass(frozen=True)\nclass Spare:\n    """More."""\n\n    seed: int\n'
    copy.append(config(copy), place)
    copy.write(f"{copy.package}/aside.py", "def f(spare): return spare.seed\n")
    expect("config", PARAMS, line, "seed is in", stale=True)


def test_a_key_that_config_does_not_declare(copy: Any, expect: Any) -> None:
    section = next(iter(copy.project.yaml(PARAMS).mapping()))
    line = copy.replace(PARAMS, f"{section}:", f"{section}:\n  unheard_of: 1 # ")
    expect("config", PARAMS, line + 1, f"{section}.unheard_of", stale=True)


def test_a_section_that_config_does_not_declare(copy: Any, expect: Any) -> None:
    line = copy.append(PARAMS, "unheard_of:\n  knob: 1\n")
    expect("config", PARAMS, line, "unheard_of")


def test_a_key_that_params_does_not_have(copy: Any, expect: Any) -> None:
    copy.write(f"{copy.package}/aside.py", "def f(extra): return extra.knob\n")
    place = '\n\n@dataclass\nclass Extra:\n    """More."""\n\n    knob: int\n'
    line = copy.append(config(copy), place)
    expect("config", config(copy), line + 6, "extra.knob is not in params.yaml", stale=True)


def test_a_key_that_nothing_reads(copy: Any, expect: Any) -> None:
    copy.append(PARAMS, "\nidle:\n  knob: 1\n")
    place = '\n\n@dataclass\nclass Idle:\n    """No use."""\n\n    knob: int\n'
    line = copy.append(config(copy), place)
    expect("config", config(copy), line + 6, "nothing reads idle.knob", stale=True)


def test_a_dataclass_that_holds_the_sections_is_none(copy: Any) -> None:
    place = (
        "\n\n@dataclass\nclass Whole:\n    data: Data\n\n\n@dataclass\nclass _Own:\n    x: int\n"
    )
    copy.append(config(copy), place)
    assert "config" not in copy.new()


def test_a_key_that_stands_twice(copy: Any) -> None:
    line = copy.append(PARAMS, "data: 1\n")
    assert copy.new()["syntax"][0][:2] == (PARAMS, line)


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
    found = expect("metric", "dvc.yaml", line + 4, "stage extra", stale=True)
    assert "keep one" in found.message


def test_no_metrics_file(copy: Any) -> None:
    copy.write("dvc.yaml", "# No metrics.\nstages:\n  a:\n    cmd: echo\n")
    found = copy.new()["metric"]
    assert [one[:2] for one in found] == [("dvc.yaml", 2)]


def test_no_registry(copy: Any, expect: Any) -> None:
    path = f"{copy.package}/metrics/scores.py"
    copy.write(path, copy.text(path).replace("METRICS", "OTHERS"))
    expect("metric", path, 1, "METRICS", stale=True)


def test_a_metric_of_ones_own(copy: Any) -> None:
    values = copy.project.yaml(PARAMS)
    line = values.line("evaluation", "metric")
    lines = copy.text(PARAMS).split("\n")
    lines[line - 1] = "  metric: halves"
    copy.write(PARAMS, "\n".join(lines))
    code = '\n\n@metric("Halves", "none")\ndef halves(labels, answers, rows):\n    return 0.5\n'
    copy.append(f"{copy.package}/metrics/own.py", code)
    assert "metric" not in copy.new()
