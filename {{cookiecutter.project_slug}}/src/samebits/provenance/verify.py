"""Prove that the committed results reproduce: clone, run everything again, compare every output.

The committed dvc.lock holds the expected hash of each output. At level `portable` it must be met on
any x86-64 Linux machine with AVX2; on other machines, or at level `machine`, everything is run
twice and the two runs are compared. If they differ, verify says where first, and what else differs.

Run: samebits verify          a fresh clone, nothing reused
     samebits verify --here   only compare what 'dvc repro' made here
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..audit import dvc_lock
from ..audit.project import Project
from ..console.errors import CheckFailed, UserError
from ..core.config import read
from ..core.sections import Reproducibility
from ..programs import dvc, git, git_says, outside_git
from ..remote.revisions import (
    LOCK,
    LOSSES,
    Lock,
    Record,
    Revision,
    cache_folder,
    described,
    parsed,
)
from .differences import Comparison, causes, compare, loss, table


@dataclass(frozen=True, slots=True)
class Ran:
    """The results of a run: its name, its dvc.lock, its losses and the record of where it ran."""

    name: str
    lock: Lock
    losses: str | None
    record: Record | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared: the claim, and why this machine need not give the committed bits, if so.

    `old` is None if the last commit is what is expected; `uncommitted` says that there are local
    changes, which took no part.
    """

    claim: str
    reason: str | None
    rows: Sequence[Comparison]
    old: Ran | None
    new: Ran
    uncommitted: bool

    @property
    def proven(self) -> bool:
        """No output differs."""
        return all(row.same for row in self.rows)

    def expected(self) -> Ran:
        """Return what the outputs were compared with."""
        return self.old or committed()


def portable_here(settings: Reproducibility) -> str | None:
    """Return None if this machine must give the committed bits, otherwise the reason why not."""
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


def committed() -> Ran:
    """Return the results in the last commit; the losses may come from a remote."""
    last = Revision("the last commit", "HEAD")
    return Ran("committed", last.lock, last.losses(), last.record())


def left_in(folder: Path, name: str) -> Ran:
    """Return the results of a run in the project at `folder`."""
    lock = parsed((folder / LOCK).read_text(encoding="utf-8"))
    record = described(_text(folder / "provenance" / "here" / "train.json"), lock)
    return Ran(name, lock, _text(folder / LOSSES), record)


def fresh_run(folder: Path, name: str) -> Ran:
    """Clone the last commit into `folder`, run the whole pipeline there, return the results.

    Raises:
        UserError: the repository cannot be cloned, the data cannot be fetched, or a stage fails.
    """
    folder = _cloned(folder)
    _fetch_inputs(folder, str(cache_folder()))
    wanted = ("repro", "--force", "--no-run-cache")
    if dvc(*wanted, shown=True, cwd=folder, env=_environment()).returncode != 0:
        raise UserError("a stage failed in a fresh clone; see its message above.")
    return left_in(folder, name)


def main(given: Namespace) -> None:
    """Print which claim was checked, and for each output whether it is the same.

    Raises:
        CheckFailed: one differs.
    """
    if given.json:
        with redirect_stdout(sys.stderr):  # messages of DVC and the stages
            verdict = verified(here=given.here)
        sys.stdout.write(f"{json.dumps(record(verdict), indent=2)}\n")
    else:
        verdict = verified(here=given.here)
        sys.stdout.write(told(verdict))
    if not verdict.proven:
        raise CheckFailed(_not_shown(verdict))


def verified(*, here: bool) -> Verdict:
    """Run everything again, or take the results `here`, and compare every output.

    Raises:
        UserError: nothing can be compared; the message says why.
    """
    settings = read(Reproducibility)
    if settings.level == "off":
        raise UserError(
            "reproducibility.level is off, so nothing can be proven; set it to portable or machine."
        )
    _compare_environment()
    expected, reason = Revision("the last commit", "HEAD").lock, portable_here(settings)
    old: Ran | None = None
    if here:
        new, claim = _here(), "the results here have the committed bits"
    else:
        old, new, claim = _run_again(reason)
    rows = compare(old.lock if old else expected, new.lock)
    if not rows:
        raise UserError("dvc.lock names no output, so nothing can be compared; run 'dvc repro'.")
    aside = not here and bool(git_says("status", "--porcelain", "--", ".").strip())
    return Verdict(claim, reason, rows, old, new, aside)


def told(verdict: Verdict) -> str:
    """Return a verdict as text: the table, then the claim or what differs first."""
    rows = verdict.rows
    lines = ["", table(rows), ""]
    if not verdict.proven:
        return "\n".join([*lines, explanation(rows, verdict.expected(), verdict.new), "", ""])
    lines += [f"proven: {verdict.claim}; {len(rows)} of {len(rows)} outputs have the same bytes"]
    if verdict.uncommitted:
        lines += ["not part of it: the changes here that are not committed"]
    return "\n".join([*lines, ""])


