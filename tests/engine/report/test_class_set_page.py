"""The page on several classes: F1 of each, confusions, classes together."""

import re
from dataclasses import replace

import numpy as np
import pytest
from outline import Outline
from predicted import class_sets, summarise

from samebits.core.sections import Evaluation
from samebits.data.targets import Answers
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_set_predictions import ClassSetPredictions
from samebits.report.inputs import Inputs
from samebits.report.page import page

CLASSES = ["<b>cat", "dog & co", "ox"]
ANSWERS = Answers("classes", CLASSES)
COSTS = {"parameters": 1234, "model_bytes": 5678}
COUNTS = {"train": 30, "train_dev": 8, "dev": 9, "test": 40}
EVALUATION = Evaluation(
    metric="macro_f1",
    target_error=0.02,
    constraints=("recall[ox] >= 0.1",),
    slices=("class",),
    slice_examples=1,
)


def made(count: int, classes: list[str] = CLASSES) -> ClassSetPredictions:
    """Every third example lacks a class, every fifth gets a wrong one."""
    rows, places = np.arange(count), np.arange(len(classes))
    labels = (rows[:, None] // 2**places % 2 == 1).astype(np.uint8)
    answers = labels.copy()
    answers[::3, 1] = 0
    answers[::5, 0] = 1
    return class_sets(labels, answers, classes=classes)


def of(inputs: Inputs, classes: list[str]) -> Inputs:
    predictions = {name: made(count, classes) for name, count in COUNTS.items()}
    answers = replace(ANSWERS, classes=classes)
    evaluation = replace(EVALUATION, constraints=())
    return replace(
        inputs,
        metrics=summarise(evaluation, answers, predictions, COSTS, seed=0)
        | {"baselines": [], "data": inputs.metrics["data"]},
        data=inputs.data | {"classes": dict.fromkeys(classes, 20) | {"none": 7}},
        errors=errors_of(answers, 0.02),
        predictions=predictions,
        curves={"epoch": [1.0], "train_loss": [0.5], "dev_loss": [0.6], "dev_error": [0.1]},
        tags={},
    )


@pytest.fixture
def several(inputs: Inputs) -> Inputs:
    return of(inputs, CLASSES)


def words(inputs: Inputs) -> str:
    content = page(inputs)
    return " ".join(re.sub(r"<[^>]+>", " ", content[content.index("</style>") :]).split())


def test_the_first_screen(several: Inputs) -> None:
    said = words(several)
    test = several.predictions["test"]
    wrong, share = int((test.sample.errors > 0).sum()), 100 * float(test.sample.errors.mean())
    expected = f"{wrong} of them ({100 * wrong / 40:.1f} %) lack a class or got a wrong one: "
    assert expected + f"{share:.2f} % of all answers." in said
    assert "of the answers wrong; test has" in said


def test_f1_of_each_class_the_lowest_first(several: Inputs) -> None:
    content = page(several)
    part = content[content.index("<h2>Classes on test</h2>") : content.index("<h2>Confusions")]
    rows = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi></th>', part)
    sums = several.predictions["test"].sample.sums()
    true, said, right = (sums[name][0] for name in ("true", "answered", "right"))
    f1 = 2 * right / (true + said)
    names = ["&lt;b&gt;cat", "dog &amp; co", "ox"]
    assert rows == [names[at] for at in np.argsort(f1, kind="stable")]
    for at in range(3):
        assert f"{f1[at]:.4f} <small>" in part
        assert f"<td>{int(true[at])}</td><td>{int(said[at])}</td><td>{int(right[at])}</td>" in part


def test_confusions_and_classes_together(several: Inputs) -> None:
    outline = Outline(page(several))
    labels = [value for key, value in outline.attributes if key == "aria-label"]
    for title in (
        "True classes on test (rows) and those predicted in their place (columns)",
        "Test examples that have both classes; on the diagonal, those that have the class",
        "Share of right answers on test by confidence, with 95 % intervals",
    ):
        assert title in labels
    assert "script" not in outline.tags
    said = words(several)
    test = several.predictions["test"]
    assert isinstance(test, ClassSetPredictions)
    both = int((test.labels[:, 0] & test.labels[:, 1]).sum())
    have = test.labels.sum(axis=0)
    assert f"&lt;b&gt;cat {have[0]} {both}" in said
    assert "dog &amp; co → none" in said and "none → &lt;b&gt;cat" in said


def test_mistakes_show_the_true_and_the_said_classes(several: Inputs) -> None:
    content = page(several)
    dev = several.predictions["dev"]
    row = several.errors.ordered(None, dev)[0]  # type: ignore[arg-type]
    true, _ = dev.words(row)
    mistakes = content[content.index("Costliest mistakes on dev") :]
    escaped = true.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"true <b><bdi>{escaped}</bdi></b>" in mistakes
    assert "% of the answers wrong" in mistakes


def test_the_examples_of_each_class(several: Inputs) -> None:
    said = words(several)
    assert "Examples without a class 7" in said
    assert "All examples 51 30 8 9 40" in said


def test_of_very_many_classes_there_is_no_matrix(inputs: Inputs) -> None:
    said = words(of(inputs, [f"class-{at:02d}" for at in range(40)]))
    assert "Classes together" not in said and "pairs of classes confused" in said


def test_answers_that_are_all_right(several: Inputs) -> None:
    right = {
        name: class_sets(scored.labels, scored.labels, classes=CLASSES)
        for name, scored in several.predictions.items()
        if isinstance(scored, ClassSetPredictions)
    }
    said = words(replace(several, predictions=right))
    assert "every test example was given its true classes, and no other" in said
    assert "None: every dev example was given its true classes, and no other." in said


def test_the_same_bytes_each_time(several: Inputs) -> None:
    assert page(several) == page(several)
