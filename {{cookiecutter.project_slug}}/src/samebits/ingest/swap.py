"""Replace the data of a project atomically: a kill at any moment leaves the old or the new data.

The new data is completed, with its version, in data/incoming. Renaming that to data/arrived commits
the swap: the next call finishes what is killed later, and undoes what is killed earlier. The old
data moves to data/replaced, which is deleted at the end.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..console.errors import UserError
from ..data.raw_pointer import recorded_version
from ..programs import dvc, git_says
from .example_data import holds, version_in


class DataFolder:
    """The folder `data` with the raw data, its pointer, and the folders of a swap."""

    def __init__(self, data: Path) -> None:
        self.raw = data / "raw"
        self.pointer = data / "raw.dvc"
        self.incoming = data / "incoming"
        self._arrived = data / "arrived"
        self._replaced = data / "replaced"

    def settle(self) -> bool:
        """Finish or undo a killed swap; return whether new data was moved in."""
        finished = self._arrived.exists()
        if finished:
            self._move_in()
        self._clear()
        return finished

    @contextmanager
    def exchange(self) -> Iterator[Path]:
        """Yield an empty folder whose raw and raw.dvc replace the current ones at the end.

        If it is stopped before, nothing changes.
        """
        self.settle()
        try:
            self.incoming.mkdir(parents=True)
            yield self.incoming
            self.incoming.rename(self._arrived)
            self._move_in()
        finally:
            self._clear()

    def refuse_to_lose(self, replace: bool, force: bool) -> None:
        """Refuse to replace data unless asked to, or data that could not be restored.

        Raises:
            UserError: there is such data, and neither `replace` nor `force` allows it.
        """
        version = recorded_version(self.pointer)
        present = self.raw.exists() and any(self.raw.iterdir())  # audit: only whether it is empty
        if force or (not present and version in (None, version_in(self.pointer))):
            return
        if not replace:
            what = f"{self.raw} holds data" if present else f"{self.pointer} names other data"
            raise UserError(f"{what}; to replace it, add --replace (make: REPLACE=1).")
        if reason := self._lost(version, present):
            raise UserError(
                f"{self.raw} could not be restored: {reason}; save it with 'dvc add {self.raw}' "
                f"and commit {self.pointer}, or lose it with --force (make: FORCE=1)."
            )

    def _lost(self, version: str | None, present: bool) -> str:
        if version is None:
            return "it has no version"
        try:
            changed = git_says("status", "--porcelain", "--", str(self.pointer))
        except UserError as error:
            return str(error).rstrip(".")
        if changed:
            return f"{self.pointer} has uncommitted changes"
        if not present or (version == version_in(self.pointer) and holds(self.raw) == version):
            return ""
        done = dvc("data", "status", "--granular", "--json", self.raw.as_posix())
        if done.returncode:
            return f"DVC does not know its state ({done.stderr.strip()[-200:]})"
        status = json.loads(done.stdout)
        if status.get("uncommitted"):
            return "it was changed since it got its version"
        return "DVC's cache does not hold all of it" if status.get("not_in_cache") else ""

    def _move_in(self) -> None:
        # First the pointer: with it, 'dvc checkout' can restore the data, too. A copy stays in
        # `arrived`, so that a call that finishes a killed swap writes it again in any case.
        self._replaced.mkdir(exist_ok=True)
        away = Path(tempfile.mkdtemp(dir=self._replaced))
        shutil.copyfile(self._arrived / "raw.dvc", away / "raw.dvc").replace(self.pointer)
        if (self._arrived / "raw").exists():
            if self.raw.exists():
                self.raw.rename(away / "raw")
            (self._arrived / "raw").rename(self.raw)
        self._arrived.rename(away / "arrived")

    def _clear(self) -> None:
        if self.incoming.exists():
            shutil.rmtree(self.incoming)
        try:
            if self._replaced.exists():
                shutil.rmtree(self._replaced)
        except OSError as error:  # the swap is done all the same
            sys.stderr.write(
                f"note: {self._replaced}, with what was replaced, cannot be removed "
                f"({error.filename}: {error.strerror}); remove it.\n"
            )
