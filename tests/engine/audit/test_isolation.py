"""Files that Python would import for others: `pytest tests/engine/audit`."""

import re
from typing import Any

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "random.py",
        "numpy.py",
        "PIL.py",
        *("torch/__init__.py", "torch/__init__.pyc", "torch/__init__.so"),
        "torch/__init__.cpython-311-x86_64-linux-gnu.so",
        "json.cpython-311-x86_64-linux-gnu.so",
        "csv.pyc",
        "sitecustomize.py",
        "src/sitecustomize.py",
        "src/usercustomize.py",
        "src/yaml.py",
        *("src/dvc/__init__.py", "src/dvc/__init__.pyc"),
    ],
)
def test_a_file_that_python_takes_for_a_module(copy: Any, path: str) -> None:
    copy.write(path, b"")
    [finding] = copy.new()["isolation"]
    assert finding.path == re.sub(r"/__init__\..*", "", path)
    name = re.split(r"[./]", path.removeprefix("src/"))[0]
    assert f"shadows the module {name} of Python or of a package" in finding.message


def test_a_file_beside_the_package(copy: Any) -> None:
    """A library that tries to import what is not installed, as torch does dill, would find it."""
    copy.write("src/dill.py", "")
    [finding] = copy.new()["isolation"]
    assert finding.path == "src/dill.py"
    assert f"move it into {copy.package}" in finding.message


@pytest.mark.parametrize("owner", [0, 1])
def test_a_package_that_only_others_look_for(copy: Any, owner: int) -> None:
    """As torch does for opt_einsum, which is in no lock."""
    copy.write("src/opt_einsum/__init__.py", "")
    [finding] = copy.new()["isolation"]
    assert (finding.path, finding.line) == ("src/opt_einsum", 1)
    copy.append(copy.codes[owner], "\nimport opt_einsum\n")
    assert "isolation" not in copy.new()


@pytest.mark.parametrize(
    "path", ["random.txt", "numpy/notes.md", "helper.py", "src/other/notes.md", "own/random.py"]
)
def test_what_takes_no_module_s_place(copy: Any, path: str) -> None:
    copy.write(path, "")
    assert "isolation" not in copy.new()


def test_a_module_of_a_package_may_be_called_as_it_likes(copy: Any) -> None:
    for package in (copy.package, "src/samebits/data"):
        copy.write(f"{package}/random.py", "")
    assert "isolation" not in copy.new()


@pytest.mark.parametrize(
    "command",
    [
        *("python -m", "python3.12 -m", "/usr/bin/python -u -m", "true && python -m"),
        *("true; python -m", "true;python -m", "env python -m", "A=1 python3 -X dev -m"),
        *("sh -c 'true; python -m", 'bash -c "python3 -m', "$(which python) -m", "exec python -m"),
        *("pypy -m", "pypy3 -m", "pypy3.10 -u -m", "ipython -m", "py -3 -m", "python -mIPython -m"),
        *("coverage run -m", "pytest -m", "uv run python -m", "uv run -m", "uv run --with x -m"),
        *("torchrun -m", "accelerate launch -m", "python -I -m torch.distributed.run -m"),
        *("scripts/venv python -m", ".venv\\Scripts\\python.exe -m", "uv run a.py", "./a.py"),
        *("${PYTHON} -m", "$PYTHON -m", "A=1 exec '$PY' -X dev -u -m", "sh -c '$PYTHON a.py"),
        *("\\${PYTHON:-python3} -m", "true; $PYTHON -m"),
    ],
)
def test_a_stage_that_is_not_isolated(copy: Any, command: str) -> None:
    line = copy.replace("dvc.yaml", "cmd: python -I -m", f"cmd: {command}")
    [finding] = copy.new()["isolation"]
    assert (finding.path, finding.line) == ("dvc.yaml", line)
    assert "starts Python without -I" in finding.message


@pytest.mark.parametrize(
    "command",
    [
        *("python -u -I -m", "python3 -uI -m", "python -X dev -W error -I -m", "./pythonic -m"),
        *("torchrun --no-python python -I -m", "uv run python -I -m", "env A=1 pypy3 -I -m"),
        *("sh -c 'python -I -m", "$(which python) -I -m", "python -I -m coverage run -m"),
        *("python -I a.py", "python -I -m torch.distributed.run --no-python python -I -m"),
        *("${PYTHON} -I -m", "$PYTHON -X dev -uI -m", "cd $HOME; python -I -m", "$RUN it -m"),
    ],
)
def test_a_stage_that_is(copy: Any, command: str) -> None:
    copy.replace("dvc.yaml", "cmd: python -I -m", f"cmd: {command}")
    assert "isolation" not in copy.new()


def test_a_script_that_a_stage_runs(copy: Any) -> None:
    copy.write("scripts/run.sh", "# not python -m\nexec python -I -m a\n")
    copy.replace("dvc.yaml", "cmd: python -I -m", "cmd: sh scripts/run.sh -m")
    assert "isolation" not in copy.new()
    copy.append("scripts/run.sh", "python -m b\n")
    assert [finding.path for finding in copy.new()["isolation"]] == ["dvc.yaml"]
