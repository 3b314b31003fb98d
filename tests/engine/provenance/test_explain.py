"""Each planted difference is named, and what it changed; nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest

from samebits.arguments import parse
from samebits.console.errors import UserError
from samebits.provenance import explain
from samebits.remote import revisions
from samebits.remote.filesystem import Objects

LOSSES, METRICS = "reports/losses.csv", "reports/metrics.json"
HASHES = "torch==2.0 --hash=sha256:other"
UPGRADED = "torch==2.1\nnumpy==2.0\nnumpy==2.1 ; python_version > '3.11'\n"
RELEASE, NAMED = "data/release.json", json.dumps({"release": "1.0", "version": "a" * 32})
DATA = "outs:\n- md5: {}\n  nfiles: {}\n  path: raw\n"


@pytest.fixture
def said(history: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Commit two results, and return the explanation of their differences, line by line."""

    def of(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
        names = history.commit(**first), history.commit(**second)
        explain.main(parse(["explain", *names]))
        # Alignment does not matter here.
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return of


def outputs(history: Any, **changed: dict[str, str]) -> dict[str, Any]:
    """The outputs of the history's runs, with other contents in some stages."""
    return {
        name: dict(zip(made, changed[name].values(), strict=True)) if name in changed else made
        for name, made in history.outputs.items()
    }


def test_nothing(said: Any) -> None:
    assert said({}, {})[3:] == [
        "Nothing differs: same code, data, params and environment, same outputs."
    ]


def test_the_whole_example(history: Any, said: Any) -> None:
    made = history.outputs | {
        "train": {"models/w": "2", LOSSES: "step,loss\n0,0.5\n1,0.26\n"},
        "evaluate": {METRICS: '{"score": 0.625, "metric": "f1"}'},
    }
    params = {"optimization": {"rate": "0.01"}, "reproducibility": {"level": "off"}}
    lines = said({}, {"outputs": made, "params": params})
    assert lines[0].startswith("A ")
    assert lines[1].endswith(" Results")
    assert lines[3:] == [
        "what changed, A -> B",
        "code nothing",
        "data nothing",
        "params optimization.rate 0.006 -> 0.01",
        "environment nothing",
        "hardware nothing",
        "",
        "what that moved",
        "train models/w",
        LOSSES,
        f"evaluate {METRICS}",
        "loss first to differ step 1: 0.25 -> 0.26",
        "score f1 0.5 -> 0.625 (+0.125000)",
    ]


@pytest.mark.parametrize(
    ("first", "second", "line"),
    [
        ({}, {"sources": {"src/p/model.py": "x"}}, "code src/p/model.py changed; enters train"),
        ({}, {"files": {"src/p/new.py": "x"}}, "code src/p/new.py added; no stage depends on it"),
        (
            {"files": {"src/p/a.py": "x"}},
            {"files": {"src/p/a.py": "y"}},
            "code src/p/a.py changed;",
        ),
        ({"files": {"dvc.yaml": "a"}}, {"files": {"dvc.yaml": "b"}}, "code dvc.yaml changed"),
        (
            {"files": {"data/raw.dvc": DATA.format("a" * 32, 5)}},
            {"files": {"data/raw.dvc": DATA.format("b" * 32, 6)}},
            "data data/raw aaaaaaaaaaaa (5 files) -> bbbbbbbbbbbb (6 files)",
        ),
        (
            {"files": {"data/raw.dvc": DATA.format("a" * 32, 5), RELEASE: NAMED}},
            {"files": {"data/raw.dvc": DATA.format("b" * 32, 6), RELEASE: NAMED}},
            "data data/raw 1.0, aaaaaaaaaaaa (5 files) -> bbbbbbbbbbbb (6 files)",
        ),
        (
            {"files": {"data/raw.dvc": DATA.format("a" * 32, 5), RELEASE: "["}},
            {"files": {"data/raw.dvc": DATA.format("a" * 32, 5), RELEASE: NAMED}},
            "data data/raw aaaaaaaaaaaa (5 files) -> 1.0, aaaaaaaaaaaa (5 files)",
        ),
        (
            {"files": {"all.dvc": "outs: [{path: all, md5: a}]"}},
            {"files": {"all.dvc": "outs: [{path: all}]"}},
            "data all a -> no version",
        ),
        (
            {},
            {"sources": {"requirements/runtime.lock": UPGRADED}},
            "environment numpy none -> 2.0 or 2.1",
        ),
        ({}, {"sources": {"requirements/runtime.lock": UPGRADED}}, "torch 2.0 -> 2.1"),
        (
            {},
            {"sources": {"requirements/runtime.lock": HASHES}},
            "environment requirements/runtime.lock same versions, other hashes",
        ),
        (
            {"files": {".python-version": "3.11\n"}},
            {"files": {".python-version": "3.12\n"}},
            "environment python 3.11 -> 3.12",
        ),
        ({}, {"machine": {"processor": "Two"}}, "hardware processor One -> Two"),
        ({}, {"machine": {"torch": "2.0+cpu"}}, "environment torch 2.0 -> 2.0+cpu"),
        (
            {"params": {"a": {"b": 1}}},
            {"params": {"a": {"c": 1}}},
            "params a.b 1 -> unset",
        ),
    ],
)
def test_each_change_is_named(
    said: Any, first: dict[str, Any], second: dict[str, Any], line: str
) -> None:
    lines = said(first, second)
    assert any(row.startswith(line) for row in lines), lines
    assert "nothing: all outputs are the same" in lines


def test_the_same_number_is_no_change(said: Any) -> None:
    lines = said({"params": {"a": {"b": "6e-3"}}}, {"params": {"a": {"b": 0.006}}})
    assert lines[3].startswith("Nothing differs")


def test_the_split(history: Any, said: Any) -> None:
    made = outputs(history, prepare={"examples": "md5\nb\nc\nc\n"})
    lines = said({}, {"outputs": made})
    assert "data train 2 -> 3 examples: 2 came, 1 left" in lines
    assert "prepare data/prepared/train" in lines


def test_outputs_that_come_and_go(history: Any, said: Any) -> None:
    train = {LOSSES: history.outputs["train"][LOSSES], "models/v": "1"}
    lines = said({}, {"outputs": history.outputs | {"train": train}})
    assert "train models/v added" in lines
    assert "models/w removed" in lines
    assert "score f1 0.5 in both" in lines


def test_a_result_that_moves_by_itself(history: Any, said: Any) -> None:
    made = history.outputs | {"evaluate": {METRICS: '{"score": 0.1, "metric": "accuracy"}'}}
    lines = said({}, {"outputs": made})
    assert "No change explains what moved; run 'make verify' in both." in lines
    assert "score metric f1 0.5 -> accuracy 0.1" in lines


def test_what_is_not_at_hand(history: Any, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "cache_folder", lambda: Path("nowhere"))
    monkeypatch.setattr(Objects, "find", lambda *_: None)
    made = outputs(history, train={"models/w": "2", LOSSES: "step,loss\n"})
    text = "\n".join(said({}, {"outputs": made}))
    assert f"loss first to differ not known: one of the two {LOSSES} is neither here" in text
    assert f"score not known one of the two {METRICS} is neither here" in text


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "[]", '{"metric": "accuracy"}'])
def test_damaged_metrics(history: Any, said: Any, content: str) -> None:
    made = history.outputs | {"evaluate": {METRICS: content}}
    said_of_it = f"score not known one of the two {METRICS} is damaged; run"
    assert any(said_of_it in line for line in said({}, {"outputs": made}))


