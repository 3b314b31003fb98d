"""The first screen: how good, accepted, compared with what, where the error is, what next."""

import re
from dataclasses import replace
from typing import Any

import pytest

from samebits.diagnosis.words import WORDS
from samebits.report.answers import answers, unbeaten_notice
from samebits.report.inputs import Inputs

CLASS = WORDS["class"]


def words(content: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def baseline(name: str, value: float, gain: float, ends: list[float], verdict: str) -> Any:
    on = {"value": value, "interval": [0, 1], "difference": gain, "difference_interval": ends}
    return {"name": name, **on, "verdict": verdict, "beaten": verdict == "better", "dev": {}}


CHANCE = baseline("<regression>", 0.9, 0.02, [-0.01, 0.05], "cannot tell") | {
    "dev": {"verdict": "cannot tell"}
}
WORSE = baseline("majority", 0.5, -0.1, [-0.15, -0.05], "worse")
LOWER = baseline("majority", 0.5, 0.1, [0.05, 0.15], "worse")  # where less is better
BEATEN = baseline("coin", 0.1, 0.8, [0.7, 0.9], "better")


def test_every_question_is_answered_in_order(inputs: Inputs) -> None:
    said = words(answers(inputs))
    parts = [
        "Macro F1 0.7500 on test",
        "How good?",
        "over 12 examples kept out of training; 3 of them (25.0 %) got a wrong class",
        "Accepted?",
        "Compared with?",
        "Majority &lt;class&gt; 0.2500 . Target: at most 2.0 % wrong; test has 25.0 %",
        "Where is the error?",
        "target 2.0 % train 25.0 % train-dev 33.3 % dev 30.0 % test 25.0 %",
        "The largest gap is &lt;avoidable&gt; bias.",
        "What next?",
        "Bigger &lt;network&gt; : it cannot represent more dvc exp run -S model.width=64",
    ]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)


def test_classes_that_test_lacks_stand_on_the_first_screen(inputs: Inputs) -> None:
    assert "leaves out" not in answers(inputs)
    metrics = {**inputs.metrics, "test": {**inputs.metrics["test"], "absent": ["<b>", "c"]}}
    said = words(answers(replace(inputs, metrics=metrics)))
    assert "Test has no example of &lt;b&gt; , c , which the score therefore leaves out." in said


def test_the_end_of_the_largest_gap_is_marked(inputs: Inputs) -> None:
    assert re.findall(r'<li class="named">(\S+) ', answers(inputs)) == ["train"]
    for link, named in ((None, []), ("variance", ["train-dev"])):
        gaps = [{**gap, "to": f"{gap['to']} and others"} for gap in inputs.diagnosis["gaps"]]
        other = replace(inputs, diagnosis={**inputs.diagnosis, "link": link, "gaps": gaps})
        assert re.findall(r'<li class="named">(\S+) ', answers(other)) == named


def test_without_an_idea_and_without_a_simple_model(inputs: Inputs) -> None:
    diagnosis, metrics = {**inputs.diagnosis, "ideas": []}, {**inputs.metrics, "baselines": []}
    said = words(answers(replace(inputs, diagnosis=diagnosis, metrics=metrics)))
    assert "What next? Nothing" in said
    assert "Compared with? Target:" in said


def test_a_model_that_does_not_beat_a_simple_one_says_so_first(inputs: Inputs) -> None:
    metrics = {**inputs.metrics, "baselines": [BEATEN, CHANCE]}
    said = words(answers(replace(inputs, metrics=metrics)))
    assert said.startswith("Not shown to beat &lt;regression&gt; (0.9000 on test): the difference")
    assert "of +0.0200 -0.0100 to +0.0500 may be chance." in said
    assert "On dev" not in said


@pytest.mark.parametrize(
    ("rows", "metric", "said"),
    [
        ([BEATEN], "accuracy", ""),
        ([], "accuracy", ""),
        ([WORSE], "accuracy", "Worse than majority (0.5000 on test), by 0.1000 0.0500 to 0.1500 ."),
        # Of two unbeaten ones, the better is named.
        ([WORSE, CHANCE], "accuracy", "Not shown to beat &lt;regression&gt;"),
        ([LOWER, CHANCE], "log_loss", "Worse than majority (0.5000 on test), by 0.1000 0.0500 to"),
        # Where less is better, too, a plus is in favour of the network.
        (
            [CHANCE],
            "log_loss",
            "Not shown to beat &lt;regression&gt; (0.9000 on test): the difference"
            " of -0.0200 -0.0500 to +0.0100 may be chance.",
        ),
    ],
)
def test_the_notice(rows: list[Any], metric: str, said: str) -> None:
    notice = words(unbeaten_notice({"metric": metric, "baselines": rows}, CLASS))
    assert notice.startswith(said)
    assert bool(notice) == bool(said)


def test_dev_may_tell_what_test_cannot() -> None:
    dev = {"difference": 0.03, "difference_interval": [0.01, 0.05], "verdict": "better"}
    notice = unbeaten_notice({"metric": "accuracy", "baselines": [{**CHANCE, "dev": dev}]}, CLASS)
    assert "On dev it is better by 0.0300 0.0100 to 0.0500" in words(notice)
