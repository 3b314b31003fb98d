"""The launcher chooses the kernels, then imports what the verb needs, and runs it."""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from unittest.mock import MagicMock

import pytest
from conftest import ROOT, configured
from documented import rows

from samebits import __main__ as launcher
from samebits import arguments
from samebits.arguments import parse, tree
from samebits.console.errors import UserError, run
from samebits.core import determinism, kernels
from samebits.diagnosis.error_tags import MOST_LISTED
from samebits.experiments.sweep import STORAGE
from samebits.ingest.archive import KINDS
from samebits.ingest.safe_copy import CopyLimits
from samebits.metrics.registry import METRICS, number_of
from samebits.verbs import GROUPS, VERBS

Python = Callable[..., "subprocess.CompletedProcess[str]"]
Captured = pytest.CaptureFixture[str]
# What is already imported when a verb chooses its kernels.
CHOOSING = """
import shlex, sys
from samebits import __main__ as launcher
from samebits.verbs import VERBS

def choose(*level):
    raise SystemExit
launcher.determinism.choose = choose
for name, verb in VERBS.items():
    sys.argv = ["samebits", *name.split(), *shlex.split(verb.example)]
    try:
        launcher.main()
    except SystemExit:
        print(name)
print(*sys.modules)
"""
HELPS = [[], *([name] for name in GROUPS), *(name.split() for name in VERBS)]
# Verbs that need no project.
ELSEWHERE = {"completion": 0}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(configured(tmp_path).parent)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command line in this process, and return its exit status."""
    monkeypatch.setattr(determinism, "choose", lambda *_: None)

    def of(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["samebits", *words])
        try:
            run(launcher.main)
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return of


def helped(words: list[str], capsys: Captured) -> str:
    """The output of `--help`."""
    with pytest.raises(SystemExit) as end:
        parse([*words, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_kernels_are_chosen_before_anything_heavy_is_imported(python: Python) -> None:
    done = python("-c", CHOOSING)
    assert done.returncode == 0, done.stderr
    *chosen, modules = done.stdout.splitlines()
    assert chosen == [*VERBS]
    assert {"numpy", "torch", "PIL"}.isdisjoint(modules.split())


@pytest.mark.parametrize(
    ("words", "kernels", "given", "yours"),
    [
        ("latency", ("machine", 3), None, {"model"}),
        ("data list", ("portable", 1), {"json": False}, None),
        ("data pull models", ("portable", 1), {"targets": ["models"]}, None),
        ("compare a b", ("portable", 1), {"A": "a", "B": "b", "split": "dev"}, {"metrics"}),
    ],
)
def test_a_verb_has_its_kernels_its_arguments_and_its_files(
    words: str,
    kernels: tuple[str, int],
    given: dict[str, object] | None,
    yours: set[str] | None,
    settle: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran, chosen = list[object](), list[object]()
    part = SimpleNamespace(main=lambda *parts: ran.extend(parts))
    settle(Path("params.yaml"), reproducibility={"level": "machine", "threads": 3})
    monkeypatch.setattr(determinism, "choose", lambda *level: chosen.append(level))
    monkeypatch.setattr(launcher, "import_module", lambda _: part)
    monkeypatch.setattr(sys, "argv", ["samebits", *words.split()])
    launcher.main()
    assert chosen == [kernels]
    assert len(ran) == (given is not None) + (yours is not None)
    if given is not None:
        assert vars(ran[0]).items() >= given.items()
    if yours is not None:
        assert vars(ran[-1])["_names"] == yours


@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if "metrics" in verb.yours])
def test_own_metrics_are_known_where_they_are_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the code that uses them: the launcher is not a dependency of a stage."""
    own = number_of("own", lambda _: 0.5, higher_is_better=True)
    yours = SimpleNamespace(metrics=SimpleNamespace(METRICS=[own]), show=None, model=None)
    monkeypatch.setattr(kernels, "configure", lambda *_: None)
    verb = VERBS[name]
    given = parse([*name.split(), *shlex.split(verb.example)])
    parts = [*([given] if verb.arguments else []), yours]
    parts += [MagicMock()] if name.startswith("run ") else []
    with mock.patch.dict(METRICS):
        with pytest.raises((UserError, SystemExit)):
            import_module(f"samebits.{verb.module}").main(*parts)
        assert METRICS["own"] is own


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_all_verbs_are_listed(words: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        parse(words)
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and verb.help in said for name, verb in VERBS.items())


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_ends_with_an_example_that_runs(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """That is, the same parser accepts it, for the verb or the group in question."""
    monkeypatch.setenv("COLUMNS", "80")
    said = helped(words, capsys)
    last = said.rpartition("\nexample:\n")[2].splitlines()
    assert last
    for line in last:
        program, *example = shlex.split(line)
        assert program == "samebits"
        assert example[: len(words)] == words
        name = parse(example).verb
        assert " ".join(example).startswith(name)
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize("group", GROUPS)
def test_the_help_of_a_group_lists_its_verbs(group: str, capsys: Captured) -> None:
    said = helped([group], capsys)
    for name, verb in VERBS.items():
        assert (f"  {name} " in said and verb.help in said) == name.startswith(f"{group} ")


@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if verb.arguments])
def test_the_example_shows_an_argument(name: str) -> None:
    assert VERBS[name].example


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inside in action.choices.values():
                yield from parsers(inside)


