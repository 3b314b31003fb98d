"""Prove that the committed results reproduce: clone, run everything again, compare every output.

dvc.lock holds the hash of each output, so the committed one is what to expect. It holds for the
`portable` level on any x86-64 Linux machine with AVX2; on another kind of machine, or at level
`machine`, everything is run twice and the two runs are compared with each other.

Run: python -m <package>.reproducibility.verify          a fresh clone, nothing reused
     python -m <package>.reproducibility.verify --here   only compare what 'dvc repro' made here
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..config import Reproducibility, read
from ..errors import UserError, run

Lock = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One output of one stage, and whether two runs gave it the same bytes."""

    stage: str
    path: str
    same: bool


def compare(expected: Lock, actual: Lock) -> list[Comparison]:
    """Compare the hashes of every output in two contents of dvc.lock, in the expected order."""
    rows = []
    for stage in dict.fromkeys([*expected["stages"], *actual["stages"]]):
        before, after = _hashes(expected, stage), _hashes(actual, stage)
        for path in sorted(before.keys() | after.keys()):
            same = path in before and before.get(path) == after.get(path)
            rows.append(Comparison(stage, path, same))
    return rows


def table(rows: list[Comparison]) -> str:
    """Return the comparison as text, one line an output."""
    width = max(len(row.path) for row in rows)
    return "\n".join(
        f"  {row.stage:<10} {row.path:<{width}}  {'same' if row.same else 'DIFFERENT'}"
        for row in rows
    )


def portable_here(settings: Reproducibility) -> str | None:
    """Return None if the committed bits must be met on this machine, else the reason why not."""
    if settings.level != "portable":
        return f"reproducibility.level is {settings.level}"
    if settings.device != "cpu":
        return f"reproducibility.device is {settings.device}"
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "AMD64"):
        return f"this machine is {platform.system()} on {platform.machine()}, not Linux on x86-64"
    flags = Path("/proc/cpuinfo")
    if flags.exists() and " avx2" not in flags.read_text(encoding="utf-8", errors="replace"):
        return "this processor has no AVX2"
    return None


def committed_lock() -> Lock:
    """Return the content of dvc.lock in the last commit."""
    shown = _git("show", "HEAD:./dvc.lock")
    if shown.returncode != 0:
        raise UserError(
            "there is no committed dvc.lock to compare with; run 'dvc repro' and commit dvc.lock."
        )
    return _parsed(shown.stdout)


def fresh_run(folder: Path) -> Lock:
    """Clone the last commit into `folder`, run the whole pipeline there, return its dvc.lock.

    Raises:
        UserError: the repository cannot be cloned, the data cannot be had, or a stage fails.
    """
    cloned = _git("clone", "--quiet", "--no-hardlinks", ".", str(folder))
    if cloned.returncode != 0:
        raise UserError(f"this repository cannot be cloned: {cloned.stderr.strip()}")
    cache = subprocess.run(_dvc("cache", "dir"), capture_output=True, text=True, check=False)
    _fetch_raw(folder, cache.stdout.strip())
    command = _dvc("repro", "--force", "--no-run-cache")
    if subprocess.run(command, cwd=folder, env=_environment(folder), check=False).returncode != 0:
        raise UserError("a stage failed in a fresh clone; its message stands above.")
    return _parsed((folder / "dvc.lock").read_text(encoding="utf-8"))


def main() -> None:
    """Print the table of outputs and which claim was checked; exit with 1 if any differs."""
    parser = argparse.ArgumentParser(description="Prove that the committed results reproduce.")
    parser.add_argument(
        "--here",
        action="store_true",
        help="compare the outputs that 'dvc repro' made here with the committed dvc.lock",
    )
    arguments = parser.parse_args()
    settings = read(Reproducibility)
    if settings.level == "off":
        raise UserError(
            "reproducibility.level is off, so nothing can be proven; set it to portable or machine."
        )
    expected, reason = committed_lock(), portable_here(settings)
    if arguments.here:
        actual = _lock_here()
        claim = "what ran here gave the committed bits"
    else:
        expected, actual, claim = _run_again(expected, reason)
    rows = compare(expected, actual)
    if not rows:
        raise UserError("dvc.lock names no output, so nothing can be compared; run 'dvc repro'.")
    sys.stdout.write(f"\n{table(rows)}\n\n")
    different = [row for row in rows if not row.same]
    if different:
        first = different[0]
        raise UserError(
            f"{len(different)} of {len(rows)} outputs differ, first {first.path} of stage "
            f"{first.stage}; not shown: that {claim}."
            + (f" (The committed bits need not be met here: {reason}.)" if reason else "")
        )
    sys.stdout.write(f"proven: {claim}; {len(rows)} of {len(rows)} outputs have the same bytes\n")
    if not arguments.here and _git("status", "--porcelain").stdout.strip():
        sys.stdout.write("not part of it: the changes here that are not committed\n")


def _lock_here() -> Lock:
    # A lock that came from Git says nothing of this folder unless the outputs lie here.
    lock = _parsed(Path("dvc.lock").read_text(encoding="utf-8"))
    if subprocess.run(_dvc("status", "--quiet"), capture_output=True, check=False).returncode != 0:
        raise UserError("the outputs that dvc.lock names do not all lie here; run 'dvc repro'.")
    return lock


def _run_again(expected: Lock, reason: str | None) -> tuple[Lock, Lock, str]:
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as name:
        first = fresh_run(Path(name, "first"))
        if reason is None:
            return expected, first, "a fresh clone gives the committed bits"
        sys.stdout.write(f"\nthe committed bits need not be met here: {reason}; running again\n")
        second = fresh_run(Path(name, "second"))
        return first, second, "two runs on this machine give the same bits"


def _fetch_raw(folder: Path, cache: str) -> None:
    environment = _environment(folder)
    # A DVC cache has the layout of a remote, so this repository's own serves as one.
    add = _dvc("remote", "add", "--local", "cache-of-origin", cache)
    subprocess.run(add, cwd=folder, env=environment, capture_output=True, check=False)
    package = __package__.partition(".")[0]
    ways = (
        _dvc("pull", "--quiet", "--remote", "cache-of-origin", "data/raw.dvc"),
        _dvc("pull", "--quiet", "data/raw.dvc"),
        [sys.executable, "-m", f"{package}.data.collect"],
    )
    messages: list[str] = []
    for way in ways:
        done = subprocess.run(
            way, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        messages += (done.stderr or done.stdout).strip().splitlines()[-1:]
    raise UserError(
        "the data of data/raw.dvc is neither in the cache nor on a remote; run 'dvc add data/raw' "
        f"or 'dvc push' where it is. ({' / '.join(messages)})"
    )


def _hashes(lock: Lock, stage: str) -> dict[str, str]:
    outs = lock["stages"].get(stage, {}).get("outs", [])
    return {out["path"]: out["md5"] for out in outs}


def _parsed(text: str) -> Lock:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("stages"), dict):
        raise UserError("dvc.lock has no stages; run 'dvc repro' and commit dvc.lock.")
    return content


def _environment(folder: Path) -> dict[str, str]:
    # The clone's own code and this environment's own tools, whatever the shell says.
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return _outside_git() | {"PATH": tools, "PYTHONPATH": str(folder.resolve() / "src")}


def _outside_git() -> dict[str, str]:
    # Started from a Git hook, GIT_DIR would send what is meant for the clone to this repository.
    return {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}


def _dvc(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dvc", *arguments]


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments],
            env=_outside_git(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError:
        raise UserError(
            "git is not on the PATH; install it, for it keeps what to expect."
        ) from None


if __name__ == "__main__":
    run(main)
