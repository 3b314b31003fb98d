"""The rows of docs/reproducibility.md are from this code, and a row that was not run fails."""

import os
import re
import shutil
import sys
from pathlib import Path

import proofs
import pytest
from helpers import PACKAGE, PROJECT, ROOT, command, sources
from proofs import NOT_RUN, Line, digest, known, lacks, published, republished, spared
from reproduction import Row

TEST = ROOT / "tests" / "test_reproduction.py"
SOURCES = {name: path.relative_to(ROOT).as_posix() for name, path in sources().items()}
YOURS, CODE = f"src/{PACKAGE}", f"{PROJECT}/src/samebits"


def test_every_row_is_of_this_code() -> None:
    rows, codes = published(proofs.DOCS.read_text("utf-8")), known()
    assert {line.changes for line in rows} == codes.keys(), "run `make proof` or `make proof-long`"
    stale = {line for line in rows if line.ran and line.code != codes[line.changes]}
    told = {line for line in rows if line.result.endswith(proofs.EARLIER)}
    assert {line.changes for line in told} <= proofs.lagging()
    assert stale == told, "the code has changed since: run `make proof`, or `make test` with rows"
    for line in rows:
        assert not lacks(line), f"{line} is not on the list of what need not be run"
        differs = "differ, as they must" in line.result
        assert not line.ran or (line.differing != "0") == differs, line


# How rows of the README's table begin, and those of docs/reproducibility.md that they sum up.
SUMMED = {
    "home": (
        *("user name, HOME", "locale", "time zone", "umask", "PYTHONHASHSEED", "directory"),
        *("environment variables", "order in which files", "nothing, a fresh clone"),
    ),
    "every key": ("every key of runtime", "number of processes", "where examples are read from"),
    "all at once": ("everything at once",),
    "killed": ("killed",),
    "processor": ("processor",),
    "Python": ("Python and torch's wheel",),
    "the seed": ("seed, one with another",),
}


def test_the_readme_promises_what_the_rows_say() -> None:
    readme, rows = (
        (ROOT / "README.md").read_text("utf-8"),
        published(proofs.DOCS.read_text("utf-8")),
    )
    [shown] = re.findall(r"^\| varied between .*(?:\n\|.*)*", readme, re.MULTILINE)
    summed = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in shown.splitlines()[2:]
    ]
    assert all(row[0].startswith(name) for name, row in zip(SUMMED, summed, strict=True))
    for names, (_, count, by) in zip(SUMMED.values(), summed, strict=True):
        ran = [line for line in rows if line.ran and line.changes.startswith(names)]
        assert all(any(line.changes.startswith(name) for line in ran) for name in names)
        differing = sum(int(line.differing) for line in ran)
        assert differing > 100_000 if count == "over 100,000" else count == str(differing) == "0"
        assert all((ROOT / file).is_file() for file in re.findall(r"`(tests/\S+)`", by))


def test_only_rows_that_another_run_stands_for_may_lag() -> None:
    kills = "killed with SIGKILL at {} points, run again"
    late = proofs.lagging()
    assert kills.format(6) in late and kills.format(20) not in late
    assert not any(change.startswith("everything at once") for change in late)


@pytest.mark.parametrize(
    ("changes", "line", "needless"),
    [
        ("everything at once, text-class, other", {}, True),
        ("everything at once, text-class, other", {"code": "2"}, False),
        ("everything at once, text-class, other", {"differing": "1"}, False),
        ("everything at once, text-class, other", {"result": "not run here: why"}, False),
        ("everything at once, text-class, one", {}, False),
        ("everything at once, image-class, other", {}, False),
        ("umask", {}, False),
    ],
)
def test_what_need_not_be_run_again(changes: str, line: dict[str, str], needless: bool) -> None:
    row = Line(changes, "000", "1", "0", "same", "a machine", "1")._replace(**line)
    assert spared(row, {changes: "1"}) == needless


def test_a_row_of_earlier_code_says_so_where_another_run_stands_for_it() -> None:
    line = Line("umask", "000", "1", "0", "same", "a machine", "1")
    for result in ("same", "same, of earlier code"):
        dated = proofs._dated(line._replace(result=result), {"umask": "2"}, {"umask"})
        assert dated.result == "same, of earlier code"
        assert proofs._dated(dated, {"umask": "1"}, {"umask"}) == line
        assert proofs._dated(line, {"umask": "2"}, set()) == line


def test_what_need_not_be_run_is_in_the_docs() -> None:
    docs = proofs.DOCS.read_text("utf-8")
    for changes, values in NOT_RUN:
        row = rf"^\| {re.escape(changes)} \| {re.escape(values)} \|(.* not run( here)?: \w.*)?$"
        assert re.search(row, docs, re.MULTILINE), f"{changes} ({values}) does not say why"
    unmeasured = re.findall(r"^\| (.*?) \| not measured \|", docs, re.MULTILINE)
    assert {(name, "not measured") for name in unmeasured} <= NOT_RUN


