"""List the engine that the template ships, so that a project can find its edited files.

    python scripts/manifest.py      (make manifest)

Writes src/samebits/MANIFEST of the template: the version, then SHA-256 and path of each file.
"""

import hashlib
import sys
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent / "{{cookiecutter.project_slug}}"
VERSION = "2.0"
NAME = "src/samebits/MANIFEST"
LISTED = ("src/samebits", "scripts")


def main() -> int:
    """Write the manifest."""
    (TEMPLATE / NAME).write_text(text(TEMPLATE), encoding="utf-8", newline="\n")
    print(f"refreshed {NAME} of engine {VERSION}; look at the change with 'git diff'")
    return 0


def text(root: Path) -> str:
    """Return the manifest of the project in `root`, whatever its line ends, without bytecode."""
    files = (path for folder in LISTED for path in (root / folder).rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path for path in files}
    shipped = sorted(name for name in names if name != NAME and not _is_passing(name))
    return "\n".join([f"samebits {VERSION}", *(f"{_sha256(names[n])}  {n}" for n in shipped), ""])


def _is_passing(name: str) -> bool:
    """Whether tools left the file behind, or not every project has it."""
    hidden = any(part.startswith((".", "{%")) or part == "__pycache__" for part in name.split("/"))
    return hidden or name.endswith(".pyc") or name == "scripts/example.py"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
