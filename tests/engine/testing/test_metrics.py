"""Each check of metrics.py finds its own fault."""

from typing import Any

import numpy as np
import pytest
from faults import Fault, Run, assert_all, assert_red, named
from handwritten_digits import metrics

from samebits.metrics import Metric, Scored, mean_of, number_of
from samebits.testing import MetricsChecks


def own(function: Any, name: str = "own", share: bool = False) -> list[Metric]:
    return [number_of(name, function, higher_is_better=True, between_0_and_1=share)]


def right(scored: Scored) -> Any:
    return scored.answers == scored.labels


def of_the_first_class(scored: Scored) -> float:
    return float(right(scored)[scored.labels == 0].sum() / (scored.labels == 0).sum())


def chance(scored: Scored) -> float:
    return float(np.random.random())


def sorts(scored: Scored) -> float:
    scored.probabilities.sort(axis=0)
    return 1.0


def of_the_first(scored: Scored) -> float:
    return float(scored.probabilities[0, 0])


NAME, FINITE = "test_each_has_a_name_of_its_own", "test_each_is_a_finite_number"
ALONE = "test_each_depends_on_the_predictions_alone"
ORDER = "test_the_order_of_examples_does_not_matter"
ABOVE_1 = own(lambda scored: 1 + right(scored).mean(), share=True)
FAULTS = [
    Fault(NAME, "is taken; give your metric", metrics, "METRICS", own(right, "accuracy")),
    Fault(NAME, "is taken; give your metric", metrics, "METRICS", own(right) + own(right)),
    Fault(NAME, "cannot name a metric", metrics, "METRICS", own(right, "F2")),
    Fault(FINITE, "returned nan", metrics, "METRICS", own(of_the_first_class)),
    Fault(FINITE, "failed: IndexError", metrics, "METRICS", own(lambda scored: scored.labels[99])),
    Fault(FINITE, r"`own` is 1\.", metrics, "METRICS", ABOVE_1),
    Fault(ALONE, "differs for the same examples", metrics, "METRICS", own(chance)),
    Fault(ALONE, "changes the arrays", metrics, "METRICS", own(sorts)),
    Fault(ORDER, "in another order", metrics, "METRICS", own(of_the_first)),
]


@named(FAULTS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_fault_is_seen(fault: Fault, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_red(run, MetricsChecks, fault, monkeypatch)


def test_every_check_has_a_fault() -> None:
    assert_all(MetricsChecks, FAULTS)


def test_sound_metrics_pass(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = [
        mean_of("rightness", right, higher_is_better=True),
        *own(lambda scored: scored.probabilities.max(), "surest", share=True),
    ]
    monkeypatch.setattr(metrics, "METRICS", sound)
    for check in {fault.check for fault in FAULTS}:
        run(MetricsChecks, check)
