"""Names in the engine: a verb's module is named by the verb; no module or class shares its name."""

import ast
from collections import Counter
from pathlib import Path

import samebits
from samebits.verbs import VERBS

ENGINE = Path(samebits.__file__).parent
# Their modules are named by the verbs, by the stages, and by the user's files that they check.
MIRRORS = {"cli", "stages", "testing"}


def test_modules_of_the_command_line_are_named_by_their_verbs() -> None:
    modules = {verb.module: name for name, verb in VERBS.items() if verb.module.startswith("cli.")}
    assert modules == {f"cli.{name.replace(' ', '_')}": name for name in modules.values()}
    assert {f"cli.{path.stem}" for path in (ENGINE / "cli").glob("[!_]*.py")} == {*modules}


def test_no_two_modules_have_one_name() -> None:
    stems = Counter(
        path.stem for path in ENGINE.rglob("[!_]*.py") if path.parent.name not in MIRRORS
    )
    assert not [stem for stem, times in stems.items() if times > 1]


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for path in ENGINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not [name for name, times in names.items() if times > 1]
