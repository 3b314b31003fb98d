"""Puts the packages of a lock into a folder, and what they need only if the lock has it.

    python3 scripts/example_packages.py DIR LOCK

So the packages that only carry the example data are looked into, and never installed.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":  # before a file on PYTHONPATH takes the place of a module of Python's
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    sys.path.append(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120

import argparse
import tempfile
from pathlib import Path

from package_sources import wheel_sources
from uv_tool import PROJECT, Problem, base_python, find_uv, run


def main() -> int:
    parser = argparse.ArgumentParser(description="Put the packages of a lock into a folder.")
    parser.add_argument("folder", type=Path, help="where they go")
    parser.add_argument("lock", type=Path, help="that pins them")
    options = parser.parse_args()
    try:
        unpack(options.folder, options.lock)
    except (Problem, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nerror: interrupted; start it again, it begins anew", file=sys.stderr)
        return 130
    return 0


def unpack(folder: Path, lock: Path) -> None:
    """Puts the packages of a lock into a folder, and what they need only if the lock has it."""
    with tempfile.TemporaryDirectory(prefix="uv-") as tools:
        uv = find_uv(PROJECT / ".venv", Path(tools))
        print(f"Fetching what {lock.name} names")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--link-mode", "copy", "--python", base_python(), "--target", str(folder)]
        run([*command, *wheel_sources([lock]), "-r", str(lock)])


if __name__ == "__main__":
    sys.exit(main())
