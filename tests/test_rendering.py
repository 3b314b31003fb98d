"""Rendering: which files, which bytes, for all answers.

Run with `python -m pytest tests/test_rendering.py`. After adding or removing a file of the project,
update files.txt: one path a line, sorted, `<package>` for the package.
"""

import ast
import json
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import (
    CONTEXT,
    PROJECT,
    Bake,
    Plant,
    command,
    git,
    sources,
    tree,
)
from test_pre_gen import HOSTILE

# All but the engine, which has its own list.
FILES = (Path(__file__).parent / "files.txt").read_text(encoding="utf-8").splitlines()
CHOICES = [
    (name, choice)
    for name, choices in CONTEXT.items()
    if isinstance(choices, list) and not name.startswith("_")
    for choice in choices
]
LEFTOVER = re.compile(r"cookiecutter\.(?!json|io|readthedocs)\w|(?<!\$)\{\{ |\{%|\{#")
LEFT_IN_A_COPY = re.compile(r"\{\{-?\s*cookiecutter")  # files that are copied may hold braces
PARSERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
    ".cff": yaml.safe_load,
    ".dvc": yaml.safe_load,
    ".json": json.loads,
    ".py": ast.parse,
}


def modes(folder: Path) -> dict[str, int]:
    return {path: stat.S_IMODE((folder / path).stat().st_mode) for path in tree(folder)}


def leftovers(folder: Path) -> list[str]:
    """The files that contain template text, each with the first occurrence."""
    lines = []
    for path, content in tree(folder).items():
        copied = any(fnmatch(path, pattern) for pattern in CONTEXT["_copy_without_render"])
        match = (LEFT_IN_A_COPY if copied else LEFTOVER).search(content.decode("utf-8"))
        lines += [f"{path}: {match[0]}"] if match else []
    return lines


# Which files


def test_two_renders_are_the_same_bytes_and_modes(bake: Bake) -> None:
    first, two = bake("one"), bake("two", again=True)
    assert tree(first) == tree(two)
    assert modes(first) == modes(two)


def test_a_clock_in_a_file_is_found(bake: Bake, plant: Plant) -> None:
    file = "{{ random_ascii_string(20) }}"
    defective = plant(f"{PROJECT}/LICENSE", "MIT License", file)
    assert tree(bake("one", source=defective)) != tree(bake("two", source=defective))


@pytest.mark.parametrize(("name", "choice"), CHOICES)
def test_the_files_are_exactly_these_for_every_choice(bake: Bake, name: str, choice: str) -> None:
    project = bake(**{name: choice})
    (package,) = (path.name for path in (project / "src").iterdir() if path.name != "samebits")
    expected = [path.replace("<package>", package) for path in FILES]
    shipped = (project / "src/samebits/MANIFEST").read_text(encoding="utf-8").splitlines()[1:]
    expected += [path for _, path in map(str.split, shipped) if path.startswith("src/")]
    if name == "remote" and choice != "local":
        expected += ["requirements/remote.in", "requirements/remote.lock"]
    if name == "task" and not choice.startswith("image"):
        expected += ["requirements/example.in", "requirements/example.lock"]
    expected += [f"src/{package}/show.py"] if choice == "series-class" else []
    if name == "task" and choice not in ("image-class", "image-classes", "text-class"):
        expected.remove("docs/fine-tuning.md")
    assert sorted(tree(project)) == sorted(expected)


def test_each_choice_shows_in_the_files(bake: Bake) -> None:
    """All but `verify`, which only the hook reads."""
    default = tree(bake())
    for number, (name, choice) in enumerate(CHOICES):
        same = tree(bake(f"out{number}", **{name: choice})) == default
        assert same == (name == "verify" or choice == CONTEXT[name][0]), (name, choice)


def test_file_names_are_legal_on_windows(template: Path, bake: Bake) -> None:
    device = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)
    for names in (list(tree(template)), list(tree(bake()))):
        assert len({name.lower() for name in names}) == len(names)
        for name in names:
            assert len(name) < 160, f"{name} is too long for a Windows path"
            for part in name.split("/"):
                assert not re.search(r'[<>:"|?*\\\x00-\x1f]|[ .]$', part), name
                assert not device.fullmatch(part), name


# What is in them


