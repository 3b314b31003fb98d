"""Measure what a project asks of its owner, as a Markdown table.

    python scripts/footprint.py COMMIT      (compares COMMIT with this working tree)

The default project of each is rendered, not built. The stages that an edit makes stale follow from
dvc.yaml; later stages rerun only if an output changes.
"""

import argparse
import ast
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ENGINE = Path("src/samebits")
PARAMS = "params.yaml"
Edit = dict[str, str]  # the new text of each file that it changes, by its path in the project


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("commit", help="the commit to compare this working tree with")
    commit = parser.parse_args().commit
    with tempfile.TemporaryDirectory(prefix="footprint-") as name:
        folder = Path(name)
        before = measured(rendered(checkout(commit, folder / "before"), folder / "old"))
        now = measured(rendered(ROOT, folder / "new"))
    print(table(commit, before, now))
    return 0


def table(commit: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return the table for two projects."""
    rows = [("", commit, "working tree"), ("---",) * 3]
    rows += [(name, before[name], now[name]) for name in now]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def checkout(commit: str, folder: Path) -> Path:
    """Return a folder with the template as it was at a commit."""
    archive = folder.with_suffix(".tar")
    command = ["git", "-C", str(ROOT), "archive", "--output", str(archive), commit]
    subprocess.run(command, check=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


def rendered(template: Path, folder: Path) -> Path:
    """Return the project of the default answers."""
    command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input"]
    command += ["--default-config", "--accept-hooks", "no", "--output-dir", str(folder)]
    subprocess.run(command, check=True)
    (project,) = folder.iterdir()
    return project


def measured(project: Path) -> dict[str, str]:
    """Return each measure of a rendered project as text."""
    own = package(project)
    engine = project / ENGINE if (project / ENGINE).is_dir() else own
    yours = [*python(own), *python(project / "tests")]
    outside = [path for path in files(project) if project / ENGINE not in path.parents]
    shown = [path for path in project.iterdir() if not path.name.startswith(".")]
    sources = formatted(engine)
    lengths = [length for text in sources for length in functions(text)]
    measures = {
        "Python that is yours: files": len(yours),
        "Python that is yours: lines": sum(map(lines, yours)),
        "files outside src/samebits/": len(outside),
        "visible entries at the top": len(shown),
        "lines of dvc.yaml": lines(project / "dvc.yaml"),
        "lines of dvc.lock": lines(project / "dvc.lock"),
        "lines of the engine, in ruff's format": sum(len(text.splitlines()) for text in sources),
        "lines of its functions: median": round(statistics.median(lengths)),
        "lines of its functions: 90 % have at most": sorted(lengths)[int(0.9 * len(lengths))],
        "its modules that start git or dvc": len(starting(sources)),
        "its imports inside functions": sum(map(inner_imports, sources)),
    }
    stages = {
        f"stale after {name}": ", ".join(stale(project, edit(project))) or "none"
        for name, edit in EDITS.items()
    }
    return {name: f"{number:,}" for name, number in measures.items()} | stages


def package(project: Path) -> Path:
    """Return the folder of the user's package."""
    (own,) = (path for path in project.glob("src/*/__init__.py") if path.parent.name != ENGINE.name)
    return own.parent


def files(folder: Path) -> list[Path]:
    """Return all files below a folder, except bytecode."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if "__pycache__" not in path.parts)


def python(folder: Path) -> list[Path]:
    """Return the Python files below a folder."""
    return [path for path in files(folder) if path.suffix == ".py"]


def lines(path: Path) -> int:
    """Return how many lines a text file has."""
    return len(read(path).splitlines())


def formatted(folder: Path) -> list[str]:
    """Return the texts of the Python files below a folder, in ruff's format."""
    with tempfile.TemporaryDirectory(prefix="formatted-") as name:
        copy = shutil.copytree(folder, Path(name, "copy"))
        config = ["--isolated", "--line-length", "100", "--quiet"]
        subprocess.run([sys.executable, "-m", "ruff", "format", *config, str(copy)], check=True)
        return [read(path) for path in python(copy)]


def functions(text: str) -> Iterator[int]:
    """Yield the number of lines of each function, with its docstring."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def inner_imports(text: str) -> int:
    """Return the number of imports inside functions."""
    imports = {
        id(inner)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    return len(imports)


def starting(texts: list[str]) -> list[str]:
    """Return the modules that start git or dvc themselves."""
    trees = {text: list(ast.walk(ast.parse(text))) for text in texts}
    functions = [
        node for nodes in trees.values() for node in nodes if isinstance(node, ast.FunctionDef)
    ]
    runners = {function.name for function in functions if any(map(runs, ast.walk(function)))}
    return [
        text
        for text, nodes in trees.items()
        if any(map(runs, nodes)) and any(names_tool(node, runners) for node in nodes)
    ]


def runs(node: ast.AST) -> bool:
    """Whether this is a call such as subprocess.run(...)."""
    called = node.func if isinstance(node, ast.Call) else None
    owner = called.value if isinstance(called, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "subprocess"


def names_tool(node: ast.AST, runners: set[str]) -> bool:
    """Whether this is a command: ["git", ...], or dvc(...) unless it is one of the `runners`."""
    if isinstance(node, ast.List | ast.Tuple):
        words = [word.value if isinstance(word, ast.Constant) else None for word in node.elts]
        return words[:1] == ["git"] or "dvc" in words
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id.endswith("dvc") and called.id not in runners


def stale(project: Path, edit: Edit) -> list[str]:
    """Return the stages that depend on an edit, as `dvc status` would list them."""
    stages = yaml.safe_load(read(project / "dvc.yaml"))["stages"]
    params = read(project / PARAMS)
    old, new = yaml.safe_load(params), yaml.safe_load(edit.get(PARAMS, params))
    return [
        name
        for name, stage in stages.items()
        if any(covers(dep, path) for dep in stage["deps"] for path in edit)
        or any(at(old, key) != at(new, key) for key in stage.get("params", []))
    ]


def covers(dep: str, path: str) -> bool:
    """Whether a dependency is this file or a folder that it is in."""
    return path == dep or path.startswith(f"{dep}/")


def at(params: Any, key: str) -> Any:
    """Return the value of a section or of a key such as `model.width`."""
    for part in key.split("."):
        params = params[part]
    return params


def key_of_model(project: Path) -> Edit:
    """A new key of the network."""
    return new_key(project, "model", package(project) / "model.py")


def key_of_augmentation(project: Path) -> Edit:
    """A new key of the augmentation, which older commits have in another section."""
    own = "augmentation" in yaml.safe_load(read(project / PARAMS))
    section = "augmentation" if own else "regularization"
    return new_key(project, section, holding(project, r"^def augment\("))


def new_key(project: Path, section: str, used: Path) -> Edit:
    """A new key in params.yaml, in the declaration of its section, and where it is used."""
    title = f"^class {section.capitalize()}\\b"
    declared = holding(project, title)
    texts = touched(project, used)
    texts[PARAMS] = added(read(project / PARAMS), rf"^{section}:[^\n]*\n", "  new_key: 1\n")
    path = relative(project, declared)
    text, before_fields = texts.get(path, read(declared)), rf"{title}.*?\n(?=    \w+: )"
    texts[path] = added(text, before_fields, "    new_key: int = number(0)\n")
    return texts


def added(text: str, pattern: str, new: str) -> str:
    """Return a text with `new` after the first match of a pattern."""
    match = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    if not match:
        raise SystemExit(f"nothing matches {pattern}")
    return text[: match.end()] + new + text[match.end() :]


def own_metric(project: Path) -> Edit:
    """A metric of the user's own."""
    own = package(project)
    return touched(project, first(own / "metrics.py", own / "metrics/own.py"))


def reworded_error(project: Path) -> Edit:
    """A reworded error message."""
    places = project / ENGINE / "console/errors.py", package(project) / "errors.py"
    return touched(project, first(*places))


def help_text(project: Path) -> Edit:
    """A reworded help text of a verb."""
    if (project / ENGINE).is_dir():
        return touched(project, project / ENGINE / "cli/compare.py", project / ENGINE / "verbs.py")
    return touched(project, package(project) / "commands/compare.py")


EDITS: dict[str, Callable[[Path], Edit]] = {
    "a new key in `model`": key_of_model,
    "a new key in `augmentation`": key_of_augmentation,
    "an own metric": own_metric,
    "a reworded error": reworded_error,
    "a reworded help text": help_text,
}


def touched(project: Path, *paths: Path) -> Edit:
    """One more line in each file."""
    return {relative(project, path): read(path) + "# one more line\n" for path in paths}


def first(*paths: Path) -> Path:
    """Return the first file that exists."""
    return next(path for path in paths if path.is_file())


def holding(project: Path, pattern: str) -> Path:
    """Return the only module with a match of the pattern."""
    wanted = re.compile(pattern, re.MULTILINE)
    (module,) = (path for path in python(project / "src") if wanted.search(read(path)))
    return module


def relative(project: Path, path: Path) -> str:
    """Return the path in the project."""
    return path.relative_to(project).as_posix()


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