def test_records_and_locks_that_are_of_something_else(said: Any) -> None:
    files = {"provenance/train.json": "{}", "src/p/model.py": "edited later"}
    lines = said({}, {"files": files})
    assert "B: the hardware is not known; provenance/train.json is of other outputs." in lines
    assert "hardware not known" in lines
    about = "src/p/model.py; run 'dvc repro'."
    assert f"B: its outputs were made before a change of {about}" in lines
    assert not any(line.startswith("A: ") for line in lines)


def test_data_that_the_outputs_are_not_of(history: Any, said: Any) -> None:
    """As after a release, before 'dvc repro'."""
    pointer = {"data/raw.dvc": DATA.format("b" * 32, 6)}
    history.sources = history.sources | {"data/raw": "m"}
    lines = said({}, {"files": pointer})
    assert "B: its outputs were made before a change of data/raw; run 'dvc repro'." in lines


def test_many_stale_files_are_not_all_named(history: Any, said: Any) -> None:
    sources = {f"src/p/{name}.py": name for name in "abcde"}
    lines = said({"sources": sources}, {"sources": sources, "files": dict.fromkeys(sources, "x")})
    about = "src/p/a.py, src/p/b.py, src/p/c.py and 2 more"
    assert f"B: its outputs were made before a change of {about}; run 'dvc repro'." in lines


def test_the_text_is_aligned(history: Any) -> None:
    first, second = {"x": 1}, {"x": 1, "a": {"long_name": 1, "b": 1}}
    names = history.commit(params=first), history.commit(params=second)
    shown = explain.explanation(*(revisions.Revision.find(name) for name in names))
    assert "  params       a.b          unset -> 1\n" in shown
    assert "               a.long_name  unset -> 1\n" in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_a_wrong_name(history: Any) -> None:
    history.commit()
    with pytest.raises(UserError, match="no commit, tag, branch or experiment 'mian'"):
        explain.main(parse(["explain", "main", "mian"]))
