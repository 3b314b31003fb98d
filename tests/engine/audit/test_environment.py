"""Python, locks and imports: `pytest tests/engine/audit/test_environment.py`."""

from typing import Any

import pytest

from samebits.audit.requirements import asked, locked, satisfies

RUNTIME = "requirements/runtime.lock"
HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize("text", ["", "python3\n", "3\n", "3.11\n3.12\n", "system\n"])
def test_no_exact_python(copy: Any, expect: Any, text: str) -> None:
    copy.write(".python-version", text)
    expect("environment", ".python-version", 1)


def test_a_python_that_the_project_refuses(copy: Any, expect: Any) -> None:
    line = copy.replace("pyproject.toml", 'python = ">=3.11"', 'python = ">=3.99"')
    expect("environment", "pyproject.toml", line, ">=3.99")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"extra>=1 \\\n    {HASH}\n", "not exact"),
        (f"extra \\\n    {HASH}\n", "not exact"),
        ("extra==1.0\n", "no hash"),
        ("extra==1.0 \\\n    --hash=md5:00\n", "not a complete sha256"),
        ("--index-url https://a.org/simple\n", "--index-url"),
        ("--find-links wheels\n", "--find-links"),
        ("-e .\n", "-e"),
        ("extra @ git+https://a.org/b\n", "not exact"),
        ("https://a.org/b.whl\n", "not exact"),
    ],
)
def test_a_requirement_that_is_not_pinned(copy: Any, expect: Any, text: str, words: str) -> None:
    for lock in (RUNTIME, "requirements/dev.lock"):
        line = copy.append(lock, text)
        expect("environment", lock, line, words, stale=lock == RUNTIME)
        copy.restore()


def test_a_lock_that_is_missing(copy: Any, expect: Any) -> None:
    copy.remove("requirements/dev.lock")
    expect("environment", "requirements/dev.lock", 1, "missing")


def test_a_declared_package_that_is_not_locked(copy: Any, expect: Any) -> None:
    line = copy.append("requirements/dev.in", "unheard-of\n")
    expect("environment", "requirements/dev.in", line, "unheard-of is not in")


def test_a_declared_version_that_is_not_the_locked_one(copy: Any, expect: Any) -> None:
    line = copy.append("requirements/dev.in", "pytest<1\n")
    expect("environment", "requirements/dev.in", line, "pytest<1")


def test_two_locks_that_disagree(copy: Any, expect: Any) -> None:
    copy.write("requirements/zz.lock", f"# ours\npyyaml==0.1 {HASH}\n")
    expect("environment", "requirements/zz.lock", 2, "pyyaml 0.1")


def test_an_import_that_nothing_declares(plant: Any) -> None:
    plant("imports", "\n\ndef late():\n    import unheard_of.part", "unheard-of")


def test_src_may_not_import_a_tool_of_the_developers(plant: Any) -> None:
    plant("imports", "import pytest", "runtime.in")


@pytest.mark.parametrize("room", ["cli", "experiments", "testing"])
def test_what_works_at_a_desk_alone_may(copy: Any, room: str) -> None:
    copy.write(f"src/samebits/{room}/new.py", "import pytest\n")
    assert copy.new() == {}


def test_the_service_alone_may_import_what_it_needs(copy: Any, expect: Any) -> None:
    copy.write("src/samebits/serving/new.py", "import uvicorn\nimport torch\n")
    assert copy.new() == {}
    copy.write("src/samebits/serving/new.py", "import pytest\n")
    expect("imports", "src/samebits/serving/new.py", 1, "serve.in does not declare")
    copy.write("src/samebits/serving/new.py", "")
    copy.write("src/samebits/cli/new.py", "import uvicorn\n")
    expect("imports", "src/samebits/cli/new.py", 1, "dev.in does not declare")


@pytest.mark.parametrize("folder", ["tests", "scripts"])
def test_tests_and_scripts_declare_theirs(copy: Any, expect: Any, folder: str) -> None:
    path = f"{folder}/test_new.py"
    copy.write(path, "import os\nimport pytest\nimport yaml\nfrom skimage import io\n")
    expect("imports", path, 4, "scikit-image")


def test_imports_for_types_alone_need_not_be_declared(copy: Any) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import unheard_of\n"
    copy.write("tests/test_new.py", text)
    assert copy.new() == {}


def test_markers_local_versions_and_extras_are_exact() -> None:
    text = f"a[x]==1.0+cpu ; sys_platform != 'darwin' \\\n    {HASH} \\\n    {HASH}\n    # via b\n"
    assert [(package.name, package.version, package.fault) for package in locked(text)] == [
        ("a", "1.0+cpu", "")
    ]


def test_includes_and_comments_are_read() -> None:
    text = "-r other.in\nA_b.c>=1 # why\n-c x.lock\n"
    assert [
        (requirement.name, requirement.specifier, requirement.include)
        for requirement in asked(text)
    ] == [
        ("", "", "other.in"),
        ("a-b-c", ">=1", ""),
    ]


@pytest.mark.parametrize(
    ("version", "specifier", "answer"),
    [
        ("3.11", ">=3.11,<3.14", True),
        ("3.14", ">=3.11,<3.14", False),
        ("2.13.0+cpu", "==2.13.0", True),
        ("2.13.0", "==2.13.0+cpu", False),
        ("2.13", "==2.13.0", True),
        ("2.13.1", "==2.13.*", True),
        ("2.14.1", "~=2.13", True),
        ("3.0", "~=2.13", False),
        ("1.0", "!=1.0", False),
        ("1.10", ">1.9", True),
        ("1.10", "<=1.9", False),
        ("1.0", "", True),
    ],
)
def test_versions(version: str, specifier: str, answer: bool) -> None:
    assert satisfies(version, specifier) is answer
