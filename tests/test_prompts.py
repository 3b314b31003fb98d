"""The questions: their labels, their order, their defaults.

Run with `python -m pytest tests/test_prompts.py`.
"""

import copy
from pathlib import Path
from typing import Any

import pytest
from helpers import CONTEXT, ROOT, Bake, command, load_hook

QUESTIONS = ["project_name", "project_slug", "description", "author_name"]
CHOICES = ["task", "license", "python_version", "accelerator", "remote", "verify"]
ORDER = ["task", *QUESTIONS, *CHOICES[1:-1], "remote_url", "verify"]


def unlabelled(context: dict[str, Any]) -> list[str]:
    """The questions and choices that a user would see by their bare names."""
    prompts, asked = context["__prompts__"], []
    for name, value in context.items():
        if name.startswith("_"):
            continue
        label = prompts.get(name)
        if isinstance(value, list):
            label = label or {}
            asked += [f"{name}={c}" for c in ["__prompt__", *value] if not label.get(c)]
        elif not label:
            asked.append(name)
    return asked


def test_asks_these_questions_and_no_others() -> None:
    assert [name for name in CONTEXT if not name.startswith("_")] == ORDER


def test_the_readme_counts_them() -> None:
    assert len(ORDER) == 11
    assert "asks eleven questions" in (ROOT / "README.md").read_text("utf-8")


def test_every_question_and_choice_has_a_label() -> None:
    assert unlabelled(CONTEXT) == []


def test_no_label_is_left_over() -> None:
    prompts = CONTEXT["__prompts__"]
    assert prompts.keys() <= CONTEXT.keys()
    for name in CHOICES:
        assert prompts[name].keys() == {"__prompt__", *CONTEXT[name]}


@pytest.mark.parametrize("planted", ["description", "license=MIT", "verify=__prompt__"])
def test_a_missing_label_is_found(planted: str) -> None:
    context = copy.deepcopy(CONTEXT)
    name, _, choice = planted.partition("=")
    del (context["__prompts__"][name] if choice else context["__prompts__"])[choice or name]
    assert unlabelled(context) == [planted]


def test_defaults_need_no_input(bake: Bake) -> None:
    project = bake()
    assert project.name == "handwritten-digits"
    assert (project / "src" / "handwritten_digits" / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Cats & Dogs", "cats-dogs"),
        ("2D Shapes", "project-2d-shapes"),
        ("Test", "project-test"),
        ("Random", "project-random"),
        ("🐈", "project"),
        ("手写数字", "shou-xie-shu-zi"),
        ("שלום", "shlvm"),
        ("O'Brien's \"best\" \\ {{ model }}", "o-brien-s-best-model"),
        ("x" * 200, "x" * 40),
        ("9" * 200, "project-" + "9" * 32),
    ],
)
def test_the_slug_follows_from_the_name_and_is_legal(bake: Bake, name: str, slug: str) -> None:
    assert bake(project_name=name).name == slug
    assert load_hook("pre_gen_project").slug_problem(slug) == ""


def test_on_a_terminal_shows_the_labels_and_takes_text_as_typed(
    template: Path, tmp_path: Path
) -> None:
    typed = [
        "",
        "a {{ b }} ${c} {% d",
        "typed-slug",
        "",
        "",
        "4",
        "2",
        "2",
        "2",
        "s3://my-cats/x",
        "1",
    ]
    done = command(
        *("python", "-m", "cookiecutter", template, "--accept-hooks", "no", "-o", tmp_path / "out"),
        cwd=tmp_path,
        input="\n".join(typed) + "\n",
    )
    assert done.returncode == 0, done.stderr
    for label in CONTEXT["__prompts__"].values():
        for line in [label] if isinstance(label, str) else label.values():
            assert line in " ".join(done.stdout.split())
    licence = (tmp_path / "out" / "typed-slug" / "LICENSE").read_text(encoding="utf-8")
    assert "All rights reserved." in licence
    config = (tmp_path / "out" / "typed-slug" / ".dvc" / "config").read_text(encoding="utf-8")
    assert "url = s3://my-cats/x" in config
    assert typed[1] in (tmp_path / "out" / "typed-slug" / "README.md").read_text(encoding="utf-8")


def test_an_unknown_choice_is_refused_and_leaves_nothing(template: Path, tmp_path: Path) -> None:
    done = command(
        *("python", "-m", "cookiecutter", template, "--no-input", "-o", tmp_path / "out"),
        "license=GPL",
        cwd=tmp_path,
    )
    assert done.returncode != 0
    assert "GPL" in done.stderr and "Proprietary" in done.stderr
    assert not (tmp_path / "out").exists()
