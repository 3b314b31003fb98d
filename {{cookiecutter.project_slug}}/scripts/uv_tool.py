"""The locked release of uv: finds or fetches it, runs it, and explains its failures.

Packages come from where the settings of uv and pip say; of those, `HEARD` names what counts.

Standard library only, as setup.py, which imports this.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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


# Where packages come from.

TORCH_CPU = "https://download.pytorch.org/whl/cpu"
# Variables that steer the tools, and those of them that are passed on: they say where packages come
# from and how to reach it. What is installed, how and where, only the locks and this file decide.
STEERING = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "SETUPTOOLS_", "DISTUTILS_")
HEARD = re.compile(
    r"(UV|PIP)_((DEFAULT_|EXTRA_)?INDEX(_URL|_STRATEGY)?|INDEX_\w+_(USERNAME|PASSWORD)|NO_INDEX"
    r"|KEYRING_PROVIDER|CREDENTIALS_DIR|((HTTP|HTTPS|NO)_)?PROXY|CERT|CLIENT_CERT|NATIVE_TLS"
    r"|SYSTEM_CERTS|TRUSTED_HOST|(ALLOW_)?INSECURE_HOST|CACHE_DIR|NO_CACHE(_DIR)?|OFFLINE"
    r"|((DEFAULT|HTTP|HTTP_CONNECT|REQUEST|LOCK)_)?TIMEOUT|(HTTP_)?RETRIES|CONCURRENT_\w+)"
    r"|UV_(PYTHON_INSTALL_MIRROR|PYTHON_INSTALL_DIR|PYTHON_DOWNLOADS(_JSON_URL)?)|PIP_FIND_LINKS"
)


def wheel_sources(requirements: list[Path]) -> list[str]:
    """Options for "+cpu" builds of torch: folders named in the environment, or PyTorch's index.

    UV_FIND_LINKS (separated by commas) and PIP_FIND_LINKS (by spaces) are for machines that cannot
    reach PyTorch's index, or any index (UV_NO_INDEX). Otherwise they are ignored: uv would take a
    build of another variant there, such as 2.0+cpu or 2.0+mine, for the 2.0 of a lock.
    """
    if any("+cpu" in file.read_text(encoding="utf-8") for file in requirements):
        places = local_wheels() or [f"{TORCH_CPU}/torch/"]
    else:
        places = local_wheels() if os.environ.get("UV_NO_INDEX") else []
    return [part for place in places for part in ("-f", place)]


def local_wheels() -> list[str]:
    """The places that UV_FIND_LINKS or PIP_FIND_LINKS names."""
    named = os.environ.get("UV_FIND_LINKS", "").split(",")
    return [place for place in named if place] or os.environ.get("PIP_FIND_LINKS", "").split()


def environment() -> dict[str, str]:
    """The variables for a tool: of those that steer it, only the ones in `HEARD`."""
    patient = {"UV_HTTP_TIMEOUT": "120", "PIP_DEFAULT_TIMEOUT": "120", **os.environ}
    return {
        name: value
        for name, value in patient.items()
        if not name.startswith(STEERING) or HEARD.fullmatch(name)
    }


def pip_settings(listing: list[str]) -> dict[str, str]:
    """The settings from pip's own files, as variables; `listing` is the command `pip config list`.

    A file that PIP_CONFIG_FILE names counts like the others, in the order that pip gives them.
    """
    variables = {**environment(), "PIP_USER": "0"}  # "user = true" would list only the user's
    if config := os.environ.get("PIP_CONFIG_FILE"):
        variables["PIP_CONFIG_FILE"] = config
    reply = subprocess.run(listing, env=variables, capture_output=True, text=True, check=False)
    settings = {"PIP_CONFIG_FILE": os.devnull}
    for key, value in re.findall(
        r"^(?:global|install)\.([\w-]+)=('.*'|\".*\")$", reply.stdout, re.M
    ):
        if HEARD.fullmatch(name := variable("PIP", key)):
            settings[name] = str(ast.literal_eval(value))
    return settings


def uv_settings() -> str:
    """The settings from uv's own file: the one that UV_CONFIG_FILE names, or the first uv.toml.

    It is the project's, the user's or the machine's; folders above the project do not count.
    """
    if config := os.environ.get("UV_CONFIG_FILE"):
        return sources(Path(config).read_text(encoding="utf-8"))
    if os.environ.get("UV_NO_CONFIG"):
        return ""
    files = [PROJECT / "uv.toml", *(folder / "uv" / "uv.toml" for folder in settings_folders())]
    return next((sources(f.read_text(encoding="utf-8")) for f in files if f.is_file()), "")


def settings_folders() -> list[Path]:
    """The folders of the user's settings, then of the machine's."""
    if os.name == "nt":
        named = [os.environ.get("APPDATA"), os.environ.get("PROGRAMDATA")]
    else:
        shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        yours = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        named = [yours, *shared.split(os.pathsep), "/etc"]
    return [Path(name).expanduser() for name in named if name]


def sources(settings: str) -> str:
    """The lines of a uv.toml in `HEARD`; without a parser, as older Pythons have none."""
    kept, table, heard = [], "", False
    for line in settings.splitlines():
        if header := re.match(r"\s*\[+\s*([\w.-]+)\s*\]", line):
            table, heard = header[1], header[1] in ("index", "pip")
        elif key := re.match(r"\s*\"?(?:pip\.)?([\w-]+)\"?\s*=", line):
            plain = table in ("", "pip") and HEARD.fullmatch(variable("UV", key[1]))
            heard = table == "index" or bool(plain)
        if heard:  # also the lines that continue a value
            kept.append(line)
    return "\n".join(kept) + "\n"


def variable(tool: str, key: str) -> str:
    """The variable for the key of a file: PIP_INDEX_URL for index-url."""
    return f"{tool}_{key.replace('-', '_').upper()}"
