"""Where packages come from: the settings of uv and pip that a locked installation uses.

Standard library only, as setup.py, which imports this.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
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
