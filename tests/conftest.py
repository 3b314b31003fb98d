"""Shared by the template's tests: a clean copy of it, baking, a project that is really built.

Run with `make test`, or the quick tier alone with `python -m pytest -m "not slow"`.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it out
import catalogue
import proofs
from helpers import (
    CACHE,
    CONTEXT,
    DEFAULT,
    PROJECT,
    ROOT,
    RUNNING,
    Bake,
    Plant,
    Run,
    command,
    commit,
    cpu_wheel,
    environment,
    git,
    literal,
)
from reproduction import EPOCHS, EVERY, STAGES, Base, Counted, Place, Row

collect_ignore = ["engine"]  # which test_engine.py runs
PARTS = ("cookiecutter.json", "hooks", PROJECT, ".gitattributes", ".gitignore")


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home with a Git identity, so no settings of the machine or an outer make count."""
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    identity = "[user]\n\tname = Tester\n\temail = tester@example.org\n"
    (home / ".gitconfig").write_text(identity, encoding="utf-8")
    foreign = ("GIT_", "COOKIECUTTER_", "MAKE", "MFLAGS")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))  # cookiecutter never deletes rendered hooks
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    # The tools next to this Python, such as uv, however the tests were started.
    here = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([here, os.environ["PATH"]]))
    config = {name: str(home / name) for name in ("cookiecutters_dir", "replay_dir")}
    (home / ".cookiecutterrc").write_text(yaml.safe_dump(config), encoding="utf-8")
    return home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a user gets it: without caches, and unchanged while the tests run."""
    folder = tmp_path_factory.mktemp("template") / "template"
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=ignore)
        else:
            shutil.copy(ROOT / part, folder)
    return folder


@pytest.fixture(scope="session")
def rendered() -> dict[object, Path]:
    """Rendered projects: the same answers are copied from then on, in a tenth of the time."""
    return {}


@pytest.fixture
def bake(
    template: Path,
    tmp_path: Path,
    isolated: Path,
    rendered: dict[object, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Bake:
    """`bake(out="out", hooks=False, source=template, overwrite=False, again=False, **answers)`.

    Returns the project; with `again` it is rendered even where it was before.
    """

    def run(
        out: str = "out",
        *,
        hooks: bool = False,
        source: Path = template,
        overwrite: bool = False,
        again: bool = False,
        **answers: str,
    ) -> Path:
        unknown = answers.keys() - CONTEXT.keys()
        assert not unknown, f"no such question: {unknown}"  # cookiecutter would ignore it

        def render(output: Path) -> Path:
            project = cookiecutter(
                str(source),
                no_input=True,
                output_dir=str(output),
                accept_hooks=hooks,
                overwrite_if_exists=overwrite,
                extra_context={name: literal(text) for name, text in answers.items()},
                config_file=str(isolated / ".cookiecutterrc"),
            )
            return Path(project)

        if hooks or overwrite or again or source != template:
            return render(tmp_path / out)
        key = tuple(sorted(answers.items()))
        if key not in rendered:
            rendered[key] = render(tmp_path_factory.mktemp("rendered"))
        known = rendered[key]
        return Path(shutil.copytree(known, tmp_path / out / known.name, symlinks=True))

    return run


@pytest.fixture
def plant(template: Path, tmp_path: Path) -> Plant:
    """`plant(path, old, new)` is a copy of the template with one defect in one of its files."""

    def copy(path: str, old: str, new: str) -> Path:
        defective = tmp_path / "defective"
        shutil.copytree(template, defective)
        file = defective / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r} to replace"
        file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
        return defective

    return copy


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as a user gets it, with its environment, its data and its results; read-only.

    With the CPU wheel of torch if it is available: the same bits, in a tenth of the space. If
    several processes test, the first that asks builds it for all.
    """
    top = tmp_path_factory.getbasetemp()
    folder = (top.parent if "PYTEST_XDIST_WORKER" in os.environ else top) / "built"
    folder.mkdir(exist_ok=True)
    project = folder / "handwritten-digits"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            build(project)
            (folder / "whole").touch()
    return project


