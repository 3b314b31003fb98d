"""Run DVC against a remote, and explain in one sentence why it failed.

Run as a program it is DVC itself, except over SSH: DVC's plugin trusts any server and forwards your
agent to it. Here the server's key must be in ~/.ssh/known_hosts, and no agent is forwarded.
"""

import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import refuse_conflicts
from ..programs import dvc_started, outside_git

# Messages of DVC and its plugins, and what they mean for the remote; the first match counts.
CAUSES = (
    (
        r"requires '(dvc-\w+)' to be installed",
        r"needs \1; name it in requirements/remote.in, then run 'make lock' and 'make setup'",
    ),
    (
        "Host key is not trusted|HostKeyNotVerifiable",
        "has a key that this machine does not know; connect once with 'ssh' and compare it",
    ),
    (
        "locate credentials|credentials were not found|DefaultAzureCredential|Anonymous caller"
        "|requires either account_name|Connection string .*malformed|InvalidAccessKeyId"
        "|SignatureDoesNotMatch|AccessDenied"
        "|AuthenticationFailed|AuthorizationFailure|Permission ?[Dd]enied|Forbidden|Access denied",
        "does not let you in; docs/your-remote.md says where your credentials go",
    ),
    (
        "NoSuchBucket|bucket does not exist|ContainerNotFound|container does not exist",
        "does not exist; create the bucket, or fix the url with 'dvc remote modify'",
    ),
    (
        "Connect call failed|[Cc]onnection (?:reset|refused|lost|closed|timed out)|timed? ?out"
        "|(?:Could not|Cannot|Failed to) connect|getaddrinfo|Name or service not known"
        "|No address associated|name resolution|unreachable",
        "cannot be reached; fix the network or the url and try again; what has arrived is kept",
    ),
    (
        "NotADirectoryError|Not a directory",
        "is not in a folder; choose another place with 'dvc remote modify'",
    ),
    (
        "Unable to acquire lock",
        "is in use by another DVC command of this project; try again when that is done",
    ),
)


DEEPEST = 100  # lists in lists in a file of DVC's, which has four

# The module that runs DVC if it may contact a remote: this file.
MODULE = f"{__package__}.dvc_errors"


@cache
def tame_plugins() -> None:
    """Have DVC's SSH plugin check the server's key and forward no agent; keep plugins from logging.

    Their errors are explained in one sentence instead of a traceback.
    """
    logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
    try:
        plugin = import_module("dvc_ssh")  # audit: installed if the remote is of this kind
    except ImportError:
        return
    kind: Any = plugin.SSHFileSystem
    settings = kind._prepare_credentials

    def checked(self: Any, **config: Any) -> Any:
        # An empty tuple means ~/.ssh/known_hosts; the plugin passes None, which means no check.
        return {**settings(self, **config), "known_hosts": (), "agent_forwarding": False}

    kind._prepare_credentials = checked


@contextmanager
def opened() -> Iterator[Any]:
    """Open this project as DVC itself does.

    Raises:
        UserError: DVC cannot read its settings, or a file that names stages or outputs.
    """
    from dvc.exceptions import DvcException  # audit: a tool, of dev.in, where a remote is used
    from dvc.repo import Repo  # audit: as above

    for path in (Path("dvc.yaml"), Path("dvc.lock"), *_pointers()):
        if path.is_file() and _depth(path.read_text("utf-8", errors="replace")) > DEEPEST:
            raise UserError(
                f"{path.as_posix()} nests lists more than {DEEPEST} deep; restore it from Git."
            )
    try:
        with Repo() as repo:
            yield repo
    except DvcException as error:
        named = re.findall(r"[^\s'\"]+(?:\.dvc|\.yaml|\.lock)\b", str(error))
        for path in (".dvc/config", "dvc.yaml", "dvc.lock", *named):
            if Path(path).is_file():
                refuse_conflicts(path, Path(path).read_text(encoding="utf-8", errors="replace"))
        reason = " ".join(str(error).split())
        raise UserError(f"DVC cannot read this project: {reason}") from None


def _pointers() -> Iterator[Path]:
    return (path for form in ("*.dvc", "*/*.dvc", "*/*/*.dvc") for path in Path().glob(form))


def _depth(text: str) -> int:
    """Return how deep a YAML text nests at most: libyaml has no limit, and would crash."""
    brackets = (1 if mark in "[{" else -1 for mark in re.findall(r"[\[\]{}]", text))
    dashes = (len(line) for line in re.findall(r"(?m)^(?: *[-?:](?= ))+", text))
    return max(*accumulate(brackets, initial=0), *dashes, 0)


def transfer(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC; at a terminal, show its progress and errors while it runs."""
    live = sys.stderr.isatty()
    environment = outside_git() | ({"DVC_IGNORE_ISATTY": "1"} if live else {})
    said = b""
    with (
        tempfile.TemporaryFile() as shown,
        dvc_started(
            *arguments, module=MODULE, stdout=shown, stderr=subprocess.PIPE, env=environment
        ) as process,
    ):
        assert process.stderr is not None
        while part := os.read(process.stderr.fileno(), 4096):
            said += part
            if live:
                os.write(sys.stderr.fileno(), part)
        status = process.wait()
        shown.seek(0)
        texts = (stream.decode("utf-8", errors="replace") for stream in (shown.read(), said))
        return subprocess.CompletedProcess(process.args, status, *texts)


def show(done: subprocess.CompletedProcess[str]) -> None:
    """Show DVC's output, except what has been shown at a terminal already."""
    sys.stdout.write(done.stdout)
    if not sys.stderr.isatty():
        sys.stderr.write(done.stderr)


def understood(remote: str, url: str, said: str) -> UserError | None:
    """Return the sentence that explains DVC's output; None if there is none."""
    for pattern, meaning in CAUSES:
        if match := re.search(pattern, said):
            return UserError(f"the remote '{remote}' ({url}) {match.expand(meaning)}.")
    return None


def failure(remote: str, url: str, said: str) -> UserError:
    """Return the sentence that explains DVC's output; without one, show the output."""
    if known := understood(remote, url, said):
        return known
    sys.stderr.write(f"{said.rstrip()}\n")
    return UserError(f"DVC failed with the remote '{remote}' ({url}), as shown above.")


def words(error: BaseException | None) -> str:
    """Return the messages of an error and of its causes."""
    if error is None:
        return ""
    return f"{type(error).__name__}: {error}\n{words(error.__cause__ or error.__context__)}"


if __name__ == "__main__":
    from dvc.cli import main  # audit: a tool, of dev.in, where a remote is used

    tame_plugins()
    sys.exit(main(sys.argv[1:]))
