"""The Makefiles pass on every value as written: neither make nor a shell expands any of it.

Run with `python -m pytest tests/test_make.py`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import PACKAGE, PROJECT, ROOT, Bake, command

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
HOSTILE = (
    "$(shell touch F)",
    "$$(touch F)",
    "$(touch F)",
    "x;touch F",
    "`touch F`",
    "'\"; touch F; '\"",
    "x\ntouch F\n",
    "--F=$HOME # *",
)
FLAGS = {"FORCE", "REPLACE"}
# The stand-in for the locked tools: it writes down its arguments.
RECORD = "printf '%s\\0' \"$@\" > called\n"


def uses() -> Iterator[tuple[Path, str, str]]:
    """Every variable of each target of both Makefiles: (folder, target, variable)."""
    for folder in (ROOT, ROOT / PROJECT):
        text = (folder / "Makefile").read_text(encoding="utf-8")
        for target, recipe in re.findall(r"^([a-z-]+):.*\n\t(.*)", text, re.MULTILINE):
            names = re.findall(r"\$\((?:\w+ )?([A-Z]+\d*)\)|\$\$\{?([A-Z]+\d*)", recipe)
            for name in sorted({row or other for row, other in names}):
                yield folder, target, name


USES = list(uses())


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a Makefile and tools that only write down their arguments."""
    folder: Path = request.getfixturevalue("folder")
    root = tmp_path / "place"
    scripts = root / (f"{PROJECT}/scripts" if folder == ROOT else "scripts")
    scripts.mkdir(parents=True)
    (scripts / "venv").write_text(RECORD, encoding="utf-8")
    (scripts / "setup.py").touch()
    write_makefile(folder, root)
    return root


def write_makefile(folder: Path, place: Path) -> None:
    """As in a project; rendering all of one for each test would take minutes."""
    text = (folder / "Makefile").read_text(encoding="utf-8")
    rendered = text.replace("{{ cookiecutter.__package_name }}", PACKAGE)
    (place / "Makefile").write_text(rendered, encoding="utf-8")


def arguments(place: Path, target: str, name: str, value: str, how: str) -> list[str]:
    """The arguments of the target's command; nothing else may have run."""
    given, variables = list[str](), dict(os.environ)
    if how == "command line":
        given.append(f"{name}={value}")
    else:
        variables[name] = value
    if name == "PYTHON":  # a program of that name, which does the same
        tools = place / "tools"
        tools.mkdir(exist_ok=True)
        (tools / value).write_text(f'#!/bin/sh\nset -- "${{0##*/}}"\n{RECORD}', encoding="utf-8")
        (tools / value).chmod(0o755)
        variables["PATH"] = f"{tools}{os.pathsep}{variables['PATH']}"
    (place / "called").unlink(missing_ok=True)
    done = command("make", target, *given, cwd=place, env=variables)
    assert (place / "called").exists(), done.stderr
    assert not (place / "F").exists()
    return (place / "called").read_text(encoding="utf-8").split("\0")


@pytest.mark.parametrize("how", ["command line", "environment"])
@pytest.mark.parametrize(("folder", "target", "name"), USES)
def test_a_value_arrives_as_it_was_written(
    place: Path, folder: Path, target: str, name: str, how: str
) -> None:
    for value in HOSTILE:
        words = arguments(place, target, name, value, how)
        if name in ("PARTS", "SIZES", "TARGETS"):  # lists of words
            start = words.index(value.split()[0])
            assert words[start : start + len(value.split())] == value.split()
        elif name not in FLAGS:
            assert [word for word in words if word == value or word.endswith(f"={value}")], words


def test_the_variables_are_found() -> None:
    assert {name for folder, _, name in USES if folder == ROOT} == {
        *("PARTS", "PYTHON", "SIZES", "TASK"),
    }
    assert {name for folder, _, name in USES if folder != ROOT} == FLAGS | {
        *("FROM", "PYTHON", "REAL", "SHA256", "TARGETS"),
    }


@pytest.mark.parametrize("folder", [ROOT, ROOT / PROJECT])
def test_no_value_steers_make_itself(place: Path, folder: Path) -> None:
    """Neither the Makefile's own variables, nor those of an outer make."""
    own = re.findall(r"^override (\w+) :=", (place / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"in_venv", "values"} <= {*own}
    variables = os.environ | {"MAKEFLAGS": "B=$$(shell\\ touch\\ F) UNKNOWN=$$(shell\\ touch\\ F)"}
    for name in own:
        command("make", "check", f"{name}=touch F;", "UNKNOWN=$(shell touch F)", cwd=place)
        command("make", "-e", "check", cwd=place, env=variables | {name: "touch F;"})
        assert not (place / "F").exists(), name


def test_a_variable_of_the_environment_still_gets_there(tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "scripts").mkdir(parents=True)
    (place / "scripts" / "venv").write_text('printf "%s" "$PYTEST_ADDOPTS"', encoding="utf-8")
    write_makefile(ROOT / PROJECT, place)
    done = command("make", "test", "PYTEST_ADDOPTS=-x $HOME", cwd=place)
    assert done.stdout.endswith("-x $HOME")


@pytest.mark.parametrize("fails", ["nothing", "bench.py", "bench_scale.py"])
def test_a_figure_past_its_bound_ends_no_measurement(tmp_path: Path, fails: str) -> None:
    scripts = tmp_path / PROJECT / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "setup.py").touch()
    says = f'for word; do :; done; echo "$word"; [ "${{word#scripts/}}" != "{fails}" ]\n'
    (scripts / "venv").write_text(says, encoding="utf-8")
    write_makefile(ROOT, tmp_path)
    done = command("make", "--silent", "bench", cwd=tmp_path)
    assert done.stdout.split() == ["scripts/bench.py", "scripts/bench_scale.py"]
    assert (done.returncode == 0) == (fails == "nothing")


@pytest.mark.parametrize("folder", [ROOT, ROOT / PROJECT])
def test_every_target_is_explained_and_one_line(folder: Path) -> None:
    text = (folder / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):(.*)\n((?:\t.*\n)*)", text, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert {name for name, _, _ in targets} == set(" ".join(phony).split())
    for name, head, recipe in targets:
        assert " ## " in head, f"{name} is not explained"
        assert recipe.count("\n") == 1, f"{name} is not one line"


def test_there_are_at_most_twelve_verbs_of_every_day() -> None:
    text = (ROOT / PROJECT / "Makefile").read_text(encoding="utf-8")
    assert len(re.findall(r"^[a-z-]+:", text, re.MULTILINE)) <= 12


def test_make_takes_an_empty_source_for_a_mistake(bake: Bake) -> None:
    """As from an unset variable; it must not bring in the example in place of the data."""
    done = command("make", "data", "FROM=", cwd=bake())
    assert done.returncode != 0
    assert "FROM is empty; name a folder, an archive or an address" in done.stderr


@pytest.mark.parametrize(("target", "name"), [("data", "FROM"), ("pull", "TARGETS")])
def test_make_hands_a_value_on_as_it_was_written(bake: Bake, target: str, name: str) -> None:
    project = bake()
    hostile = '1.0"; touch here; "$(touch there)'
    shown = command("make", "--dry-run", target, f"{name}={hostile}", cwd=project)
    assert "touch" not in shown.stdout
    command("make", target, f"{name}={hostile}", cwd=project)
    assert not [path for path in project.iterdir() if path.name in ("here", "there")]
