"""What an import reaches: `pytest tests/engine/audit/test_imports.py`."""

from typing import Any

import pytest

from samebits.audit.imports import reach
from samebits.audit.project import Project


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        ("from .b import c", {"b/__init__.py", "b/c.py"}),
        ("from p.b import c", {"b/__init__.py", "b/c.py"}),
        ("import p.b.c as d", {"b/__init__.py", "b/c.py"}),
        ("from . import e", {"e.py", "f.py"}),
        ("def g():\n    from .e import X", {"e.py", "f.py"}),
        ("try:\n    pass\nexcept OSError:\n    import p.f", {"e.py", "f.py"}),
        ("match 1:\n    case 1:\n        import p.f", {"e.py", "f.py"}),
        ("import importlib\nimportlib.import_module('p.f')", {"e.py", "f.py"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import e", set()),
        ("import os, yaml, q", set()),
    ],
)
def test_what_an_import_reaches(tmp_path: Any, line: str, reached: set[str]) -> None:
    files = {
        "__init__.py": '"""Only this."""\n',
        "a.py": line,
        "b/__init__.py": "X = 1\n",
        "b/c.py": "",
        "e.py": "from .f import Y\n",
        "f.py": "from . import e\n",
    }
    for name, text in files.items():
        (tmp_path / "src/p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src/p" / name).write_text(text, encoding="utf-8")
    reachable = reach(Project(tmp_path), "src/p/a.py")
    assert reachable == {f"src/p/{name}" for name in reached} | {"src/p/a.py"}
