"""The engine stands alone, and nothing that changes an output is out of sight."""

import ast
from itertools import pairwise
from typing import Any

import pytest
from conftest import ROOT

from samebits.audit.imports import imports
from samebits.audit.project import Project
from samebits.audit.rooms import FLOORS, TRANSPARENT

ENGINE = "src/samebits"
PAIRS = [*pairwise(FLOORS)]


@pytest.mark.parametrize(
    ("low", "high"), [(a, b) for low, high in PAIRS for a in low for b in high]
)
def test_an_arrow_up(copy: Any, low: str, high: str) -> None:
    path = f"{ENGINE}/{low}" if low.endswith(".py") else f"{ENGINE}/{low}/new.py"
    other = f"{ENGINE}/{high}" if high.endswith(".py") else f"{ENGINE}/{high}/other.py"
    name = other.removeprefix("src/").removesuffix(".py").replace("/", ".")
    copy.append(other, "\nX = 1\n")
    line = copy.append(path, f"\n\ndef f():\n    from {name} import X\n") + 3
    findings = [finding for finding in copy.new()["rooms"] if finding.path == path]
    assert (path, line) in [finding[:2] for finding in findings]
    assert any(
        f"imports {other}, which is on no lower floor" in finding.message for finding in findings
    )


@pytest.mark.parametrize(
    "line", ["from ..remote import sync", "from samebits.remote.sync import push"]
)
def test_an_arrow_to_a_room_beside(copy: Any, expect: Any, line: str) -> None:
    copy.write(f"{ENGINE}/audit/new.py", f"{line}\n")
    expect("rooms", f"{ENGINE}/audit/new.py", 1, "remote/sync.py, which is on no lower floor")


@pytest.mark.parametrize("path", ["util/new.py", "new.py"])
def test_a_file_in_no_room(copy: Any, expect: Any, path: str) -> None:
    copy.write(f"{ENGINE}/{path}", "")
    expect("rooms", f"{ENGINE}/{path}", 1, f"is in no room; add {path.partition('/')[0]} to")


def test_arrows_down_and_inside_a_room(copy: Any) -> None:
    copy.write(f"{ENGINE}/cli/new.py", "from . import exp_keep\nfrom ..core import files\n")
    copy.write(f"{ENGINE}/audit/new.py", "from ..console.errors import UserError\n")
    assert "rooms" not in copy.new()


@pytest.mark.parametrize(
    "line",
    [
        "import handwritten_digits.model",
        "from handwritten_digits import model",
        "from handwritten_digits.model import build",
        'importlib.import_module("handwritten_digits.model")',
        'importlib.import_module(f"{PACKAGE}.model")',
        "importlib.import_module(name)",
        "__import__(name)",
        "runpy.run_module(name)",
        "runpy.run_path(path)",
        'importlib.util.spec_from_file_location(name, "model.py")',
        'Yours(("model",)).model.build()',
        'yours.Yours(("model",))',
    ],
)
@pytest.mark.parametrize("room", ["core", "training", "cli"])
def test_the_user_s_package_in_the_engine(copy: Any, expect: Any, room: str, line: str) -> None:
    path = f"{ENGINE}/{room}/new.py"
    copy.write(path, f"def f(name):\n    {line}\n")
    expect("rooms", path, 2, "the user's", stale=True)
    copy.write(path, f"def f(name):\n    {line}  # audit: as it should be\n")
    assert "rooms" not in copy.new()


def test_where_the_launcher_imports(copy: Any) -> None:
    copy.append(f"{ENGINE}/core/yours.py", "\n\nX = import_module(package())\n")
    copy.append(f"{ENGINE}/__main__.py", "\n\nX = import_module(package())\n")
    copy.write(f"{ENGINE}/testing/new.py", 'X = Yours(("model",))\n')
    copy.write(f"{ENGINE}/core/new.py", 'X = importlib.import_module("numpy")\n')
    assert "rooms" not in copy.new()


