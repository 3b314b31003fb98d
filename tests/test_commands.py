"""Every command that a document tells a reader to type runs in a test, or has a reason why not.

Which test that is, the table below says; test_commands_run.py runs those that no other test does.
"""

import ast
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from commands import TEMPLATE, commands, form, pairs, problems, typed, verbs
from helpers import PACKAGE, PROJECT, ROOT, command

RUN = ROOT / "tests" / "test_commands_run.py"
OURS, THEIRS = ROOT / "README.md", ROOT / PROJECT / "README.md"
DOCUMENTS = {
    path: path.read_text("utf-8")
    for readme in (OURS, THEIRS)
    for folder in (readme.parent, readme.parent / "docs", readme.parent / ".github")
    for path in sorted(folder.glob("*.md"))
    if path.name != "CHANGELOG.md"
}
both = pytest.mark.parametrize("readme", [OURS, THEIRS], ids=["template", "project"])
# What tests run, but for what those of RUN type.
TESTS = {
    "tests/conftest.py::built": ["make setup", "make data", "make reproduce"],
    "tests/test_cruft.py::test_cruft_makes_and_updates_the_same_project": ["cruft update"],
    "tests/test_demo.py::test_the_demo_reaches_the_shipped_bits_and_starts_clean": [
        "template: make demo",
        "template: make demo TASK=",
    ],
    "tests/test_environment.py::test_a_command_outside_an_environment_says_what_to_do": [
        "sh scripts/venv COMMAND"
    ],
    "tests/test_fine_tuning.py::test_efficientnet_begins_with_the_weights_of_a_package": [
        "samebits weights",
        "samebits weights --name --licence",
    ],
    "tests/test_manifest.py::test_it_is_written_anew": ["template: make manifest"],
    "tests/test_locks.py::test_the_locks_are_what_the_in_files_ask_for": [
        "make lock",
        "template: make lock",
    ],
    "tests/test_experiments.py::test_an_idea_is_one_line_and_moves_nothing_else": [
        "dvc exp run -S KEY="
    ],
    "tests/test_experiments.py::test_two_workers_search_at_once": [
        "samebits exp sweep",
        "samebits exp sweep --trials --workers --name",
        "samebits rank",
    ],
    "tests/test_generated.py::test_every_target_passes_and_leaves_git_clean": [
        "make check",
        "make test",
        "make audit",
        "make verify",
        "samebits audit",  # which make runs
        "samebits verify",
    ],
    "tests/engine/audit/test_separate_commits.py::test_data_and_code_together": ["samebits apart"],
    "tests/engine/audit/test_forms.py::test_the_command_prints_the_form_that_it_is_asked_for": [
        "samebits audit --sarif"
    ],
    "tests/engine/ingest/test_dedupe.py::test_copies_are_listed_and_then_removed": [
        "samebits data dedupe",
        "samebits data dedupe --apply",
    ],
    "tests/engine/cli/test_score.py::test_of_what_the_pipeline_left": ["samebits score"],
    "tests/engine/cli/test_completion.py::test_bash": ["source <(samebits completion bash)"],
    "tests/engine/cli/test_verbs.py::test_the_version_is_that_of_the_manifest": [
        "samebits --version"
    ],
    "tests/test_generated.py::test_dvc_works_as_its_users_expect": [
        "dvc repro",
        "dvc status",
        "dvc params diff",
        "dvc metrics diff",
        "dvc plots diff",
        "dvc exp run --queue -S KEY=",
        "dvc exp run --run-all",
        "dvc exp show",
    ],
    "tests/test_generated.py::test_own_images_need_no_code_and_reach_a_teammate": [
        "dvc add data/raw",
        "dvc push",
    ],
    "tests/test_merges.py::test_results_are_never_merged": [
        "dvc checkout",
        "git checkout --ours dvc.lock provenance",
        "git add dvc.lock provenance",
        "git commit",
        "git commit --no-verify",
    ],
    "tests/test_merges.py::test_lines_of_two_results": ["dvc repro --force STAGE"],
    "tests/test_reproduction_machines.py::test_processors": ["qemu-x86_64 -cpu NAME"],
    "tests/test_commands_run.py::test_what_it_costs_is_measured": [
        ".venv/bin/python scripts/bench_scale.py --sizes 10000 100000"
    ],
    "tests/test_commands_run.py::test_what_is_said_of_models_is_measured": [
        ".venv/bin/python scripts/bench_diagnosis.py",
        ".venv/bin/python scripts/bench_decisions.py seeds speed",
        ".venv/bin/python scripts/bench_decisions.py --project PATH",
    ],
    "tests/engine/ingest/test_collect.py::test_with_dvc": [
        "make data FROM=https: SHA256=",  # from a server on this machine
    ],
    "tests/engine/provenance/test_isolation.py::test_nor_does_what_make_runs": ["python -I"],
}
# What no test runs, and why.
REASONS = {
    "needs an account at a cloud": ["gcloud auth application-default login", "az login"],
    "is for Windows": [r".venv\Scripts\activate"],
}


def documented(path: Path, text: str) -> list[str]:
    """The forms of a document's commands, without those that make runs according to a row."""
    text = text.replace("{{ cookiecutter.__package_name }}", PACKAGE)
    same = {command for _, without in pairs(text) for command in without}
    forms = [form(command) for command in commands(text) if command not in same]
    ours = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return [
        f"{TEMPLATE}{form}"
        if not path.is_relative_to(THEIRS.parent) and form.split()[1:2] in [[name] for name in ours]
        else form
        for form in forms
    ]