@pytest.mark.parametrize(("name", "choice"), CHOICES)
def test_no_template_text_is_left(bake: Bake, name: str, choice: str) -> None:
    assert leftovers(bake(**{name: choice})) == []


def test_the_templates_of_pages_are_copied_as_they_are(template: Path, bake: Bake) -> None:
    project, folder = bake(), "src/samebits/report/templates"
    shipped = tree(template / PROJECT / folder)
    assert {"base.html", "style.css"} < shipped.keys()
    assert tree(project / folder) == shipped
    assert (project / "src/samebits/MANIFEST").read_text("utf-8").count(folder) == len(shipped)


@pytest.mark.parametrize(
    ("path", "old", "left"),
    [
        ("LICENSE", "MIT License", "{% raw %}{{ cookiecutter.license }}{% endraw %}"),
        ("LICENSE", "MIT License", "{{ '{%' }}"),
        ("scripts/setup.py", "import argparse", "import argparse  # {{ cookiecutter.license }}"),
    ],
)
def test_template_text_that_is_left_is_found(
    bake: Bake, plant: Plant, path: str, old: str, left: str
) -> None:
    assert len(leftovers(bake(source=plant(f"{PROJECT}/{path}", old, left)))) == 1


def test_expressions_of_workflows_are_intact(template: Path, bake: Bake) -> None:
    folder = Path(".github", "workflows")
    (workflow,) = (template / PROJECT / folder).iterdir()
    rendered = bake() / folder / workflow.name
    assert rendered.read_bytes() == workflow.read_bytes()
    assert b"${{ " in rendered.read_bytes()


def test_every_text_file_has_lf(template: Path, bake: Bake) -> None:
    for folder in (template, bake()):
        assert [path for path, content in tree(folder).items() if b"\r" in content] == []


@pytest.mark.parametrize("place", ["template", "project"])
def test_gitattributes_keep_lf_in_every_file(template: Path, bake: Bake, place: str) -> None:
    folder = template if place == "template" else bake()
    git(folder, "init", "-q")
    paths = [*tree(folder), "a.png", "a.safetensors"]
    asked = git(folder, "check-attr", "-z", "eol", "text", "--", *paths).split("\0")
    defaults = {(asked[i], asked[i + 1]): asked[i + 2] for i in range(0, len(asked) - 2, 3)}
    for path in paths:
        if path.startswith("a."):
            assert defaults[path, "text"] == "unset", path
        else:
            assert defaults[path, "eol"] == "lf", path


