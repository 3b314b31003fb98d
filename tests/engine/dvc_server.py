"""DVC without its second of start-up: a process that has it loaded forks one for each command.

For tests that call it often. A line on stdin asks, in JSON: {"arguments", "folder", "environment",
"output", "errors"}, the last two files to write; a line on stdout answers with the exit status.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from dvc.cli import main

WARM_UP = ("init -q", "add -q data", "data status --json", "status -q", "checkout -q")


def served(request: dict[str, Any]) -> int:
    """Run one command in a process of its own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    redirect(os.devnull, request["output"], request["errors"])
    code = main(request["arguments"])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def redirect(*names: str) -> None:
    """Redirect the standard streams to these files."""
    for number, name in enumerate(names):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(name, flags, 0o600), number)


def load() -> None:
    """Make DVC import what it needs only when it needs it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run(["git", "init", "-q"], check=True)
        Path("data").mkdir()
        Path("data/one").write_text("1", encoding="utf-8")
        answers = os.dup(1)
        os.dup2(2, 1)
        codes = [main(command.split()) for command in WARM_UP]
        os.dup2(answers, 1)
        os.chdir("/")
        assert not any(codes), codes


if __name__ == "__main__":
    load()
    while line := sys.stdin.readline():
        print(served(json.loads(line)), flush=True)
