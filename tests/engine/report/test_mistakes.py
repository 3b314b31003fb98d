"""Confusions counted, mistakes in order, and many classes cut down to what matters."""

import base64
import dataclasses
import re
from dataclasses import replace

import numpy as np
import pytest
from predicted import example

from samebits.core.png import png
from samebits.diagnosis.error_cost import ordered
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.registry import METRICS
from samebits.report.inputs import Inputs
from samebits.report.mistakes import (
    WORST_PICTURES,
    confusion,
    confusion_section,
    least_sure,
    mistakes_section,
)

ACCURACY = METRICS["accuracy"]


def answered(labels: list[int], answers: list[int], confidences: list[float]) -> ClassPredictions:
    count = len(labels)
    return ClassPredictions(
        [example(f"{count - row:03d}.png") for row in range(count)],
        np.array(labels, dtype=np.int64),
        np.array(answers, dtype=np.int64),
        np.array(confidences),
        np.full((count, max(labels + answers) + 1), 0.5),
        [f"c{at}" for at in range(max(labels + answers) + 1)],
    )


def test_confusion_counts() -> None:
    predictions = answered([0, 0, 2, 2], [0, 1, 2, 2], [1.0] * 4)
    assert confusion(predictions, 3).tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 2]]


def test_each_picture_stands_with_its_own_answer(inputs: Inputs) -> None:
    dev = inputs.predictions["dev"]
    content = mistakes_section(dev, inputs.answers.classes, inputs.pictures, ACCURACY, inputs.tags)
    order = [*ordered(ACCURACY, dev), *least_sure(dev)]
    assert order == [4, 8, 0, 5, 1, 6, 7, 2, 3]
    assert "90.0 % sure" in content
    for item, row in zip(content.split("<li>")[1:], order, strict=True):
        image = np.asarray(inputs.pictures[row])
        assert base64.b64encode(png(image)).decode() in item
        assert f"/{row:03d}.png</bdi>" in item
        assert ('class="tags"' in item) == (row in (0, 1, 4))
        assert ('class="wrong"' in item) == (row in ordered(ACCURACY, dev))


@pytest.mark.parametrize(
    ("form", "words"),
    [("share", "costs most <b> &amp; F2, then"), ("area", "costs most Log loss,")],
)
def test_what_costs_most_is_said_as_it_is_ordered(inputs: Inputs, form: str, words: str) -> None:
    metric = replace(ACCURACY, title="<b> & F2", form=form)
    dev = inputs.predictions["dev"]
    content = mistakes_section(dev, inputs.answers.classes, inputs.pictures, metric, {})
    assert words.replace("<b>", "&lt;b&gt;") in content


def test_no_mistake_is_said() -> None:
    predictions = answered([0, 1], [0, 1], [1.0, 1.0])
    pictures = np.zeros((2, 1, 8, 8), dtype=np.uint8)
    assert "None:" in mistakes_section(predictions, ["a", "b"], pictures, ACCURACY, {})


def test_many_mistakes_are_cut() -> None:
    predictions = answered([0] * 30, [1] * 30, [0.9] * 30)
    pictures = np.zeros((30, 3, 8, 8), dtype=np.uint8)
    content = mistakes_section(predictions, ["a", "b"], pictures, ACCURACY, {})
    assert content.count("<img") == WORST_PICTURES
    assert "<p>30 mistakes" in content
    assert f"; {WORST_PICTURES} are shown here, more by" in content


def test_many_classes_become_pairs() -> None:
    classes = [f"kind {number}" for number in range(40)]
    predictions = answered([3, 3, 3, 7], [5, 5, 3, 9], [0.9] * 4)
    content = confusion_section(predictions, classes)
    assert "2 pairs of classes" in content
    assert content.index("kind 5") < content.index("kind 9")
    assert "66.7 %" in content
    right = dataclasses.replace(predictions, answers=predictions.labels)
    assert "None:" in confusion_section(right, classes)


def test_the_matrix_is_followed_by_what_each_confusion_costs() -> None:
    predictions = answered([0] * 50 + [1] * 50, [0] * 40 + [1] * 10 + [1] * 50, [0.9] * 100)
    content = confusion_section(predictions, ["cat", "dog"])
    pairs = content[content.index("1 pair of classes") :]
    # 10 of 100 pictures; Wilson's interval on them.
    assert re.search(r"10\.00 % <small>5\.\d+ to 17\.\d+</small>.*20\.0 %", pairs)
    grouped = [
        dataclasses.replace(one, group=str(row // 10))
        for row, one in enumerate(predictions.examples)
    ]
    together = confusion_section(dataclasses.replace(predictions, examples=grouped), ["cat", "dog"])
    assert re.search(r"10\.00 % <small>\d\.\d+ to (2|3|4)\d\.\d+</small>", together)


def test_long_names_keep_both_ends() -> None:
    classes = ["a very long name that ends in one", "a very long name that ends in two"]
    content = confusion_section(answered([0, 1], [0, 1], [1.0, 1.0]), classes)
    assert "a very lo…nds in two" in content
    assert f'title="{classes[1]}"' in content