def parsed(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every TOML, YAML, JSON and Python file with its parsed content."""
    for path, content in tree(folder).items():
        name = Path(path)
        suffix = ".yaml" if name.name == "dvc.lock" else name.suffix
        if suffix in PARSERS:
            yield path, PARSERS[suffix](content.decode("utf-8"))


def strings(value: Any) -> Iterator[str]:
    """Every string in a parsed file, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in [*value, *value.values()]:
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def garbled(template: Path, project: Path, answers: dict[str, str]) -> list[str]:
    """The files of the template that use an answer but, once rendered, do not contain it."""
    meanings = dict(parsed(project))
    rows = []
    for path, source in sources(template).items():
        content = source.read_bytes()
        for name, answer in answers.items():
            if f"cookiecutter.{name}" in content.decode("utf-8"):
                text = (project / path).read_text(encoding="utf-8")
                holds = list(strings(meanings.get(path))) if path in meanings else [text]
                if not any(answer in string for string in holds):
                    rows.append(f"{path}: {name}")
    return rows


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_survives_wherever_it_is_rendered(
    template: Path, bake: Bake, text: str
) -> None:
    answers = {"project_name": text, "description": text, "author_name": text}
    project = bake(project_slug="handwritten-digits", **answers)
    assert garbled(template, project, answers) == []


def test_text_that_does_not_survive_is_found(bake: Bake, plant: Plant) -> None:
    defective = plant(
        f"{PROJECT}/LICENSE", "cookiecutter.author_name", "cookiecutter.author_name|e"
    )
    answers = {"author_name": 'The "best"'}
    assert garbled(defective, bake(source=defective, **answers), answers) == [
        "LICENSE: author_name"
    ]


def test_a_value_that_is_not_escaped_is_found(bake: Bake, plant: Plant) -> None:
    escape = """ | replace('\\\\','\\\\\\\\') | replace('"','\\\\"')"""
    defective = plant(f"{PROJECT}/pyproject.toml", escape, "")
    with pytest.raises(tomllib.TOMLDecodeError):
        list(parsed(bake(source=defective, description='The "best"')))


@pytest.mark.parametrize("slug", ["a", "on", "none", "x" * 40])
def test_everything_parses_with_an_odd_slug(bake: Bake, slug: str) -> None:
    project = bake(project_slug=slug)
    assert project.name == slug
    assert len(list(parsed(project))) > 10


@pytest.mark.parametrize("slug", ["a", "samebit", "samebits-too", "z"])
def test_the_shipped_dvc_lock_is_in_dvcs_order_whatever_the_name(bake: Bake, slug: str) -> None:
    stages = yaml.safe_load((bake(project_slug=slug) / "dvc.lock").read_text("utf-8"))["stages"]
    for stage in stages.values():
        paths = [dep["path"] for dep in stage["deps"]]
        assert paths == sorted(paths)


@pytest.mark.parametrize("license", CONTEXT["license"])
def test_how_to_cite_is_what_the_format_asks_for(bake: Bake, license: str) -> None:
    """Version 1.2.0 of the Citation File Format, which has no name for all rights reserved."""
    text = (bake(license=license) / "CITATION.cff").read_text("utf-8")
    content = yaml.safe_load(text)
    required = {"cff-version": "1.2.0", "title": "Handwritten Digits", "type": "software"}
    assert content.items() >= required.items()
    assert content["authors"] == [{"name": "Your Name"}]
    assert content["message"]
    assert content["abstract"]
    assert content.get("license") == (license if license != "Proprietary" else None)
    assert len(content) == (7 if license != "Proprietary" else 6)
    assert "abstract" not in yaml.safe_load(
        (bake("terse", description="") / "CITATION.cff").read_text("utf-8")
    )


# A second time


OWN = [
    *("mine.txt", "scripts/mine.py", ".github/workflows/mine.yml", "tests/test_mine.py"),
    *("src/handwritten_digits/mine.py", "src/samebits/mine/mine.py", "data/raw/0/1.png"),
    *("requirements/mine.in", "reports/mine.html", "models/mine.safetensors", "scripts/mine/a.py"),
    *(".venv/mine", ".dvc/cache/mine", ".github/mine/mine.yml"),
]


def lost(bake: Bake, source: Path) -> list[str]:
    """The user's files that do not survive a second render over the project."""
    project = bake(source=source)
    for path in OWN:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(path, encoding="utf-8")
    (project / "LICENSE").unlink()
    bake(source=source, overwrite=True)
    assert (project / "LICENSE").is_file()
    return [path for path in OWN if not (project / path).is_file()]


def test_a_second_render_keeps_the_users_own_files(template: Path, bake: Bake) -> None:
    assert lost(bake, template) == []


def test_a_folder_that_is_copied_whole_would_lose_them(bake: Bake, plant: Plant) -> None:
    assert lost(bake, plant("cookiecutter.json", ".github/*.yml", ".github/*")) != []


def test_a_second_render_changes_nothing(bake: Bake) -> None:
    before = tree(bake())
    assert tree(bake(overwrite=True)) == before


# The project's own linter


def style_faults(project: Path) -> str:
    """The findings of ruff with the project's settings, format included; empty if none."""
    told = []
    for step in (["check"], ["format", "--check", "--diff"]):
        done = command("python", "-m", "ruff", *step, "--no-cache", ".", cwd=project)
        told.append(done.stdout + done.stderr if done.returncode else "")
    return "".join(told)


@pytest.mark.parametrize("slug", ["a", "handwritten-digits", "z-" * 19 + "zz"])
def test_generated_files_pass_the_projects_own_linter(bake: Bake, slug: str) -> None:
    assert len(slug) <= 40
    assert style_faults(bake(project_slug=slug)) == ""


@pytest.mark.parametrize("planted", ["import os\n", "x  =  1\n"])
def test_a_style_fault_is_found(bake: Bake, planted: str) -> None:
    project = bake()
    with (project / "scripts" / "setup.py").open("a", encoding="utf-8") as file:
        file.write(planted)
    assert style_faults(project) != ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_files_keep_their_modes(template: Path, bake: Bake) -> None:
    made = modes(bake())
    for path, source in sources(template).items():
        assert made[path] == stat.S_IMODE(source.stat().st_mode), path