def test_no_order_rests_on_a_sort_that_a_function_hides() -> None:
    """The audit sees sorts; in these, NumPy sorts or partitions with a kernel of the processor."""
    hidden = re.compile(r"return_inverse|np\.(median|quantile|percentile)\(")
    for path in (ROOT / PROJECT / "src").rglob("*.py"):
        assert not hidden.search(path.read_text("utf-8")), path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    shutil.copytree(ROOT / PROJECT, tmp_path / PROJECT, ignore=ignore)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "old", "new", "moves"),
    [
        (f"{CODE}/core/random.py", "uint64(40)", "uint64(41)", ("report", "train")),
        (f"{CODE}/report/page.py", "Colour", "Color", ("report",)),
        (f"{CODE}/report/templates/base.html", "</main>", "</main >", ("report",)),
        (f"{CODE}/report/templates/style.css", "color: #fff", "color: #eee", ("report",)),
        (f"{CODE}/cli/compare.py", "return", "return 0 or", ()),
        (f"{CODE}/training/loop.py", '"""', '"""Reworded: ', ()),
        (f"{CODE}/training/loop.py", "\nfrom ", "\n# Reworded.\nfrom ", ()),
        (f"{CODE}/console/errors.py", "error: ", "mistake: ", ()),
        (SOURCES[f"{YOURS}/training.py"], "math.radians", "math.degrees", ("report", "train")),
        (SOURCES[f"{YOURS}/metrics.py"], "= []", "= [*()]", ("report",)),
        (f"{PROJECT}/README.md", "a", "b", ()),
        (f"{PROJECT}/params.yaml", "weight_decay: 0.01", "weight_decay: 0.02", ("report", "train")),
        (f"{PROJECT}/params.yaml", " # ", " # Reworded: ", ()),
        (f"{PROJECT}/dvc.yaml", "run train", "run other", ("report", "train")),
        (f"{PROJECT}/dvc.yaml", "run report", "run other", ("report",)),
        (SOURCES["data/raw.dvc"], "md5: 7", "md5: 8", ("report", "train")),
    ],
)
def test_only_what_can_move_bits_moves_a_digest(
    copy: Path, path: str, old: str, new: str, moves: tuple[str, ...]
) -> None:
    before = {until: digest(TEST, until, copy) for until in ("report", "train")}
    text = (copy / path).read_text("utf-8")
    assert old in text
    (copy / path).write_text(text.replace(old, new, 1), "utf-8")
    after = {until: digest(TEST, until, copy) for until in ("report", "train")}
    assert {until for until in before if before[until] != after[until]} == {*moves}


def test_the_test_is_part_of_the_digest(copy: Path) -> None:
    other = shutil.copy(TEST, copy)
    assert digest(TEST, "train", copy) == digest(Path(other), "train", copy)
    Path(other).write_text(TEST.read_text("utf-8") + "x = 1\n", "utf-8")
    assert digest(TEST, "train", copy) != digest(Path(other), "train", copy)


def test_a_run_replaces_its_rows_and_no_other() -> None:
    docs = proofs.DOCS.read_text("utf-8")
    before = published(docs)
    assert republished(docs, []) == docs
    new = proofs.lines([("umask", known()["umask"], Row("000, 077", 2, 0, "same"))], "a machine")
    after = published(republished(docs, new))
    assert after == [new[0] if line.changes == "umask" else line for line in before]


NOT_FOUND = [
    Row("a", 0, 0, "not run here: no umask"),
    Row("a", 2, 9, "WRONG"),
    Row("", 0, 0, "FAILED"),
]


@pytest.mark.parametrize("row", NOT_FOUND)
def test_what_was_not_found_replaces_nothing(row: Row) -> None:
    docs = proofs.DOCS.read_text("utf-8")
    assert republished(docs, proofs.lines([("umask", "abc", row)], "a machine")) == docs


def test_what_need_not_be_run_may_say_so() -> None:
    line = Line("Python and torch's wheel", "3.12-cpu", "0", "", "not run here: no wheel", "", "")
    assert not lacks(line)
    assert lacks(line._replace(values="3.12-cpu, 3.11-cpu"))


@pytest.mark.parametrize("all_rows", [True, False])
def test_a_skipped_row_is_said_loudly_and_fails_where_all_must_run(
    all_rows: bool, tmp_path: Path
) -> None:
    """As on a machine without an emulator."""
    test = ("-m", "emulated", "tests/test_reproduction_machines.py", "-k", "test_processors")
    variables = {name: text for name, text in os.environ.items() if name != "ALL_ROWS"}
    variables |= {"PATH": str(Path(sys.executable).parent)}
    variables |= {"ALL_ROWS": "1"} if all_rows else {}
    done = command(
        "python", "-m", "pytest", "-p", "no:cacheprovider", *test, cwd=ROOT, env=variables
    )
    assert done.returncode == (1 if all_rows else 0), done.stdout + done.stderr
    said = "FAILED" if all_rows else "not run here: no qemu-x86_64"
    assert re.search(rf"^\| processor, emulated.*\| {said}", done.stdout, re.MULTILINE), done.stdout
    assert ("NOT RUN" in done.stdout) != all_rows
    assert ("a row was not run: " in done.stdout) == all_rows
