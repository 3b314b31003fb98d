"""The example data of the project's task, which scripts/example.py makes."""

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from ..console.errors import UserError
from ..data.dvc_file import origin, recorded_version

SCRIPT, LOCK = Path("scripts/example.py"), Path("requirements/example.lock")
FETCH = "scripts/example_packages.py"


def source() -> str:
    """Return in a few words what the example data is.

    Raises:
        UserError: the project has none.
    """
    return str(_script().SOURCE)


@cache
def files() -> Mapping[str, bytes]:
    """Return the example data: name below data/raw → content.

    Packages that carry it and that nothing else needs are fetched into a passing folder.

    Raises:
        UserError: the project has none, or a package cannot be fetched.
    """
    script = _script()
    with tempfile.TemporaryDirectory(prefix="example-") as folder:
        if LOCK.exists():
            fetch = [sys.executable, "-I", FETCH, folder, LOCK.as_posix()]
            if subprocess.run(fetch, check=False).returncode:
                raise UserError(f"{LOCK} could not be installed, as shown above.")
        return dict(script.files(Path(folder)))


@cache
def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example", SCRIPT)
    if not SCRIPT.exists() or spec is None or spec.loader is None:
        raise UserError(f"there is no {SCRIPT.as_posix()}, so no example data; name your own data.")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def version_in(pointer: Path) -> str | None:
    """Return the version in a .dvc file if that is the version of the example data."""
    found = origin(pointer)
    return recorded_version(pointer) if found and found["kind"] == "example" else None


def version(files: Mapping[str, bytes]) -> str:
    """Return the hash that DVC gives a folder with these files."""
    entries = [
        {"md5": hashlib.md5(files[name]).hexdigest(), "relpath": name} for name in sorted(files)
    ]
    return hashlib.md5(json.dumps(entries).encode()).hexdigest() + ".dir"


def holds(folder: Path) -> str:
    """Return the hash that DVC gives what stands below a folder."""
    return version(
        {
            one.relative_to(folder).as_posix(): one.read_bytes()
            for one in sorted(folder.rglob("*"))
            if one.is_file()
        }
    )


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files` below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
