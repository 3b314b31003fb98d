"""The detectors detect: classic bugs, planted one at a time in a generated project.

    python -m pytest -m slow tests/test_catalogue.py

The audit looks for each, then tests (of the engine or of the project), then `make
verify`; what sees it first, and its message, are in the table at the end, which `--write-rows`
writes into docs/reproducibility.md. The unharmed project raises no alarm.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from catalogue import BUGS, SHOWN, Bug, Seen, plant
from helpers import PACKAGE, PROJECT, ROOT, Bake, command, sources, tree
from proofs import DOCS

STAGES = ("validate", "prepare", "train", "evaluate", "diagnose", "report")
OUTPUTS = ("data/prepared", "models", "reports")
PYTEST = ("python3", "-m", "pytest", "-q", "-p", "no:cacheprovider")
# Any change makes dvc.lock stale, or the engine differ from its manifest: that detects no bug.
STALE = re.compile(
    r"dvc\.lock:.*(has changed since|is not recorded|no longer|\bwas .* and is)"
    r"|.* differs from the file shipped with engine \S+$"
)


class Place:
    """A copy of a project, and the variables of an environment to run it in."""

    def __init__(self, source: Path, folder: Path, variables: dict[str, str]) -> None:
        self.root = folder
        self._variables = variables
        ignore = shutil.ignore_patterns(".venv", "__pycache__", ".*_cache")
        shutil.copytree(source, folder, ignore=ignore)

    def copy(self, folder: Path) -> "Place":
        return Place(self.root, folder, self._variables)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return command(*words, cwd=self.root, env=self._variables)

    def must(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self, made: str) -> None:
        self.must("dvc", *made.split())
        self.must("git", "add", "--all")
        self.must("git", "commit", "--quiet", "--no-verify", "--allow-empty", "-m", "Results")

    def outputs(self) -> dict[str, bytes]:
        return {
            f"{folder}/{name}": content
            for folder in OUTPUTS
            for name, content in self._files(folder)
        }

    def _files(self, folder: str) -> list[tuple[str, bytes]]:
        return sorted(tree(self.root / folder).items())


def audited(place: Place, bug: Bug | None = None) -> list[str]:
    """The findings of the audit."""
    said = place.run("python3", "-m", "samebits", "audit").stdout
    assert "randomness" in said, said
    return [line for line in said.splitlines() if re.match(r"\S+:\d+: ", line)]


def suite_fails(place: Place, bug: Bug) -> list[str]:
    """The first test that fails, of the project or of the engine."""
    if not bug.tests:
        return []
    if bug.tests == "tests":
        done = place.run(*PYTEST, "-x", bug.tests)
    else:
        engine = engine_with(bug, place.root.with_name(f"{place.root.name}-engine"))
        done = place.run(*PYTEST, "-x", "-c", f"{engine}/pytest.ini", f"{engine}/{bug.tests}")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return re.findall(r"^(?:FAILED|ERROR) \S+?::(.*)$", done.stdout, re.MULTILINE)


def engine_with(bug: Bug, folder: Path) -> Path:
    """A copy of the template's files with the bug in it; where the engine's tests are there."""
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    for name in (PROJECT, "tests/engine"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    plant(folder / PROJECT, PACKAGE, bug.changes, sources(folder))
    return folder / "tests" / "engine"


def verified(place: Place, bug: Bug) -> list[str]:
    """What a fresh clone does not reproduce."""
    place.commit(bug.made)
    done = place.run("python3", "-m", "samebits", "verify")
    return re.findall(r"^error: (.*)$", done.stderr, re.MULTILINE)


DETECTORS = {"audit": audited, "tests": suite_fails, "make verify": verified}


def look(short: Place, folder: Path, bug: Bug) -> Seen:
    """Plant a bug in a copy, ask one detector after the other, check that training still runs."""
    place = short.copy(folder)
    plant(place.root, PACKAGE, bug.changes)
    for name, detector in DETECTORS.items():
        alarms = [line for line in detector(place, bug) if not STALE.match(line)]
        if alarms:
            about = [line for line in alarms if re.search(bug.says, line)]
            assert about == alarms, f"{name} raises another alarm: {alarms}"
            runs(place, bug)
            return Seen(name, alarms[0])
    return Seen("nothing", "")


def runs(place: Place, bug: Bug) -> None:
    """The bug is not just a crash: its stage still runs."""
    plant(place.root, PACKAGE, bug.settings)
    for stage in bug.stages.split():
        place.must("python3", "-m", "samebits", "run", stage)


@pytest.fixture(scope="module")
def short(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The project with one epoch, its results committed."""
    folder = tmp_path_factory.mktemp("short")
    (folder / ".gitconfig").write_text("[user]\nname = T\nemail = t@example.org\n", "utf-8")
    # Taken once: each test has its own home, and the bugs are looked at meanwhile.
    variables = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    variables |= {
        "PATH": os.pathsep.join([str(built / ".venv" / "bin"), os.environ["PATH"]]),
        "HOME": str(folder),
        "PYTHONIOENCODING": "utf-8",
        "DVC_NO_ANALYTICS": "1",
        "COLUMNS": "400",  # pytest cuts the lines of its summary at the width of the terminal
    }
    place = Place(built, folder / "project", variables)
    plant(place.root, PACKAGE, (("params.yaml", r"epochs: \d+", "epochs: 1"),))
    place.commit("repro")
    return place


