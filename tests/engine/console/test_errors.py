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

from samebits.console.errors import UserError, run


def test_a_user_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise UserError("data/raw is not there; make it.")

    with pytest.raises(SystemExit) as caught:
        run(main)
    # Python prints a text given to sys.exit on stderr, and exits with 1.
    assert caught.value.code == "error: data/raw is not there; make it."
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_clean() -> None:
    def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit, match="interrupted"):
        run(main)


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
        (lambda: Path().read_bytes(), "\\.: Is a directory"),
        (lambda: os.write(99999, b""), "Bad file descriptor"),
        (full, "database or disk is full"),
        (lambda: bytes(2**62), "this machine has too little memory"),
        (unmapped, "this machine has too little memory"),
    ],
)
def test_what_the_system_refuses_is_one_line(main: Callable[[], None], words: str) -> None:
    with pytest.raises(SystemExit, match=f"^error: {words}; fix that and run it again.$"):
        run(main)


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
    assert process.returncode == 1


def wrong_query() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("SELECT * FROM nothing")


def unexplained() -> None:
    raise OSError("no number")


def divided() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("main", [wrong_query, unexplained, divided])
def test_other_errors_keep_their_traceback(main: Callable[[], None]) -> None:
    with pytest.raises((sqlite3.OperationalError, OSError, ZeroDivisionError)):
        run(main)


def test_success_returns() -> None:
    done: list[int] = []
    run(lambda: done.append(1))
    assert done == [1]