def build(project: Path) -> None:
    """Bake, install, collect the data and train."""
    folder = project.parent
    assert generated(folder, DEFAULT) == project
    variables = os.environ | {"HOME": str(folder), "UV_CACHE_DIR": CACHE}
    variables = {name: text for name, text in variables.items() if not name.startswith("GIT_")}
    # Its environment keeps torch's bytecode, because compiling it takes longer than training.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    for target in ("setup", "data", "reproduce"):
        done = command("make", target, cwd=project, env=variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert git(project, "status", "--porcelain") == "", target


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy to change at will."""
    copy = tmp_path / "copy"
    shutil.copytree(built, copy, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    return copy


@pytest.fixture
def run(built: Path, project: Path) -> Run:
    """`run("dvc", "repro")` in the copy, with the environment of the original; must succeed."""

    def call(*arguments: str, fails: bool = False) -> str:
        done = command(*arguments, cwd=project, env=environment(built))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture(scope="session")
def base(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Base:
    """The built project, with few epochs: all runs must give its committed outputs."""
    place = Place(tmp_path_factory.mktemp("base") / "base", built)
    ignored = shutil.ignore_patterns(".venv", "__pycache__", "checkpoints")
    shutil.copytree(built, place.root, ignore=ignored)
    return shortened(place)


@pytest.fixture(scope="session")
def bases(
    built: Path, base: Base, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Base]:
    """The same for a task; the environment is that of the built project."""
    known = {DEFAULT: base}

    def of(task: str) -> Base:
        if task not in known:
            folder = tmp_path_factory.mktemp(task)
            known[task] = shortened(Place(generated(folder, task), built))
        return known[task]

    return of


def generated(folder: Path, task: str) -> Path:
    """A committed project with a task, with the Python and wheels of the built one."""
    (folder / ".gitconfig").write_text("[user]\nname = T\nemail = t@example.org\n", "utf-8")
    variables = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    bake = ("python", "-m", "cookiecutter", ROOT, "--no-input", "--output-dir", folder)
    wheel = "cpu" if cpu_wheel(RUNNING) else "cuda"
    answers = (f"python_version={RUNNING}", f"accelerator={wheel}", f"task={task}")
    done = command(*bake, *answers, cwd=folder, env=variables | {"HOME": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    [project] = (path.parent for path in folder.glob("*/dvc.yaml"))
    return project


def shortened(place: Place) -> Base:
    """A project with few epochs, run and committed."""
    place.must("python", "-m", "samebits", "data", "add")
    place.change(epochs=EPOCHS, checkpoint_every=EVERY)
    place.must("dvc", "repro")
    commit(place.root, "Few epochs")
    expected = place.files(*STAGES)
    steps = expected["reports/losses.csv"].count(b"\n") - 1
    assert steps > 20 and len(expected) > 10
    return Base(place, expected, steps)


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Counted:
    """`counted({value: differing bytes}, runs=2)` notes a row of the table; all must be 0."""

    def note(differing: Mapping[str, int], *, runs: int = 0, differ: bool = False) -> None:
        right = all(differing.values()) if differ else not any(differing.values())
        result = ("differ, as they must" if differ else "same") if right else "WRONG"
        row = Row(", ".join(differing), runs or len(differing), sum(differing.values()), result)
        record_property("row", tuple(row))  # only plain values go between processes
        assert right, differing

    return note


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-rows`: the results replace the rows of docs/reproducibility.md."""
    told = "write the rows of what was found into the tables of docs/reproducibility.md"
    parser.addoption("--write-rows", action="store_true", help=told)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A tier skips rows recorded for exactly this code; `--write-rows` and a named file do not."""
    if config.getoption("--write-rows") or not config.getoption("-m"):
        return
    names = {item: mark.args[0] for item in items if (mark := item.get_closest_marker("changes"))}
    spared = proofs.recorded(names.values())
    if left := [item for item, name in names.items() if name in spared]:
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Pass the row on to the reports: skipped and failed tests have one too."""
    for item in session.items:
        if mark := item.get_closest_marker("changes"):
            code = proofs.digest(item.path, *mark.args[1:], **mark.kwargs)
            item.user_properties += [("changes", mark.args[0]), ("code", code)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """If all rows must run, a skipped one counts as failed."""
    report = yield
    mark = item.get_closest_marker("changes")
    if mark and report.skipped and proofs.ALL_ROWS:
        values = item.name.partition("[")[2].rstrip("]")
        if (mark.args[0], values) not in proofs.NOT_RUN:
            report.outcome = "failed"
            report.longrepr = f"a row was not run: {report.longrepr[2]}"
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print which bugs were caught, what changed between two runs, and what was not run."""
    reports = [report for several in terminalreporter.stats.values() for report in several]
    if proofs.ALL_ROWS:
        terminalreporter.section("minutes by file, of those with half a minute")
        terminalreporter.write_line(proofs.minutes(reports))
    if caught := catalogue.rows(reports):
        terminalreporter.section("planted bugs")
        terminalreporter.write_line(catalogue.table(caught))
    if [*caught] == [bug.name for bug in catalogue.BUGS] and config.getoption("--write-rows"):
        docs = catalogue.republished(proofs.DOCS.read_text("utf-8"), caught)
        proofs.DOCS.write_text(docs, "utf-8", newline="\n")
    written = proofs.lines(proofs.rows(reports), proofs.machine())
    if written:
        made = {line.changes for line in written}
        if spared := sorted(proofs.recorded(proofs.known()) - made):
            terminalreporter.section("not run again, as they are recorded of this very code")
            terminalreporter.write_line("\n".join(spared))
        terminalreporter.section("bytes at which tracked outputs differ")
        terminalreporter.write_line(proofs.table(written))
    if left := [line for line in written if not line.ran]:
        terminalreporter.section("rows that were NOT RUN, so nothing is shown", red=True, bold=True)
        for line in left:
            terminalreporter.write_line(f"{line.changes} ({line.values}): {line.result}", red=True)
    if written and config.getoption("--write-rows"):
        docs = proofs.DOCS.read_text("utf-8")
        proofs.DOCS.write_text(proofs.republished(docs, written), "utf-8", newline="\n")
        terminalreporter.write_line(f"written into {proofs.DOCS.relative_to(ROOT)}")
