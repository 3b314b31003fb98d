"""Puts the packages of a lock into a folder, without dependencies that the lock does not name.

    python3 scripts/example_packages.py DIR LOCK

So packages that only carry the example data are unpacked there and never installed.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":  # before a file on PYTHONPATH can shadow a module of Python
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    sys.path.append(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120

import argparse
import tempfile
from pathlib import Path

from uv_tool import PROJECT, Problem, base_python, find_uv, run, wheel_sources


def main() -> int:
    parser = argparse.ArgumentParser(description="Put the packages of a lock into a folder.")
    parser.add_argument("folder", type=Path, help="where to put them")
    parser.add_argument("lock", type=Path, help="the lock that pins them")
    options = parser.parse_args()
    try:
        unpack(options.folder, options.lock)
    except (Problem, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nerror: interrupted; run it again, it starts over", file=sys.stderr)
        return 130
    return 0


def unpack(folder: Path, lock: Path) -> None:
    """Puts the packages of a lock, and nothing else, into a folder."""
    with tempfile.TemporaryDirectory(prefix="uv-") as tools:
        uv = find_uv(PROJECT / ".venv", Path(tools))
        print(f"Fetching the packages of {lock.name}")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--link-mode", "copy", "--python", base_python(), "--target", str(folder)]
        run([*command, *wheel_sources([lock]), "-r", str(lock)])


if __name__ == "__main__":
    sys.exit(main())
