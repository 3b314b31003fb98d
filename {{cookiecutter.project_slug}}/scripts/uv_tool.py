"""The locked release of uv: finds or fetches it, runs it, and explains its failures.

Standard library only, as setup.py, which imports this.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from package_sources import environment, pip_settings, uv_settings
from venv_files import BIN, SUFFIX

PROJECT = Path(__file__).resolve().parent.parent
SETUP_LOCK = PROJECT / "requirements" / "setup.lock"


class Problem(Exception):
    """One sentence for the user: what is wrong and how to fix it."""


def base_python() -> str:
    """The interpreter behind a virtual environment; outside one, the running interpreter."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def find_uv(venv: Path, tools: Path) -> str:
    """The locked release of uv: from the environment, from PATH, or fetched into `tools`."""
    wanted = locked_uv(SETUP_LOCK.read_text(encoding="utf-8"))
    for candidate in (str(venv / BIN / f"uv{SUFFIX}"), shutil.which("uv")):
        if candidate and uv_version(candidate) == wanted:
            return candidate
    print(f"Fetching uv {wanted}")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Problem(
            "this Python has no venv module: install it (Debian, Ubuntu: apt install python3-venv) "
            f"or install uv {wanted}"
        )
    run([base_python(), "-I", "-m", "venv", str(tools)])
    pip = [str(tools / BIN / f"python{SUFFIX}"), "-I", "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(SETUP_LOCK)]
    run(install, settings=pip_settings([*pip, "config", "list"]))
    return str(tools / BIN / f"uv{SUFFIX}")


def locked_uv(lock: str) -> str:
    """The version in a line such as `uv==0.13.9 \\`."""
    match = re.search(r"^uv==([^\s\\]+)", lock, re.MULTILINE)
    if not match:
        raise Problem(f"{SETUP_LOCK} does not pin uv: restore it from Git")
    return match.group(1)


def uv_version(uv: str) -> str:
    """The version that `uv --version` prints; empty if it does not run."""
    try:
        reply = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return [*reply.stdout.split(), "", ""][1]


def run(
    command: list[str], folder: Path | None = None, settings: dict[str, str] | None = None
) -> None:
    """Runs a tool, shows its output without the list of packages, and explains a failure."""
    with tempfile.TemporaryDirectory(prefix="settings-") as place:
        config = Path(place, "uv.toml")
        config.write_text(uv_settings(), encoding="utf-8")
        variables = {**(settings or {}), **environment(), "UV_CONFIG_FILE": str(config)}
        code, output = shown(command, folder, variables)
    if code:
        raise Problem(diagnose(output, command))


def shown(command: list[str], folder: Path | None, variables: dict[str, str]) -> tuple[int, str]:
    """Runs a tool and shows its output; returns its exit status and all output."""
    output = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env=variables,
        close_fds=False,  # the tools hold the lock on the folder too: see exclusive() of setup.py
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            if not re.match(r" [-+~] ", line):
                print(f"  {line}", end="", flush=True)
    return process.returncode, "".join(output)


CAUSES = (
    ("no space left|not enough space|disk full|os error 112", "the disk is full: make room"),
    (
        "no interpreter found|no download found|python-build-standalone",
        "this version of Python is missing and could not be fetched: install it, "
        "or name another in .python-version",
    ),
    (
        "no wheels with a matching",
        "a locked package has no file for this machine or Python: use another Python",
    ),
    (
        "hash mismatch|do not match the hashes",
        "a download does not match its hash in the lock file: check the package index",
    ),
    (
        "failed to parse|toml parse error|invalid value",
        "a setting of uv or pip is malformed: fix it",
    ),
    ("unknownissuer|certificate", "a certificate is not trusted: name it in SSL_CERT_FILE"),
    ("unauthorized|forbidden|credentials", "the package index needs a name and password: set them"),
    (
        "dns error|name resolution|error sending request|failed to fetch|timed out|connect"
        "|unreachable|retries|offline|network",
        "the packages could not be fetched: check the network",
    ),
    (
        "could not find a version|no solution found",
        "the configured package index lacks a locked package: set another",
    ),
)


def diagnose(output: str, command: list[str]) -> str:
    """The likeliest cause of a tool's failure, from what it printed, in one sentence."""
    if "-f" in command and re.search("hash mismatch|do not match the hashes", output.lower()):
        return "a file of UV_FIND_LINKS or PIP_FIND_LINKS is not the locked one: remove it"
    for pattern, cause in CAUSES:
        if re.search(pattern, output.lower()):
            return f"{cause}, then run it again"
    return f"`{' '.join(command[:3])} ...` failed: see its output above"
