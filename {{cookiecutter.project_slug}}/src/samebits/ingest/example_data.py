"""The example data of the project's task, which scripts/example.py makes."""

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from ..console.errors import UserError
from ..data.raw_pointer import origin, recorded_version

SCRIPT, LOCK = Path("scripts/example.py"), Path("requirements/example.lock")
FETCH = "scripts/example_packages.py"


def source() -> str:
    """Return a short description of the example data.

    Raises:
        UserError: the project has no example data.
    """
    return str(_script().SOURCE)


@cache
def files() -> Mapping[str, bytes]:
    """Return the example data: name below data/raw → content.

    Packages that only carry the data are installed into a temporary folder.

    Raises:
        UserError: the project has no example data, or a package cannot be installed.
    """
    script = _script()
    with installed(LOCK) as folder:
        return dict(script.files(folder))


@contextmanager
def installed(lock: Path) -> Iterator[Path]:
    """Install packages that only carry data into a passing folder; it is empty without the lock.

    Raises:
        UserError: one of them cannot be installed.
    """
    with tempfile.TemporaryDirectory(prefix="packages-") as folder:
        if lock.exists():
            fetch = [sys.executable, "-I", FETCH, folder, lock.as_posix()]
            if subprocess.run(fetch, check=False).returncode:
                raise UserError(f"{lock} could not be installed, as shown above.")
        yield Path(folder)


@cache
def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example", SCRIPT)
    if not SCRIPT.exists() or spec is None or spec.loader is None:
        raise UserError(
            f"{SCRIPT.as_posix()} is missing, so there is no example data; name your own data."
        )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def version_in(pointer: Path) -> str | None:
    """Return the version in a .dvc file if it is of the example data."""
    recorded = origin(pointer)
    return recorded_version(pointer) if recorded and recorded["kind"] == "example" else None


def version(files: Mapping[str, bytes]) -> str:
    """Return the hash that DVC gives a folder with these files."""
    entries = [
        {"md5": hashlib.md5(files[name]).hexdigest(), "relpath": name} for name in sorted(files)
    ]
    return hashlib.md5(json.dumps(entries).encode()).hexdigest() + ".dir"


def holds(folder: Path) -> str:
    """Return the hash that DVC gives a folder on disk."""
    return version(
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
    )


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files` below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
