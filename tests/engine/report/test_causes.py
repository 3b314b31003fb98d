"""The table of causes, and its text before anybody has tagged."""

import re
from dataclasses import replace

from samebits.diagnosis.error_causes import causes
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.registry import METRICS
from samebits.report.inputs import Inputs
from samebits.report.mistakes import causes_section

ACCURACY = METRICS["accuracy"]


def words(inputs: Inputs, **tags: list[str]) -> str:
    """The section for mistakes 0, 4 and 8 of nine examples, tagged by their row."""
    given = {f"{int(row[1:]):032x}": names for row, names in tags.items()}
    told = causes(ACCURACY, inputs.predictions["dev"], given, inputs.errors)
    content = causes_section(told, ACCURACY, inputs.errors)
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def test_what_each_cause_could_remove(inputs: Inputs) -> None:
    said = words(inputs, r0=["<blurry>"], r4=["<blurry>"], r8=["dark"])
    assert "3 mistakes on 9 dev examples, 3 looked at by people." in said
    assert "Error on dev, now 33.3 % Accuracy, now 0.6667" in said
    rows = re.search(r"&lt;blurry&gt; 2 66\.7 % .* to .* 11\.11 % at best .* to .* 0\.8889", said)
    assert rows
    assert re.search(r"dark 1 33\.3 % .* 22\.22 % at best .* 0\.7778", said)
    assert "the rest is assumed to be alike" not in said
    assert "counts for each" not in said


def test_a_part_looked_at_and_several_causes(inputs: Inputs) -> None:
    said = words(inputs, r0=["blurry", "dark"], r1=["right"])
    assert "1 looked at by people" in said
    assert "the rest is assumed to be alike" in said
    assert "counts for each of them" in said
    assert "right" not in said


def test_before_anybody_has_tagged(inputs: Inputs) -> None:
    said = words(inputs)
    assert "Nobody has tagged the mistakes" in said
    assert "samebits errors" in said


def test_without_a_mistake(inputs: Inputs) -> None:
    dev = inputs.predictions["dev"]
    assert isinstance(dev, ClassPredictions)
    right = replace(dev, answers=dev.labels)
    told = causes(ACCURACY, right, {}, inputs.errors)
    content = causes_section(told, ACCURACY, inputs.errors)
    assert "None: every dev example" in content
