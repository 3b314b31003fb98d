"""Mistakes in order, each with its example, and limited if there are many."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from predicted import answered

from samebits.core.png import png
from samebits.data.targets import Answers
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.registry import METRICS
from samebits.report.inputs import Inputs
from samebits.report.mistakes import SHOWN, mistakes_section

ACCURACY = METRICS["accuracy"]


def of(inputs: Inputs, dev: ClassPredictions) -> Inputs:
    """The inputs with other dev examples, each a black image."""
    looks = np.zeros((len(dev.examples), 3, 8, 8), dtype=np.uint8)
    errors = errors_of(Answers("class", [*dev.classes]), 0.02)
    return replace(inputs, errors=errors, predictions={"dev": dev}, looks=looks)


def test_each_example_stands_with_its_own_answer(inputs: Inputs) -> None:
    dev, errors = inputs.predictions["dev"], inputs.errors
    content = mistakes_section(inputs, ACCURACY)
    wrong = errors.ordered(ACCURACY, dev)
    order = [*wrong, *errors.nearly(dev)]
    assert order == [4, 8, 0, 5, 1, 6, 7, 2, 3]
    assert "90.0 % sure" in content
    for item, row in zip(content.split("<li>")[1:], order, strict=True):
        image = np.asarray(inputs.looks[row])
        assert base64.b64encode(png(image)).decode() in item
        assert f"/{row:03d}.png</bdi>" in item
        assert ('class="tags"' in item) == (row in (0, 1, 4))
        assert ('class="wrong"' in item) == (row in wrong)


@pytest.mark.parametrize(
    ("form", "words"),
    [("share", "costs most <b> &amp; F2, then"), ("area", "costs most Log loss,")],
)
def test_what_costs_most_is_said_as_it_is_ordered(inputs: Inputs, form: str, words: str) -> None:
    metric = replace(ACCURACY, title="<b> & F2", form=form)
    content = mistakes_section(inputs, metric)
    assert words.replace("<b>", "&lt;b&gt;") in content


def test_no_mistake_is_said(inputs: Inputs) -> None:
    predictions = answered([0, 1], [0, 1], [1.0, 1.0])
    assert "None: every dev" in mistakes_section(of(inputs, predictions), ACCURACY)


def test_many_mistakes_are_cut(inputs: Inputs) -> None:
    predictions = answered([0] * 30, [1] * 30, [0.9] * 30)
    content = mistakes_section(of(inputs, predictions), ACCURACY)
    assert content.count("<img") == SHOWN
    assert "<p>30 mistakes" in content
    assert f"; {SHOWN} are shown here, more by" in content
