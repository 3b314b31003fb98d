"""The page on metrics, constraints and slices."""

import re
from typing import Any

import pytest

from samebits.diagnosis.words import WORDS
from samebits.report.figures import metrics_section, slices_section, verdict
from samebits.report.inputs import Inputs

CLASS = WORDS["class"]


def words(content: str) -> str:
    return " ".join(
        re.sub(r"</?(b|code)>|<[^>]+>", lambda tag: "" if tag[1] else " ", content).split()
    )


def test_every_figure_has_an_interval(inputs: Inputs) -> None:
    shown = metrics_section(inputs.metrics, CLASS)
    for split in ("train", "train_dev", "dev", "test"):
        for key, low, high in inputs.metrics[split]["intervals"]:
            value = inputs.metrics[split][key]
            assert f"{value:.4f} <small>{low:.4f} to {high:.4f}</small>" in shown


def test_constraints_and_slices(inputs: Inputs) -> None:
    shown = words(metrics_section(inputs.metrics, CLASS))
    assert "parameters &lt;= 9e9 1,234 met +8,999,998,766" in shown
    assert "latency_ms &lt;= 10 measured on each machine samebits latency says" in shown
    assert "recall[&lt;script&gt;alert(1)&lt;/script&gt;] &gt;= 0.5" in shown
    assert "majority &lt;class&gt; 0.2500 0.1000 to 0.4000" in shown
    assert "better by 0.3750 0.1000 to 0.6000" in shown


@pytest.mark.parametrize(
    ("metric", "verdict", "ends", "said"),
    [
        ("macro_f1", "better", [0.01, 0.05], "better by 0.0300 0.0100 to 0.0500"),
        ("macro_f1", "worse", [-0.05, -0.01], "worse by 0.0300 0.0100 to 0.0500"),
        ("macro_f1", "cannot tell", [-0.01, 0.07], "cannot tell, +0.0300 -0.0100 to +0.0700"),
        # Where less is better, a plus is in favour of the network, too.
        ("log_loss", "better", [-0.05, -0.01], "better by 0.0300 0.0100 to 0.0500"),
        ("log_loss", "cannot tell", [-0.07, 0.01], "cannot tell, +0.0300 -0.0100 to +0.0700"),
    ],
)
def test_a_difference_has_one_sign(
    inputs: Inputs, metric: str, verdict: str, ends: list[float], said: str
) -> None:
    """A plus before the value and a minus before an end of its interval is no answer."""
    middle = sum(ends) / 2
    rows = [
        {**row, "difference": middle, "difference_interval": ends, "verdict": verdict}
        for row in inputs.metrics["baselines"]
    ]
    record = {**inputs.metrics, "metric": metric, "baselines": rows}
    assert said in words(metrics_section(record, CLASS))


def test_classes_without_an_example_are_named(inputs: Inputs) -> None:
    assert "without an example" not in metrics_section(inputs.metrics, CLASS)
    metrics = {**inputs.metrics, "dev": {**inputs.metrics["dev"], "absent": list("<bcdefg")}}
    shown = words(metrics_section(metrics, CLASS))
    row = "left out of means over classes none &lt; , b , c , d , e and 2 more none none"
    assert row in shown


def test_without_constraints_and_slices(inputs: Inputs) -> None:
    metrics = {**inputs.metrics, "constraints": [], "slices": []}
    assert "Constraint" not in metrics_section(metrics, CLASS)
    assert slices_section(metrics, CLASS) == ""


def test_the_costliest_slice_comes_first(inputs: Inputs) -> None:
    costs = iter([0.01, 0.03, -0.02, 0.04, 0.05, 0.06])
    rows = [
        {**row, "cost": next(costs), "cost_interval": [-0.1, 0.1]} if "cost" in row else row
        for row in inputs.metrics["slices"]
    ]
    metrics = {**inputs.metrics, "slices": rows}
    assert 'class="bar below"' in slices_section(metrics, CLASS)
    shown = words(slices_section(metrics, CLASS))
    _, dev, test = re.split("Slices of (?:dev|test)", shown)
    assert re.findall(r"([+-]\d\.\d\d) %", dev) == ["+3.00", "+1.00", "-2.00"]
    assert re.findall(r"([+-]\d\.\d\d) %", test) == ["+6.00", "+5.00", "+4.00"]
    rows[0].pop("cost")
    assert "alert(1)&lt;/script&gt; – " in words(slices_section(metrics, CLASS))


def test_a_metric_of_ones_own_that_is_gone_is_left_out(inputs: Inputs) -> None:
    metrics = {**inputs.metrics, "test": {**inputs.metrics["test"], "extra": 1.0}}
    assert "extra" not in metrics_section(metrics, CLASS)


@pytest.mark.parametrize(
    ("constraints", "accepted", "said"),
    [
        ([], True, "No constraint is set"),
        ([{"met": True}, {"met": True}], True, "Accepted: it meets all 2 constraints"),
        ([{"met": True}, {"met": None}], True, "as far as a result can say"),
        (
            [{"met": False, "constraint": "f1 >= 1", "value": 0.5, "margin": -0.5}],
            False,
            "Not accepted: it misses f1 &gt;= 1 (0.5, 0.5 too little)",
        ),
        (
            [{"met": False, "constraint": "recall[>=5] <= 0.1", "value": 0.5, "margin": -0.4}],
            False,
            "Not accepted: it misses recall[&gt;=5] &lt;= 0.1 (0.5, 0.4 too much)",
        ),
    ],
)
def test_the_verdict(constraints: list[dict[str, Any]], accepted: bool, said: str) -> None:
    assert said in words(verdict({"constraints": constraints, "accepted": accepted}))
