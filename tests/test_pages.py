"""The pages of the template and of a project: their content, their length, and their links.

Run with `python -m pytest tests/test_pages.py`.
"""

import re
from pathlib import Path

import pytest
import yaml
from helpers import (
    PACKAGE,
    PROJECT,
    ROOT,
    TASKS,
    Bake,
    tree,
)


@pytest.mark.parametrize("readme", ["README.md", f"{PROJECT}/README.md"])
def test_the_house_is_drawn_as_it_is(readme: str, bake: Bake) -> None:
    project = bake()
    text = (ROOT / readme).read_text("utf-8").replace("{{ cookiecutter.__package_name }}", PACKAGE)
    [drawn] = re.findall(r"^```\n(params\.yaml .*?)```", text, re.MULTILINE | re.DOTALL)
    named, folder = list[str](), ""
    for line in drawn.replace("<package>", PACKAGE).splitlines():
        words = re.findall(r"^ *([^\s,]+(?:, [^\s,]+)*)", line)[0].split(", ")
        folder = folder if line.startswith(" ") else ""
        named += [folder + word for word in words]
        folder = folder or (words[0] if words[0].endswith("/") else "")
    missing = [name for name in named if not [*project.glob(name)]]
    assert set(missing) <= {f"src/{PACKAGE}/show.py"}
    engine = {path.name for path in (project / "src/samebits").iterdir()} - {"__init__.py"}
    seen = {path for path in project.iterdir() if not path.name.startswith(".")}
    undrawn = {path.name for path in seen} - {name.split("/")[0] for name in named}
    assert undrawn <= {"README.md", "LICENSE"}
    assert engine <= {name.removeprefix("src/samebits/").rstrip("/") for name in named}


def test_the_readme_is_read_in_one_go() -> None:
    for name, most in (("README.md", 150), ("AGENTS.md", 60)):
        assert len((ROOT / name).read_text("utf-8").splitlines()) <= most, name


@pytest.mark.parametrize("task", TASKS)
def test_a_project_is_small_but_for_its_engine(bake: Bake, task: str) -> None:
    project = bake(task=task)
    assert len([path for path in tree(project) if not path.startswith("src/samebits/")]) <= 65
    assert len([path for path in project.iterdir() if not path.name.startswith(".")]) <= 17
    for name, most in (("README.md", 200), ("dvc.yaml", 90), ("AGENTS.md", 60)):
        assert len((project / name).read_text("utf-8").splitlines()) <= most, name


@pytest.mark.parametrize("task", TASKS)
def test_the_docs_name_keys_that_there_are(bake: Bake, task: str) -> None:
    project = bake(task=task)
    params = yaml.safe_load((project / "params.yaml").read_text("utf-8"))
    text = "".join(page.read_text("utf-8") for page in sorted(project.glob("**/*.md")))
    keys = set(re.findall(r"(?:-S |KEYS=\"| )((?:" + "|".join(params) + r")\.\w+)=", text))
    assert len(keys) > 8
    assert [key for key in sorted(keys) if key.split(".")[1] not in params[key.split(".")[0]]] == []


def dead_links(folder: Path) -> list[str]:
    """Links in Markdown pages that lead to no file, or to no heading in one."""
    dead = []
    pages = (page for place in (".", "docs", ".github") for page in (folder / place).glob("*.md"))
    for page in sorted(pages):
        for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", page.read_text("utf-8")):
            path, _, heading = link.partition("#")
            file = page.parent / path if path else page
            if not file.exists() or (heading and heading not in headings(file)):
                dead.append(f"{page.name}: {link}")
    return dead


def headings(page: Path) -> set[str]:
    """The anchors that a page has on GitHub."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("task", TASKS)
def test_links_lead_somewhere(bake: Bake, task: str) -> None:
    assert dead_links(bake(task=task)) == []
    assert dead_links(ROOT) == []


def test_a_link_that_leads_nowhere_is_found(bake: Bake) -> None:
    project = bake()
    with (project / "README.md").open("a", encoding="utf-8") as page:
        page.write(
            "[a](docs/gone.md) [b](docs/your-data.md#gone) [c](#gone) [d](docs/your-data.md)"
        )
    assert len(dead_links(project)) == 3
