"""Audit the project: `python -m <package>.reproducibility.audit [--root DIR]`."""

import argparse
import sys
from pathlib import Path

from .run import audit, table


def main() -> None:
    """Print the table; the exit status is 0 where every check passes, else 1."""
    parser = argparse.ArgumentParser(description="Audit the project; writes nothing.")
    parser.add_argument("--root", type=Path, default=Path(), help="the project; this folder")
    root = parser.parse_args().root
    if not root.is_dir():
        parser.error(f"{root} is not a folder")
    checks = audit(root)
    print(table(checks))
    sys.exit(not all(check.passed for check in checks))


if __name__ == "__main__":
    main()