@pytest.mark.parametrize(
    ("code", "name", "module"),
    [
        ("from samebits.console.aligned import aligned", "aligned", "console/aligned.py"),
        ("from samebits.console import aligned", "aligned", "console/aligned.py"),
        ("import samebits.console.aligned", "samebits.console.aligned", "console/aligned.py"),
        ("from samebits.console.errors import UserError, sys", "sys", "console/errors.py"),
        ("from samebits.console.errors import *", "*", "console/errors.py"),
        ("from samebits.provenance.record import machine", "machine", "provenance/record.py"),
        ("from samebits.remote.filesystem import Store", "Store", "remote/filesystem.py"),
        ("from samebits.programs import git_says", "git_says", "programs.py"),
        ("from samebits.params import LIMIT", "LIMIT", "params.py"),
        ("from samebits import verbs", "verbs", "verbs.py"),
        ("from samebits.arguments import parse", "parse", "arguments.py"),
        (
            'importlib.import_module("samebits.console.aligned")',
            "samebits.console.aligned",
            "console/aligned.py",
        ),
    ],
)
def test_a_value_that_a_stage_takes_from_a_transparent_room(
    copy: Any, plant: Any, code: str, name: str, module: str
) -> None:
    words = f"takes {name} from {ENGINE}/{module}, on which no stage depends, so a change"
    plant("rooms", f"def f():\n    {code}", words)


def test_a_loop_that_scales_by_what_a_word_says(copy: Any, expect: Any) -> None:
    """A rate that the console decides: no stage would run again if it changed."""
    copy.append(f"{ENGINE}/console/aligned.py", "\n\ndef scale() -> float:\n    return 0.5\n")
    path = f"{ENGINE}/training/loop.py"
    line = (
        copy.replace(path, "import math\n", "import math\nfrom ..console.aligned import scale\n")
        + 1
    )
    finding = expect("rooms", path, line, "takes scale from", stale=True)
    assert "would not rerun train" in finding.message
    copy.replace(path, "import scale\n", "import scale  # audit: shown alone\n")
    assert "rooms" not in copy.new()


def test_what_no_stage_runs_may_take_it(copy: Any) -> None:
    copy.write(f"{ENGINE}/cli/new.py", "from ..console.aligned import aligned\n")
    copy.write(f"{ENGINE}/data/new.py", "from ..console.aligned import aligned\n")
    copy.write(f"{copy.package}/aside.py", "from samebits.console.aligned import aligned\n")
    assert "rooms" not in copy.new()


@pytest.mark.parametrize("room", TRANSPARENT)
def test_every_transparent_room_is_there(copy: Any, room: str) -> None:
    assert (copy.root / ENGINE / room).exists()
    assert any(room in rooms for rooms in FLOORS)


def test_no_imports_in_a_circle(modules: dict[str, set[str]]) -> None:
    assert circles(modules) == []
    assert {"core.files", "core.seals"} <= {*circles(modules | {"core.files": {"core.seals"}})}


@pytest.fixture
def modules() -> dict[str, set[str]]:
    """Which modules of the engine each imports, below `samebits`."""
    engine = ROOT / "src" / "samebits"
    paths = {
        ".".join(path.relative_to(engine).with_suffix("").parts): path
        for path in engine.rglob("*.py")
        if path.stem != "__init__"
    }
    imported: dict[str, set[str]] = {}
    for module, path in paths.items():
        above = module.split(".")[:-1]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*above[: len(above) - node.level + 1], *(node.module or "").split(".")]
                names = {".".join([*filter(None, base), alias.name]) for alias in node.names}
                whole = {".".join(filter(None, base))}
                imported.setdefault(module, set()).update((names | whole) & paths.keys())
    return imported


def circles(modules: dict[str, set[str]]) -> list[str]:
    """The modules that import each other, directly or not."""
    reach = {module: set(others) for module, others in modules.items()}
    for middle in modules:
        for others in reach.values():
            if middle in others:
                others |= reach[middle]
    return [module for module in reach if module in reach[module]]


@pytest.mark.parametrize("line", ["import numpy as np", "from torch import nn", "import torch.nn"])
@pytest.mark.parametrize("path", ["console/errors.py", "remote/dir_lists.py"])
def test_what_stages_take_from_a_transparent_room_computes_nothing(
    copy: Any, expect: Any, path: str, line: str
) -> None:
    """It could change how all others compute, as `np.round = ...` does."""
    at = copy.append(f"{ENGINE}/{path}", f"\n\ndef f() -> None:\n    {line}\n") + 3
    expect("rooms", f"{ENGINE}/{path}", at, "but stages use it without depending on it")


def test_the_audit_takes_little_of_the_engine(copy: Any) -> None:
    """It runs where nothing is installed, and what it checks must not check itself."""
    project = Project(copy.root)
    inside = [path for path in project.sources if path.startswith(f"{ENGINE}/audit/")]
    taken = {item.module for path in inside for item in imports(project, path)}
    theirs = {
        module for module in taken if module.startswith("samebits.") and ".audit" not in module
    }
    known = {"console.colour", "console.errors", "programs"}
    known |= {f"core.{name}" for name in ("identity", "seals", "sections", "yours")}
    assert {module.removeprefix("samebits.") for module in theirs} <= known
