"""Long work reports its progress, also in a log."""

import re
import sys
from collections.abc import Callable

import pytest

from samebits.console import progress

OPTIONS = {"desc": "read", "unit": " examples"}
Caught = pytest.CaptureFixture[str]


def walk() -> list[int]:
    return list(progress.progress(range(3), total=3, **OPTIONS))


def update() -> list[int]:
    with progress.progress(total=3, leave=False, **OPTIONS) as bar:
        bar.set_postfix(loss="0.5", refresh=False)
        for _ in range(3):
            bar.update(1)
    return [0, 1, 2]


@pytest.mark.parametrize("work", [walk, update])
def test_a_log_gets_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught, work: Callable[[], list[int]]
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    assert work() == [0, 1, 2]
    lines = capsys.readouterr().err.splitlines()
    loss = ", loss=0.5" if work is update else ""
    shape = rf"read: \d of 3 examples({loss})?, +\S+ examples/s, \S+ left"
    assert len(lines) >= 3
    assert all(re.fullmatch(shape, line) for line in lines), lines


@pytest.mark.parametrize("work", [walk, update])
def test_what_is_short_says_nothing(capsys: Caught, work: Callable[[], list[int]]) -> None:
    assert work() == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    walk()
    assert "100%|" in capsys.readouterr().err
