"""A project to bring data into, and the engine's own calls of DVC, even without an installation."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import FILES, Call, give_version
from conftest import PYTHONPATH, configured, give_example

from samebits import programs
from samebits.arguments import parse
from samebits.core.yours import Yours
from samebits.ingest import collect
from samebits.ingest import download as fetch
from samebits.remote import dvc_errors


@pytest.fixture(autouse=True)
def _dvc() -> Iterator[None]:
    """Not isolated: only in a project's environment does isolated Python find the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        program = [sys.executable, "-m", dvc_errors.__name__]
        patch.setattr(programs, "dvc_command", lambda *arguments, **_: [*program, *arguments])
        yield


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project whose example data is tiny, and whose versions need no DVC."""
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    monkeypatch.chdir(root)
    configured(root)
    give_example(FILES)
    monkeypatch.setattr(fetch, "give_version", give_version)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process; return what it tells."""

    def run(*arguments: str) -> str:
        collect.main(parse(["data", "add", *arguments]), Yours(("data",)))
        return capsys.readouterr().out.replace("\\", "/")

    return run
