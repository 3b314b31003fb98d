"""The hook that refuses answers.

Run with `python -m pytest tests/test_pre_gen.py`.
"""

import json
import keyword
import re
import sys
from pathlib import Path

import pytest
from helpers import CONTEXT, PROJECT, ROOT, Bake, command, load_hook

HOOK = load_hook("pre_gen_project")
GOOD = {
    "project_name": "Cats",
    "project_slug": "cats-dogs",
    "description": "",
    "author_name": "A",
    "task": "image-class",
    "license": "MIT",
    "python_version": "3.11",
    "accelerator": "cpu",
    "remote": "local",
    "remote_url": "../cats-remote",
    "verify": "static",
    "__package_name": "cats_dogs",
}
HOSTILE = [
    "O'Brien's \"best\"",
    '"""',
    "back\\slash\\",
    "\\n\\u0041",
    "# no comment",
    "key: value",
    "{{ license }} {% if x %} {# #}",
    "${HOME} $(id) `id` %PATH%",
    "🐈\u200d⬛ café",
    "שלום עולם\u200f",
    "[a] & <b> *c* - | > ! @ ,",
    "</script><!-- -->",
    " spaces around ",
    "n" * 200,
]
SLUGS = [
    *("", " ", "../x", "a/b", "/etc", "a\\b", "..", ".", "cats\n", "\ncats", "Cats", "1cats"),
    *("-cats", "cats-", "_cats", "cats.dogs", "cåts", "c" * 41, "cats dogs", "class", "random"),
    *("test", "tests", "src", "data", "torch", "numpy", "dvc", "sklearn", "pil", "yaml"),
    *("scikit-learn", "pytest", "con", "nul", "lpt1", "dvc-data"),
]


def changed(**answers: str) -> list[str]:
    """The problems of good answers with these instead; the package follows from the slug."""
    given = {**GOOD, **answers}
    derived = {"__package_name": given["project_slug"].replace("-", "_")}
    problems: list[str] = HOOK.problems({**given, **derived, **answers})
    return problems


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["project_name", "description", "author_name"])
def test_hostile_text_is_legal(name: str, text: str) -> None:
    assert changed(**{name: text}) == []


@pytest.mark.parametrize("name", ["project_name", "description", "author_name"])
@pytest.mark.parametrize(
    "text",
    [
        *("{{ cookiecutter.x }}", "{%- if cookiecutter.x", "a {% endif %}", "see /home/bob/cats"),
        *("C:\\Users\\Bob", "password: hunter2", "API_KEY=abc"),
    ],
)
def test_refuses_what_the_audit_would(name: str, text: str) -> None:
    (problem,) = changed(**{name: text})
    assert problem.startswith(f"{name} has ")
    assert "use other words" in problem


@pytest.mark.parametrize("text", ["x {% if y", "Learn cookiecutter.org", "/homework", "a secret"])
def test_takes_what_only_looks_like_it(text: str) -> None:
    assert changed(description=text) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_refuses_the_slug_in_one_line_that_says_how_to_mend_it(slug: str) -> None:
    (problem,) = changed(project_slug=slug)
    assert problem.startswith("project_slug ")
    assert re.search("use 1 to 40|give it a value|; try my-", problem)
    assert "\n" not in problem


@pytest.mark.parametrize("slug", ["a", "c" * 40, "my-class", "a1", "a_b-c", "none", "match", "on"])
def test_takes_the_slug(slug: str) -> None:
    assert changed(project_slug=slug) == []


def test_the_slug_that_it_proposes_is_legal() -> None:
    for slug in [*HOOK.TAKEN.split(), *keyword.kwlist, *sys.stdlib_module_names]:
        if re.fullmatch("[a-z][a-z0-9_]*[a-z0-9]", slug):
            (problem,) = changed(project_slug=slug)
            assert changed(project_slug=problem.rpartition(" ")[2]) == []


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("name", ["project_name", "description", "author_name"])
def test_refuses_control_characters(name: str, control: str) -> None:
    (problem,) = changed(**{name: f"a{control}b"})
    assert problem.startswith(name) and problem.isprintable()


def test_refuses_half_a_surrogate_pair_and_what_is_no_character() -> None:
    for text in ("\ud83d", "\ufffe", "\uffff"):
        assert len(changed(author_name=text)) == 1


@pytest.mark.parametrize("name", ["project_name", "project_slug", "author_name"])
def test_refuses_what_is_empty(name: str) -> None:
    for text in ("", "  "):
        assert changed(**{name: text}) == [f"{name} is empty: give it a value"]


@pytest.mark.parametrize("name", ["license", "python_version", "accelerator", "remote", "verify"])
def test_refuses_an_unknown_choice_and_names_the_known(name: str) -> None:
    (problem,) = changed(**{name: "GPL"})
    assert all(choice in problem for choice in [name, "GPL", *CONTEXT[name]])


