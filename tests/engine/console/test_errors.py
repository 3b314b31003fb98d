"""A mistake of the user ends in one line, never in a traceback."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PYTHONPATH

from samebits.console.errors import CheckFailed, UserError, run

Main = Callable[[], None]
Caught = Callable[[Main], tuple[int, str]]


@pytest.fixture
def ended(capsys: pytest.CaptureFixture[str]) -> Caught:
    """Run a command and return its exit status and its error message."""

    def of(main: Main) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            run(main)
        out, err = capsys.readouterr()
        assert out == ""
        assert isinstance(caught.value.code, int)
        return caught.value.code, err

    return of


def raising(error: BaseException) -> Main:
    """A command that raises it."""

    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UserError("data/raw is not there; make it."), 2, "error: data/raw is not there; make it."),
        (CheckFailed("a bit differs."), 1, "error: a bit differs."),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyboardInterrupt("go on"), 130, "interrupted; go on"),
    ],
)
def test_each_end_has_one_line_and_its_status(
    ended: Caught, error: BaseException, status: int, said: str
) -> None:
    assert ended(raising(error)) == (status, f"{said}\n")


def unmapped() -> None:
    raise ImportError("libtorch_cuda.so: failed to map segment from shared object")


def full() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE a (b)")
        database.execute("PRAGMA max_page_count = 2")
        database.execute("INSERT INTO a VALUES (zeroblob(100000))")


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (lambda: Path("nowhere").read_bytes(), "nowhere: No such file or directory"),
        (lambda: Path().read_bytes(), ".: Is a directory"),
        (lambda: os.write(99999, b""), "Bad file descriptor"),
        (full, "database or disk is full"),
        (lambda: bytes(2**62), "this machine has too little memory"),
        (unmapped, "this machine has too little memory"),
    ],
)
def test_what_the_system_refuses_is_one_line(ended: Caught, main: Main, words: str) -> None:
    assert ended(main) == (2, f"error: {words}; fix that and run it again.\n")


def test_a_reader_that_has_seen_enough() -> None:
    code = f"from {run.__module__} import run; run(lambda: [print(one) for one in range(10**5)])"
    command, environment = [sys.executable, "-c", code], os.environ | {"PYTHONPATH": PYTHONPATH}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 2


def printing(into: int) -> tuple[int, str]:
    """The status and the output of a command that prints a line at its end."""
    code = f"from {run.__module__} import run; run(lambda: print('all is well'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": PYTHONPATH},
        stdout=into,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_reader_that_is_gone_before_the_end() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert printing(writing) == (2, "")
    os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_full_at_the_end() -> None:
    with Path("/dev/full").open("wb") as full:
        said = "error: No space left on device; fix that and run it again.\n"
        assert printing(full.fileno()) == (2, said)


def wrong_query() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("SELECT * FROM nothing")


def unexplained() -> None:
    raise OSError("no number")


def divided() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("main", [wrong_query, unexplained, divided])
def test_other_errors_keep_their_traceback(ended: Caught, main: Main) -> None:
    """And are not an answer: Python itself would exit with 1."""
    status, said = ended(main)
    assert status == 2
    assert said.startswith("Traceback (most recent call last):")
    assert f"in {main.__name__}" in said


def test_success_returns() -> None:
    done: list[int] = []
    run(lambda: done.append(1))
    assert done == [1]
