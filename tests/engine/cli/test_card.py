"""The card says what the stages found, and keeps what people wrote."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import rendered

from samebits.cli.card import FILE
from samebits.console.errors import UserError

Verb = Callable[..., str]
METRICS = {
    "score": 0.98,
    "metric": "macro_f1",
    "interval": [0.96, 0.99],
    "accepted": False,
    "constraints": [
        {"constraint": "recall[a|b] >= 0.9", "met": False},
        {"constraint": "latency_ms <= 3", "met": None},
    ],
    "slices": [
        {"split": split, "slice": f"{name} {split}", "examples": 9, "value": 0.5}
        | {"counts": name != "few", "cost": cost}
        for split in ("dev", "test")
        for name, cost in (("good", 0.1), ("bad", 0.4), ("few", 0.9))
    ],
    "baselines": [{"name": "majority class", "value": 0.1, "verdict": "better"}],
    "test": {"macro_f1": 0.98, "examples": 289, "intervals": [["macro_f1", 0.96, 0.99]]},
}
DATA = {"version": "v", "release": "1.1", "examples": 1797, "found": {"odd-size": 2}}
IDENTITY = {"code": "the code", "lock": "the lock", "data": "the data"}
SIGNATURE = {
    "target": "class",
    "classes": ["a|b", "c"],
    "scale": [],
    "input": {},
    "fitted": "",
    "shapes": {},
    "model": {},
    "weights": "the weights",
    "made_by": {},
    "reproducibility": {"level": "portable", "device": "cpu"},
}


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which all stages have run; the current folder."""
    monkeypatch.chdir(tmp_path)
    rendered(tmp_path, "pyproject.toml")
    for name, content in {
        "reports/metrics.json": METRICS,
        "reports/data.json": DATA,
        "reports/diagnosis.json": {"sentence": "The target is met."},
        "models/identity.json": IDENTITY,
        "models/signature.json": SIGNATURE,
    }.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def test_it_says_what_was_found(finished: Path, verb: Verb) -> None:
    assert FILE.as_posix() in verb("card")
    text = FILE.read_text(encoding="utf-8")
    for line in (
        "# Model card of handwritten_digits",
        "The answer is one class: a|b, c.",
        "macro_f1 0.98 on 289 test examples (95 % interval 0.96 to 0.99); not accepted.",
        "| macro_f1 | 0.98 | 0.96 to 0.99 |",
        "| majority class | 0.1 | better |",
        r"| recall[a\|b] >= 0.9 | missed |",
        "| latency_ms <= 3 | not measured |",
        "The target is met.",
        "1,797 examples, release 1.1; 2 findings.",
        "| weights (SHA-256) | the weights |",
        "| computed at | level portable on cpu |",
    ):
        assert f"\n{line}\n" in f"\n{text}", line
    assert text.index("bad test") < text.index("good test")
    assert "few test" not in text and "bad dev" not in text


def test_what_people_wrote_is_kept(finished: Path, verb: Verb) -> None:
    verb("card")
    before = FILE.read_text(encoding="utf-8")
    verb("card")
    assert FILE.read_text(encoding="utf-8") == before
    mine = "For sorting letters.\n\nNever for money.\n"
    FILE.write_text(before.replace(f"{ASKED}\n", mine).replace("0.98", "0.5"), encoding="utf-8")
    verb("card")
    assert FILE.read_text(encoding="utf-8") == before.replace(f"{ASKED}\n", mine)


ASKED = "Say what the model is for, who uses it, and what it must not be used for."


def test_a_card_without_marks_is_left_alone(finished: Path, verb: Verb) -> None:
    FILE.parent.mkdir()
    FILE.write_text("# My own card\n", encoding="utf-8")
    with pytest.raises(UserError, match="lacks the marks of part 'use'"):
        verb("card")
    assert FILE.read_text(encoding="utf-8") == "# My own card\n"


def test_a_stage_that_has_not_run(finished: Path, verb: Verb) -> None:
    Path("reports/diagnosis.json").unlink()
    with pytest.raises(UserError, match="run `dvc repro diagnose` first"):
        verb("card")