URLS = {
    "local": "../cats-remote ../../a/b.c /mnt/store/cats D:/store",
    "s3": "s3://my-bucket s3://my.bucket/a/b-c/",
    "gs": "gs://my_bucket/cats gs://b",
    "azure": "azure://container/cats azure://$root/cats",
    "ssh": "ssh://host/srv/cats ssh://ann@host.example:2222/srv/a.b/",
}
REFUSED = {
    "local": "store ./store ../ .. ../cats/../../cats-dogs/x ../a#b ../a,b s3://b /home/ann/store",
    "s3": "s3:// s3://My-Bucket bucket gs://bucket s3://b?x=1 https://host/bucket s3://b/a#b",
    "gs": "s3://bucket gs:// gs://a/{b}",
    "azure": "azure:// azure://Store https://account.blob.core.windows.net/c",
    "ssh": "host:/srv ssh://host ssh:///srv ssh://ann:pw@host/srv ssh://host/ ssh://h/~/x",
}


@pytest.mark.parametrize(
    ("remote", "url"), [(kind, url) for kind, urls in URLS.items() for url in urls.split()]
)
def test_takes_the_place_of_a_remote(remote: str, url: str) -> None:
    assert changed(remote=remote, remote_url=url) == []


@pytest.mark.parametrize(
    ("remote", "url"), [(kind, url) for kind, urls in REFUSED.items() for url in urls.split()]
)
def test_refuses_the_place_of_a_remote_in_one_line(remote: str, url: str) -> None:
    (problem,) = changed(remote=remote, remote_url=url)
    assert problem.startswith("remote_url ")
    assert re.search("is written like|leave out the password|folder of one machine", problem)
    assert "\n" not in problem


@pytest.mark.parametrize("below", ["", "/", "/data"])
def test_refuses_the_project_itself_as_its_remote(below: str) -> None:
    (problem,) = changed(remote_url=f"../{GOOD['project_slug'].upper()}{below}")
    assert "this is the project itself; choose a folder next to it" in problem


@pytest.mark.parametrize("remote", URLS)
def test_proposes_a_place_that_it_takes(bake: Bake, remote: str) -> None:
    config = (bake(remote=remote) / ".dvc" / "config").read_text(encoding="utf-8")
    url = config.partition("url = ")[2].splitlines()[0]
    assert f"remote = {remote}\n['remote \"{remote}\"']\n" in config
    assert changed(remote=remote, remote_url=url) == []


def test_knows_the_choices_of_the_questions() -> None:
    assert {name: list(choices) for name, choices in HOOK.CHOICES.items()} == {
        name: value for name, value in CONTEXT.items() if name in HOOK.CHOICES
    }
    assert HOOK.CHOICES.keys() == {k for k in CONTEXT if isinstance(CONTEXT[k], list)} - {
        "_copy_without_render"
    }


def test_refuses_a_package_name_of_its_own() -> None:
    assert changed(__package_name="../x") == [
        "__package_name follows from project_slug: do not set it"
    ]


def test_reports_everything_at_once() -> None:
    wrong = {"project_name": "", "project_slug": "1", "author_name": "\n", "verify": "no"}
    assert [line.split()[0] for line in changed(**wrong, description="\t")] == [
        *("project_name", "project_slug", "description", "author_name", "verify")
    ]


def test_no_locked_distribution_is_a_legal_name() -> None:
    """A project named as one of its dependencies would hide it. Names of one word are enough."""
    names = set()
    for lock in sorted((ROOT / PROJECT / "requirements").glob("*lock*")):
        names |= set(re.findall(r"^([a-z0-9]+)==", lock.read_text(encoding="utf-8"), re.M))
    assert {"torch", "numpy", "dvc"} <= names
    legal = [name for name in sorted(names) if not changed(project_slug=name)]
    assert legal == []


def bake_by_command(template: Path, cwd: Path, *arguments: str) -> tuple[int, str]:
    """Status and errors of the cookiecutter command, writing into `cwd/out`."""
    done = command("python", "-m", "cookiecutter", template, "-o", "out", *arguments, cwd=cwd)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "slug",
    ["Cats", "tests", "a/b/c", "../x/y", "../z", "cats\n", "/{tmp}/abs/x", "a\\b", "a/../b/c"],
)
def test_a_refusal_leaves_nothing_on_disk(template: Path, tmp_path: Path, slug: str) -> None:
    work = tmp_path / "work"
    (work / "out").mkdir(parents=True)
    before = sorted(work.rglob("*"))
    slug = slug.replace("/{tmp}", work.as_posix())
    status, errors = bake_by_command(template, work, "--no-input", f"project_slug={slug}")
    assert status != 0
    assert "These answers cannot become a project:\n  - project_slug" in errors
    assert sorted(work.rglob("*")) == before


def test_a_refusal_keeps_a_folder_that_was_there(template: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "Cats" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    status, _ = bake_by_command(template, tmp_path, "--no-input", "-f", "project_slug=Cats")
    assert status != 0
    assert list(mine.parent.iterdir()) == [mine]


def test_a_replayed_unknown_choice_reaches_the_hook(
    template: Path, tmp_path: Path, bake: Bake, isolated: Path
) -> None:
    bake(again=True)
    (record,) = (isolated / "replay_dir").iterdir()
    context = json.loads(record.read_text(encoding="utf-8"))
    context["cookiecutter"].update(license="GPL", author_name='"""\\', project_slug="x\n")
    record.write_text(json.dumps(context), encoding="utf-8")
    (tmp_path / "new").mkdir()
    status, errors = bake_by_command(template, tmp_path / "new", "--replay-file", str(record))
    assert status != 0
    assert "license 'GPL': choose one of MIT" in errors and "- project_slug" in errors
    assert list((tmp_path / "new" / "out").iterdir()) == []