def own_tests() -> dict[str, dict[str, str]]:
    """What the tests of RUN type, and what runs, by the names of the tests."""
    tree = ast.parse(RUN.read_text("utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    typed_by_test = {f"tests/{RUN.name}::{test.name}": typed(test) for test in tests}
    return {name: types for name, types in typed_by_test.items() if types}


def wrong(documents: Mapping[Path, str]) -> list[str]:
    """What is wrong with the table for these documents."""
    forms = {form for path, text in documents.items() for form in documented(path, text)}
    tests = TESTS | {name: [*types, *TESTS.get(name, ())] for name, types in own_tests().items()}
    return problems(forms, tests, [form for several in REASONS.values() for form in several])


def test_every_command_of_the_documents_has_a_test() -> None:
    assert wrong(DOCUMENTS) == []


@both
def test_a_new_command_in_a_document_is_noticed(readme: Path) -> None:
    text = f"{DOCUMENTS[readme]}\nThen `dvc stage list --all`.\n"
    assert wrong(DOCUMENTS | {readme: text}) == ["no test runs `dvc stage list --all`"]


def test_a_small_form_is_one_of_that_command() -> None:
    for types in own_tests().values():
        for documented, small in types.items():
            for verb in verbs(documented):
                assert re.search(rf"\b{verb.replace('-', '[-_]')}\b", small), small


TEXT = """
Run `make x A=1`, or `make x A=2`; see `params.yaml`, `.venv/bin` and `dvc exp
show`. A folder `a b`. `samebits exp keep x`, `samebits compare a b --split test`.

| with make | without | why |
|---|---|---|
| `make z` | `sh scripts/venv python -m p.z`, `sh scripts/venv y` | `dvc repro` |

```sh
make data FROM=s3://b/c   # 'dvc update it' later; don't
printf '# %s' "a && b" > c && git add \\
    c; SKIP=x git commit -m "No # comment"
```

```python
make = no
```
"""


def test_commands_are_found_in_prose_tables_and_blocks() -> None:
    assert [form(command) for command in commands(TEXT)] == [
        "make x A=",
        "make x A=",
        "dvc exp show",
        "samebits exp keep",
        "samebits compare --split",
        "make z",
        "sh scripts/venv python -m p.z",
        "sh scripts/venv y",
        "dvc repro",
        "make data FROM=s3:",
        "dvc update it",
        "printf '# %s' \"a && b\" > c",
        "git add c",
        'SKIP= git commit -m "No # comment"',
    ]
    assert [*pairs(TEXT)] == [(["make z"], ["sh scripts/venv python -m p.z", "sh scripts/venv y"])]


def test_what_is_wrong_with_the_table_is_said() -> None:
    mine = "tests/test_generated.py::test_dvc_works_as_its_users_expect"
    assert problems(["dvc exp show", "az login"], {mine: ["dvc exp show"]}, ["az login"]) == []
    assert problems(["dvc exp show", "dvc repro"], {mine: ["dvc exp show"]}, []) == [
        "no test runs `dvc repro`"
    ]
    assert problems([], {mine: ["dvc exp show"]}, []) == ["no document has `dvc exp show`"]
    assert problems(["dvc exp save"], {mine: ["dvc exp save"]}, []) == [
        f"{mine} does not run `dvc exp save`: it has no 'save'"
    ]
    for gone in ("tests/test_generated.py::test_gone", "tests/test_gone.py::test_a"):
        assert problems(["az login"], {gone: ["az login"]}, []) == [f"there is no test {gone}"]


# The stand-ins for programs write down how they were called, one word per line.
RECORD = '#!/bin/sh\nprintf "%s\\n" {name} "$@" "" >> "$CALLED"\n'


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@both
def test_make_runs_what_stands_beside_it(readme: Path, tmp_path: Path) -> None:
    """So to run one of them is to run both."""
    folder = readme.parent
    scripts = tmp_path / (f"{PROJECT}/scripts" if readme != THEIRS else "scripts")
    scripts.mkdir(parents=True)
    (scripts / "venv").write_text(RECORD.format(name=""), "utf-8")
    (tmp_path / "python3").write_text(RECORD.format(name="python3"), "utf-8")
    (tmp_path / "python3").chmod(0o755)
    called = tmp_path / "called"
    makefile = (folder / "Makefile").read_text("utf-8")
    (tmp_path / "Makefile").write_text(
        makefile.replace("{{ cookiecutter.__package_name }}", PACKAGE), "utf-8"
    )
    variables = os.environ | {"CALLED": str(called), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    places = (folder, folder / "docs", folder / ".github")
    own = [text for path, text in DOCUMENTS.items() if path.parent in places]
    rows = [*pairs("\n".join(own).replace("{{ cookiecutter.__package_name }}", PACKAGE))]
    assert len(rows) > 8
    for row, (targets, without) in enumerate(rows):
        called.write_text("", "utf-8")
        for target in targets:
            done = command(*shlex.split(target), cwd=tmp_path, env=variables)
            assert done.returncode == 0, done.stdout + done.stderr
        made = [call.split("\n") for call in called.read_text("utf-8").split("\n\n")[:-1]]
        expected = [shlex.split(line) for line in without]
        assert [plain(call) for call in made if is_asked(call, expected)] == [
            *map(plain, expected)
        ], row


def is_asked(call: list[str], expected: list[list[str]]) -> bool:
    """Whether it is more than `setup`, with which all of the template's targets begin."""
    return call[0] != "python3" or any(words[0] == "python3" for words in expected)


def plain(words: list[str]) -> list[str]:
    """A call without the words that only locate tools or end the options."""
    left = ("", "--", "-I", "sh", "scripts/venv", "env", "PYTHONSAFEPATH=")
    return [word.removeprefix(".venv/bin/") for word in words if word not in left]
