"""The page on numbers: in their words, with their plots, and nothing specific to classes."""

import re
from dataclasses import replace

import numpy as np
from outline import Outline
from predicted import numbers

from samebits.metrics.number_predictions import NumberPredictions
from samebits.report.inputs import Inputs
from samebits.report.mistakes import FEW
from samebits.report.page import page


def words(inputs: Inputs) -> str:
    content = page(inputs)
    style = content.index("</style>")
    return " ".join(re.sub(r"<[^>]+>", " ", content[style:]).split())


def test_the_first_screen(number_inputs: Inputs) -> None:
    said = words(number_inputs)
    score = f"{number_inputs.metrics['score']:,.0f}"
    assert f"Mean absolute error {score} on test" in said
    assert re.search(
        r"over 36 examples kept out of training; answers are [\d,]{5,} away from the truth on "
        r"average\. Lower is better\.",
        said,
    )
    assert re.search(r"Target: at most 2,000 away on average; test has [\d,]{5,} \.", said)


def test_nothing_of_classes_or_shares(number_inputs: Inputs) -> None:
    said = words(number_inputs).replace("95 %", "")
    assert not re.search(
        r"\d % (?!\d)|class|confus|calibrat|surest|\d sure|e\+\d", said, re.IGNORECASE
    )


def test_the_plots(number_inputs: Inputs) -> None:
    outline = Outline(page(number_inputs))
    labels = [value for key, value in outline.attributes if key == "aria-label"]
    for title in (
        "Predicted by actual number on test",
        "Predicted less actual by actual number on test",
        "Answers on test by their error",
    ):
        assert title in labels
    assert "script" not in outline.tags


def test_the_worst_come_first(number_inputs: Inputs) -> None:
    content = page(number_inputs)
    dev = number_inputs.predictions["dev"]
    mistakes = content[content.index("Costliest mistakes on dev") :]
    shown = re.findall(r"<small><bdi>(\d+\.csv)</bdi></small></figcaption>", mistakes)
    order = np.argsort(-dev.sample.errors, kind="stable").tolist()[:FEW]
    assert shown == [dev.examples[row].path for row in order]
    wrong = int((dev.sample.errors > 2000).sum())
    assert FEW > wrong > 3
    assert mistakes.count('class="wrong"') == wrong
    true, answer = dev.words(order[0])
    assert f"true <b><bdi>{true}</bdi></b>" in mistakes
    assert f"predicted <b><bdi>{answer}</bdi></b>" in mistakes
    assert "those furthest from the truth first; then answers that are close enough" in mistakes


def test_causes_are_parts_of_the_error(number_inputs: Inputs) -> None:
    said = words(number_inputs)
    dev = number_inputs.predictions["dev"]
    assert isinstance(dev, NumberPredictions)
    mended = dev.sample.errors.sum() - dev.sample.errors.max()
    assert f"{mended / len(dev.examples):,.0f}" in said
    assert "&lt;typing&gt; error" in said


def test_no_answer_that_is_too_far_away(number_inputs: Inputs) -> None:
    truth = np.arange(9.0)
    exact = dict.fromkeys(("dev", "test"), numbers(truth, truth))
    right = {**number_inputs.predictions, **exact}
    inputs = replace(number_inputs, predictions=right, tags={})
    assert "None: no answer on dev is further from the truth than 2,000." in words(inputs)


def test_the_range_of_each_data_set(number_inputs: Inputs) -> None:
    said = words(number_inputs)
    assert "True numbers by data set" in said
    assert "raw 51 500,000 2,500,000 5,000,000" in said
    train = number_inputs.predictions["train"]
    assert isinstance(train, NumberPredictions)
    truth = train.truth
    assert f"train 90 {truth.min():,.0f}" in said


def test_the_same_bytes_each_time(number_inputs: Inputs) -> None:
    assert page(number_inputs) == page(number_inputs)
