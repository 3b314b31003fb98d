"""params.yaml as rendered: few keys, everyday ones first, no default written out.

Run with `python -m pytest tests/test_params.py`.
"""

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from helpers import CONTEXT, Bake

BESIDE = re.compile(r"^  (\w+): (?:[^#\n]*?) # (.*)$", re.MULTILINE)


class Declared(NamedTuple):
    """A field of a section: the default of its key, and the comment on what the key does."""

    default: Any
    does: str


def fields(project: Path) -> dict[str, dict[str, Declared]]:
    """The fields of each section, by its name and theirs, in their order."""
    engine = project / "src/samebits/core/sections.py"
    own = (path for path in sorted(project.glob("src/*/*.py")) if "samebits" not in path.parts)
    return {
        node.name.lower(): {
            ast.unparse(field.target): declared(field, path)
            for field in node.body
            if isinstance(field, ast.AnnAssign)
        }
        for path in (engine, *own)
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def declared(field: ast.AnnAssign, path: Path) -> Declared:
    keywords = getattr(field.value, "keywords", ())
    defaults = [ast.literal_eval(part.value) for part in keywords if part.arg == "default"]
    above = path.read_text("utf-8").splitlines()[field.lineno - 2].strip()
    return Declared(defaults[0] if defaults else None, above[2:] if above[:2] == "# " else "")


@pytest.mark.parametrize("task", CONTEXT["task"])
def test_what_one_turns_every_day_stands_first(bake: Bake, task: str) -> None:
    project = bake(task=task)
    params, known = yaml.safe_load((project / "params.yaml").read_text("utf-8")), fields(project)
    assert sum(map(len, params.values())) <= 60
    order = "model optimization augmentation regularization input task data evaluation"
    assert [*params] == [*order.split(), "reproducibility", "runtime"]
    for section, keys in params.items():
        assert [*keys] == [key for key in known[section] if key in keys], section


@pytest.mark.parametrize("task", CONTEXT["task"])
def test_a_default_is_written_only_where_it_is_another(bake: Bake, task: str) -> None:
    """The comment on such a key in params.yaml is the engine's."""
    project = bake(task=task)
    text = (project / "params.yaml").read_text("utf-8")
    params, beside, known = yaml.safe_load(text), dict(BESIDE.findall(text)), fields(project)
    spared = {
        (section, key): field
        for section in params
        for key, field in known[section].items()
        if field.default is not None
    }
    assert len(spared) > 10
    assert all(field.does for field in spared.values())
    for (section, key), field in spared.items():
        if key in params[section]:
            assert params[section][key] != field.default, key
            assert beside[key] == field.does
