"""Refreshes the lock files: everything that requirements/*.in ask for, pinned and hashed.

    python scripts/lock.py              takes up what is new in the .in files, keeps other versions
    python scripts/lock.py --upgrade    takes the newest of everything

A lock serves Linux, macOS and Windows with Python 3.11 and newer, and names no package index.
All locks are made before any is replaced, so a failure leaves them as they were.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

import setup
from setup import Problem

COMPILE = (
    "pip compile --universal --generate-hashes --python-version 3.11 --fork-strategy fewest "
    "--no-header --quiet"
).split()
Pins = dict[str, list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Refresh the lock files.")
    parser.add_argument("--root", type=Path, default=setup.PROJECT, help="has requirements/")
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    options = parser.parse_args()
    folder = options.root.resolve() / "requirements"
    try:
        changes = refresh(folder, options.upgrade)
    except (Problem, OSError) as error:
        print(f"error: {setup.explain(error)}; no lock was changed", file=sys.stderr)
        return 1
    print("\n".join(changes) or "Nothing to do: every lock is as its .in file asks.")
    return 0


def refresh(folder: Path, upgrade: bool) -> list[str]:
    """Replaces the locks in `folder`; returns one line for each pin that changed."""
    with tempfile.TemporaryDirectory(prefix="locks-") as scratch:
        # Under the same name, since uv writes where a pin comes from as a relative path.
        draft = Path(shutil.copytree(folder, Path(scratch) / "requirements"))
        for name in ("runtime", "dev"):
            compile_lock(draft, name, upgrade)
            complete_cpu_hashes(draft / f"{name}.lock", folder / f"{name}.lock")
        write(draft / "setup.lock", only("uv", read(draft / "dev.lock")))
        return adopt(draft, folder)


def compile_lock(folder: Path, name: str, upgrade: bool, *options: str) -> None:
    """Makes `name.lock` from `name.in`; an existing lock's versions are kept unless upgrading."""
    source = folder / f"{name}.in"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise Problem("uv is missing: run this with the Python of .venv, after `make setup`")
    command = [uv, *COMPILE, *(["--upgrade"] if upgrade else []), *options]
    places = setup.wheel_sources([source])
    target = [f"{folder.name}/{name}.in", "-o", f"{folder.name}/{name}.lock"]
    setup.run([*command, *places, *target], folder.parent)


def complete_cpu_hashes(new: Path, old: Path) -> None:
    """Adds to "+cpu" pins the hashes that the lock in force knows for the same release.

    A folder of wheels holds those of one machine, so uv saw only some of the files of PyTorch's
    index. A released file never changes: what was known stays true.

    Raises:
        Problem: The release is new, or a file in the folder is not the one known.
    """
    if not setup.local_wheels():
        return
    text, known = read(new), pins(read(old) if old.exists() else "")
    for pin, hashes in pins(text).items():
        if "+cpu" not in pin:
            continue
        if pin not in known:
            raise Problem(
                f"the hashes of {pin.split()[0]} for other machines are not known here: make the "
                "locks where PyTorch's index can be reached, without UV_FIND_LINKS, PIP_FIND_LINKS"
            )
        if not set(hashes) <= set(known[pin]):
            raise Problem(f"the file of {pin.split()[0]} found here is not the one in {old.name}")
        text = text.replace(block(pin, hashes), block(pin, known[pin]))
    write(new, text)


def pins(lock: str) -> Pins:
    """The hashes of each pin; a pin is `name==version` and its marker, as written."""
    found: Pins = {}
    for pin, body in re.findall(r"^(\S.*?) \\\n((?:    --hash=.*\n)+)", lock, re.MULTILINE):
        found[pin] = sorted(re.findall(r"sha256:[0-9a-f]{64}", body))
    return found


def block(pin: str, hashes: list[str]) -> str:
    """A pin and its hashes in uv's own layout."""
    return " \\\n".join([pin, *(f"    --hash={value}" for value in hashes)]) + "\n"


def only(name: str, lock: str) -> str:
    """The part of a lock that pins one package."""
    for pin, hashes in pins(lock).items():
        if pin.startswith(f"{name}=="):
            return block(pin, hashes)
    raise Problem(f"dev.in does not ask for {name}: add it")


def adopt(draft: Path, folder: Path) -> list[str]:
    """Replaces each lock that differs from its draft; returns what changed, a line a pin."""
    changes = []
    for new in sorted(draft.glob("*.lock*")):
        old = folder / new.name
        before, after = (read(old) if old.exists() else ""), read(new)
        if before != after:
            changes += [f"{new.name}: {line}" for line in compare(pins(before), pins(after))]
            waiting = folder / "refreshing.tmp"
            write(waiting, after)
            waiting.replace(old)
    return changes


def compare(before: Pins, after: Pins) -> list[str]:
    """The differences between two locks: `+ pin`, `- pin`, `~ pin (other hashes)`."""
    gone = [f"- {pin}" for pin in before if pin not in after]
    new = [f"+ {pin}" for pin in after if pin not in before]
    other = [pin for pin in after if pin in before and before[pin] != after[pin]]
    lines = sorted(gone + new, key=lambda line: line[2:])
    return lines + [f"~ {pin} (other hashes)" for pin in other] or ["only comments changed"]


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
