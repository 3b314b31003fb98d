"""Run DVC against a remote, and say in one sentence why it failed.

Run as a program it is DVC itself, but for SSH: DVC's plugin takes any server for the right one, and
lends it your agent. Here the server's key must stand in ~/.ssh/known_hosts, and no agent is lent.
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
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import refuse_conflicts
from ..programs import dvc_started, outside_git

# What DVC and its plugins say, and what is true of the remote then; the first that fits counts.
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
        "does not let you in; README.md says under 'Your remote' where your credentials go",
    ),
    (
        "NoSuchBucket|bucket does not exist|ContainerNotFound|container does not exist",
        "does not exist; create the bucket, or mend the url with 'dvc remote modify'",
    ),
    (
        "Connect call failed|[Cc]onnection (?:reset|refused|lost|closed|timed out)|timed? ?out"
        "|(?:Could not|Cannot|Failed to) connect|getaddrinfo|Name or service not known"
        "|No address associated|name resolution|unreachable",
        "cannot be reached; mend the network or the url and ask again, what has arrived is kept",
    ),
    (
        "NotADirectoryError|Not a directory",
        "is not in a folder; choose another place with 'dvc remote modify'",
    ),
    ("Unable to acquire lock", "is in use by another DVC of this project; ask again after that"),
)


# What runs DVC where it may ask a remote: this file.
MODULE = f"{__package__}.dvc_errors"


@cache
def tame_plugins() -> None:
    """Have DVC's plugin for SSH ask for a server's key and lend no agent; let none log tracebacks.

    What goes wrong is said in one sentence, from the error that they raise.
    """
    logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
    try:
        plugin = import_module("dvc_ssh")  # audit: there where the remote is of this kind
    except ImportError:
        return
    kind: Any = plugin.SSHFileSystem
    settings = kind._prepare_credentials

    def checked(self: Any, **config: Any) -> Any:
        # An empty tuple stands for ~/.ssh/known_hosts; the plugin says None, which is no check.
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

    try:
        with Repo() as repo:
            yield repo
    except DvcException as error:
        named = re.findall(r"[^\s'\"]+(?:\.dvc|\.yaml|\.lock)\b", str(error))
        for path in (".dvc/config", "dvc.yaml", "dvc.lock", *named):
            if Path(path).is_file():
                refuse_conflicts(path, Path(path).read_text(encoding="utf-8", errors="replace"))
        said = " ".join(str(error).split())
        raise UserError(f"DVC cannot read this project: {said}") from None
    except RecursionError:
        raise UserError(
            "a .dvc file, dvc.yaml or dvc.lock has brackets that are nested without end; restore "
            "it from Git."
        ) from None


def transfer(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC; at a terminal its progress and errors are shown while it runs."""
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
        texts = (one.decode("utf-8", errors="replace") for one in (shown.read(), said))
        return subprocess.CompletedProcess(process.args, status, *texts)


def show(done: subprocess.CompletedProcess[str]) -> None:
    """Show what DVC said, but for what a person at a terminal has seen already."""
    sys.stdout.write(done.stdout)
    if not sys.stderr.isatty():
        sys.stderr.write(done.stderr)


def understood(remote: str, url: str, said: str) -> UserError | None:
    """Return the sentence for what was said of a remote; None if there is none."""
    for pattern, meaning in CAUSES:
        if match := re.search(pattern, said):
            return UserError(f"the remote '{remote}' ({url}) {match.expand(meaning)}.")
    return None


def failure(remote: str, url: str, said: str) -> UserError:
    """Return the sentence for what was said of a remote; shows that where there is none."""
    if known := understood(remote, url, said):
        return known
    sys.stderr.write(f"{said.rstrip()}\n")
    return UserError(f"DVC failed with the remote '{remote}' ({url}), as shown above.")


def words(error: BaseException | None) -> str:
    """Return what an error says, and those behind it."""
    if error is None:
        return ""
    return f"{type(error).__name__}: {error}\n{words(error.__cause__ or error.__context__)}"


if __name__ == "__main__":
    from dvc.cli import main  # audit: a tool, of dev.in, where a remote is used

    tame_plugins()
    sys.exit(main(sys.argv[1:]))