def record(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for programs; `causes` is None if no record names any."""
    different = [row for row in verdict.rows if not row.same]
    first: dict[str, Any] | None = None
    if different:
        old, new = verdict.expected(), verdict.new
        known = None if old.record is None or new.record is None else causes(old.record, new.record)
        first = {
            "stage": different[0].stage,
            "path": different[0].path,
            "loss": loss(old.losses, new.losses),
            "causes": known and [asdict(cause) | {"name": cause.name} for cause in known],
        }
    return {
        "proven": verdict.proven,
        "claim": verdict.claim,
        "reason": verdict.reason,
        "outputs": [asdict(row) for row in verdict.rows],
        "first": first,
        "uncommitted": verdict.uncommitted,
    }


def explanation(rows: Sequence[Comparison], old: Ran, new: Ran) -> str:
    """Return where two runs first differ, and what else differs between them, as text."""
    first = next(row for row in rows if not row.same)
    lines = [
        f"where they differ first, {old.name} -> {new.name}",
        f"  stage   {first.stage}",
        f"  output  {first.path}",
        f"  loss    {loss(old.losses, new.losses)}",
        "what else differs between the two runs, likeliest cause first",
    ]
    return "\n".join([*lines, *(f"  {line}" for line in _causes(old, new))])


def _compare_environment() -> None:
    """Compare this environment with the locks, and each of its files with its hash.

    Raises:
        UserError: it differs from the locks, or setup did not make it.
    """
    root = Path(sys.prefix).parent  # of .venv, which may be another project's
    command = [sys.executable, "-I", "scripts/setup.py", "--check", "--root", str(root)]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().removeprefix("error: ")
        raise UserError(f"nothing is proven: {reason}.")
    sys.stdout.write(done.stdout)


def _not_shown(verdict: Verdict) -> str:
    different = [row for row in verdict.rows if not row.same]
    reason = verdict.reason
    return (
        f"{len(different)} of {len(verdict.rows)} outputs differ, first {different[0].path} of "
        f"stage {different[0].stage}; not shown: that {verdict.claim}."
        + (f" (This machine need not give the committed bits: {reason}.)" if reason else "")
    )


def _causes(old: Ran, new: Ran) -> list[str]:
    if old.record is None or new.record is None:
        missing = " and ".join(run.name for run in (old, new) if run.record is None)
        return [f"not known: no record in provenance/ describes these outputs ({missing})"]
    differences = causes(old.record, new.record)
    width = max((len(difference.name) for difference in differences), default=0)
    nothing = [
        "nothing: look in the code for a clock, randomness or an order that the seed does not set"
    ]
    return [
        f"{difference.name:<{width}}  {difference.old} -> {difference.new}"
        for difference in differences
    ] or nothing


def _here() -> Ran:
    # A lock from Git says nothing about this folder unless its outputs are here.
    done = dvc("status", "--quiet")
    if done.returncode > 1:  # 1 means that something changed
        raise UserError(f"DVC cannot compare the outputs: {' '.join(done.stderr.split())}")
    if done.returncode != 0:
        raise UserError("outputs that dvc.lock names are missing or changed; run 'dvc repro'.")
    # Nor does a lock that was merged from two.
    if faults := dvc_lock.lock(Project(Path())).findings:
        raise UserError(f"{faults[0]}.")
    return left_in(Path(), "here")


def _run_again(reason: str | None) -> tuple[Ran | None, Ran, str]:
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as name:
        first = fresh_run(Path(name, "first"), "here" if reason is None else "first run")
        if reason is None:
            return None, first, "a fresh clone gives the committed bits"
        sys.stdout.write(
            f"\nthis machine need not give the committed bits: {reason}; running again\n"
        )
        second = fresh_run(Path(name, "second"), "second run")
        return first, second, "two runs on this machine give the same bits"


def _cloned(folder: Path) -> Path:
    """Clone the last commit; return the project in it, which may be a folder of its repository."""
    here = git("rev-parse", "--show-cdup", "--show-prefix").stdout.split("\n")
    cloned = git("clone", "--quiet", "--no-hardlinks", here[0] or ".", str(folder))
    if cloned.returncode != 0:
        raise UserError(f"this repository cannot be cloned: {cloned.stderr.strip()}")
    project = folder / here[1]
    if not (project / LOCK).is_file():
        raise UserError(f"the last commit has no {here[1]}{LOCK}; commit this project first.")
    return project


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _fetch_inputs(folder: Path, cache: str) -> None:
    """Fetch the data that a clone's .dvc files name, from the cache or the remote, verified."""

    def call(command: Sequence[str]) -> str:
        """Return "" if it worked, otherwise the last line of its output."""
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it was stopped"]
        return lines[-1].removeprefix("error: ") if done.returncode else ""

    _take_settings(folder)
    name, url = _remote()
    # A DVC cache has the layout of a remote, so this repository's own can serve as one.
    places: dict[str, tuple[str, ...]] = {"cache-of-origin": ("add", "cache-of-origin", cache)}
    if name:
        places[name] = ("modify", name, "url", url)
    said = ""
    for place, known in places.items():
        for action, *values in (known, ("default", place), ("modify", place, "verify", "true")):
            dvc("remote", action, "--local", *values, cwd=folder, env=_environment())
        said = call([sys.executable, "-I", "-m", "samebits", "data", "missing"])
        if not said:
            return
    raise UserError(f"cannot fetch the data from the cache here; {said}")


def _take_settings(folder: Path) -> None:
    """Copy local settings, such as credentials for the remote, into a clone."""
    settings = Path(".dvc/config.local")
    if settings.is_file():
        shutil.copyfile(settings, folder / settings)


def _remote() -> tuple[str, str]:
    """Return the name and url of the default remote, with an absolute path; "" if there is none."""
    wide = outside_git() | {"COLUMNS": "100000"}  # DVC wraps its lines, even within a path
    shown = dvc("remote", "list", env=wide)
    if shown.returncode != 0:
        raise UserError(f"DVC cannot list its remotes: {' '.join(shown.stderr.split())}")
    match = re.search(r"^(\S+)\s+(.*\S)\s+\(default\)$", shown.stdout, re.MULTILINE)
    return (match[1], match[2]) if match else ("", "")


def _environment() -> dict[str, str]:
    # This environment's own tools, whatever the shell's PATH; in a clone they run the clone's code.
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return outside_git() | {"PATH": tools}