@pytest.fixture(scope="module")
def seen(
    short: Place, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, "Future[Seen]"]]:
    """What becomes of each bug that a test asks for, two at a time."""
    parts = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [part.params["bug"] for part in parts if part is not None and "bug" in part.params]
    folder = tmp_path_factory.mktemp("bugs")
    with ThreadPoolExecutor(2) as pool:

        def start(number: int, bug: Bug) -> "Future[Seen]":
            return pool.submit(look, short, folder / str(number), bug)

        futures = {bug.name: start(number, bug) for number, bug in enumerate(chosen)}
        yield futures


def test_the_docs_have_the_table() -> None:
    [shown] = SHOWN.findall(DOCS.read_text("utf-8"))
    rows = [line.strip("| ").split(" | ") for line in shown.splitlines()[2:]]
    assert [row[0] for row in rows] == [bug.name for bug in BUGS], "run this file with --write-rows"
    assert {row[1] for row in rows} <= DETECTORS.keys()
    homes, known = ("", "src/samebits/", f"src/{PACKAGE}/"), sources()
    named = {match[1] for row in rows if (match := re.match(r"([\w/]+\.py): ", row[2]))}
    assert len(named) > 5
    assert [name for name in named if not any(home + name in known for home in homes)] == []


def test_every_bug_finds_its_place(bake: Bake, tmp_path: Path) -> None:
    """A change of the code may move it, which is found out here and not after ten minutes."""
    project = bake()
    for number, bug in enumerate(BUGS):
        changes = (*bug.changes, *bug.settings)
        copy = shutil.copytree(project, tmp_path / str(number))
        plant(copy, PACKAGE, [change for change in changes if not change[0].endswith(".png")])


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_is_caught(
    bug: Bug, seen: dict[str, "Future[Seen]"], record_property: Callable[[str, object], None]
) -> None:
    outcome = seen[bug.name].result()
    record_property("bug", (bug.name, *outcome))
    assert outcome.detector != "nothing", f"{bug.name}: no detector sees it"


@pytest.mark.slow
@pytest.mark.parametrize("times", [4, pytest.param(20, marks=pytest.mark.long)])
def test_the_unharmed_project_raises_no_alarm(short: Place, tmp_path: Path, times: int) -> None:
    """Audited and run in fresh processes, again and again; verified once.

    Its tests are run in test_generated.py.
    """
    expected = short.outputs()

    def again(number: int) -> list[str]:
        place = short.copy(tmp_path / str(number))
        alarms = audited(place)
        for folder in OUTPUTS:
            shutil.rmtree(place.root / folder)
        place.must("git", "checkout", "--quiet", "reports")  # what people write there
        for stage in STAGES:
            place.must("python3", "-m", "samebits", "run", stage)
        made = place.outputs()
        differ = [path for path in expected | made if expected.get(path) != made.get(path)]
        shutil.rmtree(place.root)
        return [*alarms, *differ]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(again, range(times))) == [[]] * times
    assert "proven" in short.must("python3", "-m", "samebits", "verify")