def test_every_argument_is_explained() -> None:
    for parser in parsers(tree()):
        assert all(action.help for action in parser._actions), parser.prog


def test_help_tells_the_bounds_that_hold_elsewhere(capsys: Captured) -> None:
    said = " ".join(helped(["data", "add"], capsys).split())
    assert f"files and folders ({CopyLimits().files})" in said
    assert f"may unpack to ({CopyLimits().ratio:.0f})" in said
    assert {kind.strip(".").split(".")[0] for kind in KINDS} <= {"zip", "tar", "tgz", "tbz2", "txz"}
    assert f"mistakes ({MOST_LISTED})" in helped(["errors"], capsys)
    assert STORAGE.rpartition("/")[2] in helped(["exp", "sweep"], capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("xyz", "there is no verb 'xyz'; 'samebits --help' lists them"),
        ("train", "there is no verb 'train'; did you mean 'run train'[?] 'samebits --help' lists"),
        ("comprae a b", "there is no verb 'comprae'; did you mean 'compare'[?] 'samebits --help'"),
        ("dat list", "there is no verb 'dat'; did you mean 'data'[?] 'samebits --help' lists them"),
        (
            "run trian",
            "no verb 'run trian'; did you mean 'run train'[?] 'run' takes one of validat",
        ),
        ("data seeds", "no verb 'data seeds'; did you mean 'exp seeds'[?] 'data' takes one of add"),
        ("run", "'run' takes one of validate, prepare, train, evaluate, diagnose, report"),
        (
            "data lst",
            "there is no verb 'data lst'; did you mean 'data list'[?] 'data' takes one of",
        ),
        ("data xyz", "there is no verb 'data xyz'; 'data' takes one of"),
        ("data --json", "'data' takes one of"),
        ("exp", "'exp' takes one of .*seeds"),
        ("compare a", "required: B; see 'samebits compare --help'"),
        ("rank --jsn", "'samebits rank' takes no --jsn; see 'samebits rank --help'"),
        ("data list --json more", "'samebits data list' takes no more;"),
        ("--verbose", "required: VERB; see 'samebits --help'"),
        ("exp sweep a=1 --trials 0", "'0' must be a whole number of at least 1"),
        ("exp sweep a=1 --name 7", "'7' may only contain letters, digits, - and _"),
        ("completion csh", "invalid choice: 'csh'"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    words: str, said: str, ended: Callable[..., int], capsys: Captured
) -> None:
    assert ended(*words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"error: .*{said}.*\.\n", err), err


def test_the_version_is_that_of_the_manifest(
    ended: Callable[..., int],
    capsys: Captured,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever one is: whoever reports a fault need not look for it."""
    monkeypatch.chdir(tmp_path)
    assert ended("--version") == 0
    said = capsys.readouterr().out
    assert re.fullmatch(r"samebits \d[\d.]*\n", said)
    assert (ROOT / "src/samebits/MANIFEST").read_text("utf-8").startswith(said)
    monkeypatch.setattr(arguments, "MANIFEST", tmp_path / "MANIFEST")
    assert ended("--version") == 0
    assert capsys.readouterr().out == "samebits, of an unknown version\n"


HOSTILE = ("$(touch F)", "x;touch F", "`touch F`", "x\ntouch F\n", "--F=$HOME # *", "-x", "ü\x1b")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["data add", "data release", "exp keep", "data checkout"])
def test_a_value_arrives_as_it_was_written(name: str, value: str) -> None:
    assert value in vars(parse([*name.split(), "--", value])).values()


@pytest.mark.parametrize("name", VERBS)
def test_what_could_not_be_done_is_no_answer(
    name: str,
    tmp_path: Path,
    ended: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    # A repository, but no project.
    subprocess.run(["git", "init", "-q", tmp_path / "empty"], check=True)
    monkeypatch.chdir(tmp_path / "empty")
    words = [*name.split(), *shlex.split(VERBS[name].example)]
    assert ended(*words) == ELSEWHERE.get(name, 2)
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.startswith("error: ") == (name not in ELSEWHERE)
    assert ended(*words, "--nonsense") == 2


def test_the_page_says_which_verbs_exit_with_1() -> None:
    """Those whose code raises CheckFailed; a release also validates."""
    engine = ROOT / "src/samebits"
    sources = {
        name: (engine / f"{verb.module.replace('.', '/')}.py").read_text("utf-8")
        for name, verb in VERBS.items()
    }
    denying = {name for name, text in sources.items() if re.search(r"CheckFailed\(|\(NO\)", text)}
    denying |= {name for name, text in sources.items() if "import main as validate" in text}
    documented = {name for name in rows("exit status 1 of") if name in VERBS}
    assert documented == denying
    others = {
        path.relative_to(engine).as_posix()
        for path in engine.rglob("*.py")
        if "raise CheckFailed(" in path.read_text("utf-8")
    }
    assert others == {f"{VERBS[name].module.replace('.', '/')}.py" for name in denying} - {
        "audit/command.py",
        "cli/data_release.py",
    }
