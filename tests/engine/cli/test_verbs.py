"""The launcher: it chooses the kernels, then imports what the verb needs, and runs that."""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from unittest.mock import MagicMock

import pytest
from conftest import configured

from samebits import __main__ as launcher
from samebits.console.errors import UserError
from samebits.core import determinism, kernels
from samebits.metrics.registry import METRICS, number_of
from samebits.verbs import VERBS

Python = Callable[..., "subprocess.CompletedProcess[str]"]
# At the moment at which a verb chooses its kernels, what is imported already.
CHOOSING = """
import sys
from samebits import __main__ as launcher
from samebits.verbs import VERBS

def choose(*level):
    raise SystemExit
launcher.determinism.choose = choose
for name in VERBS:
    sys.argv = ["samebits", *name.split()]
    try:
        launcher.main()
    except SystemExit:
        print(name)
print(*sys.modules)
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(configured(tmp_path).parent)


def test_kernels_are_chosen_before_anything_heavy_is_imported(python: Python) -> None:
    done = python("-c", CHOOSING)
    assert done.returncode == 0, done.stderr
    *chosen, modules = done.stdout.splitlines()
    assert chosen == [*VERBS]
    assert {"numpy", "torch", "PIL"}.isdisjoint(modules.split())


@pytest.mark.parametrize(
    ("words", "kernels", "argv", "yours"),
    [
        ("latency", ("machine", 3), ["samebits latency"], {"model"}),
        ("data list", ("portable", 1), ["samebits data list"], set()),
        ("data pull models", ("portable", 1), ["samebits data pull", "pull", "models"], set()),
        ("compare a b", ("portable", 1), ["samebits compare", "a", "b"], {"metrics"}),
    ],
)
def test_a_verb_has_its_kernels_its_words_and_its_files(
    words: str,
    kernels: tuple[str, int],
    argv: list[str],
    yours: set[str],
    settle: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran, chosen = list[object](), list[object]()
    part = SimpleNamespace(main=lambda *given: ran.extend([sys.argv, *given]))
    settle(Path("params.yaml"), reproducibility={"level": "machine", "threads": 3})
    monkeypatch.setattr(determinism, "choose", lambda *given: chosen.append(given))
    monkeypatch.setattr(launcher, "import_module", lambda _: part)
    monkeypatch.setattr(sys, "argv", ["samebits", *words.split()])
    launcher.main()
    assert chosen == [kernels]
    assert ran[0] == argv
    assert [vars(one)["_names"] for one in ran[1:]] == ([yours] if yours else [])


@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if "metrics" in verb.yours])
def test_own_metrics_are_known_where_they_are_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the code that uses them: the launcher is no dependency of a stage."""
    own = number_of("own", lambda _: 0.5, higher_is_better=True)
    yours = SimpleNamespace(metrics=SimpleNamespace(METRICS=[own]), show=None, model=None)
    monkeypatch.setattr(kernels, "configure", lambda *_: None)
    given = [yours, MagicMock()] if name.startswith("run ") else [yours]
    monkeypatch.setattr(sys, "argv", [f"samebits {name}", "a", "b"])
    with mock.patch.dict(METRICS):
        with pytest.raises((UserError, SystemExit)):
            import_module(f"samebits.{VERBS[name].module}").main(*given)
        assert METRICS["own"] is own


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_all_verbs_are_listed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["samebits", *words])
    launcher.main()
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and verb.help in said for name, verb in VERBS.items())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian", "there is no verb 'trian'; 'samebits --help' lists them"),
        ("run", "'run' takes one of validate, prepare, train, evaluate, diagnose, report"),
        ("data lst", "'data' takes one of .*list"),
        ("exp", "'exp' takes one of .*seeds"),
    ],
)
def test_a_verb_that_there_is_not(words: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["samebits", *words.split()])
    with pytest.raises(UserError, match=said):
        launcher.main()
