"""The lock files of the template and of the project it renders, and how to read them."""

import re
from pathlib import Path

from helpers import PROJECT, ROOT

REQUIREMENTS = ROOT / PROJECT / "requirements"
RUNTIME = {
    name: REQUIREMENTS / f"{{% if cookiecutter.accelerator == '{name}' %}}runtime.lock{{% endif %}}"
    for name in ("cuda", "cpu")
}
REMOTE = {
    name: REQUIREMENTS / f"{{% if cookiecutter.remote == '{name}' %}}remote.lock{{% endif %}}"
    for name in ("s3", "gs", "azure", "ssh")
}
EXAMPLE = {file.name: file for file in REQUIREMENTS.glob("*example.lock*")}
TRACKERS = {file.stem: file for file in (ROOT / PROJECT / "src/samebits/tracking").glob("*.lock")}
LOCKS = {
    **REMOTE,
    **TRACKERS,
    **EXAMPLE,
    "cuda": RUNTIME["cuda"],
    "cpu": RUNTIME["cpu"],
    "dev": REQUIREMENTS / "dev.lock",
    "serve": REQUIREMENTS / "serve.lock",
    "setup": REQUIREMENTS / "setup.lock",
    "template": ROOT / "requirements" / "dev.lock",
    "servers": ROOT / "requirements" / "servers.lock",
}
HASHED = re.compile(r"^(\S+==[^\s;]+).*((?:\n    --hash=.*)+)", re.MULTILINE)
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))? \\$")


def pins(file: Path) -> dict[str, set[str]]:
    """The versions of each package in a lock."""
    versions: dict[str, set[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            versions.setdefault(match["name"], set()).add(match["version"])
    return versions


def asked(file: Path) -> set[str]:
    """The packages that a .in file names."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=<>;\s]", line)[0].lower() for line in lines if line[:1].isalpha()}
