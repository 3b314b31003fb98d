"""The docs on operators: safe ones have the same bits on emulated processors.

python -m pytest -m emulated tests/test_operators.py
"""

import ast
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import PROJECT, ROOT

WORKER = ROOT / "tests" / "operators_worker.py"
# Two vendors, neither with AVX-512; if this one has none either, that is all that is compared.
PROCESSORS = ("Haswell-v1", "EPYC-v1")


def section() -> str:
    """The part of the project's docs/reproducibility.md on operators."""
    text = (ROOT / PROJECT / "docs/reproducibility.md").read_text(encoding="utf-8")
    return text.partition("\n## Operators\n")[2].partition("\n## ")[0]


def safe() -> list[str]:
    """The names that the docs call safe."""
    return re.findall(r"`([^`]+)`", section().partition("Compared between processors")[2])


def refused() -> set[str]:
    """The names that the docs say are refused."""
    rows = section().partition("Compared between processors")[0].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `")]
    return set(re.findall(r"`([^`]+)`", " ".join(cells)))


def test_the_docs_name_what_is_refused() -> None:
    source = ROOT / PROJECT / "src/samebits/core/operators.py"
    values = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
    }
    called = {name for name, _ in ast.literal_eval(unbound(values["REFUSED"])).values()}
    rooted = values["ROOTED"]
    assert isinstance(rooted, ast.Call)
    assert refused() == called | ast.literal_eval(rooted.args[0])


def unbound(node: ast.expr) -> ast.expr:
    """Put a text in the place of each name, so that only literals are left."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Constant(node.id)

    return Names().visit(node)  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.emulated
@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="no qemu-x86_64 (qemu-user)")
def test_what_is_safe_has_the_same_bits_on_other_processors(built: Path) -> None:
    python = str((built / ".venv" / "bin" / "python").resolve())
    packages = next(built.glob(".venv/lib/python*/site-packages"))
    paths = os.pathsep.join([str(built / "src"), str(packages)])

    def digests(*emulator: str) -> dict[str, str]:
        done = subprocess.run(
            [*emulator, python, "-W", "ignore", str(WORKER)],
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        by_operator: dict[str, str] = json.loads(done.stdout)
        return by_operator

    native = digests()
    assert sorted(native) == sorted(safe()), "docs and operators_worker.py name others"
    with ThreadPoolExecutor() as pool:
        emulated = pool.map(lambda name: digests("qemu-x86_64", "-cpu", name), PROCESSORS)
        for name, differing in zip(PROCESSORS, emulated, strict=True):
            differ = [operator for operator in native if native[operator] != differing[operator]]
            assert not differ, f"{name}: {', '.join(differ)}"
