"""Runs of a generated project under other conditions, and the number of differing bytes.

Tests change some of the values here; their counts are in the table at the end.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from helpers import environment

Files = dict[str, bytes]
Counted = Callable[..., None]
Value = TypeVar("Value")
STAGES = ("validate", "prepare", "train", "evaluate", "diagnose", "report")
WEIGHTS = "models/model.safetensors"
EPOCHS, EVERY = 3, 4  # of training; so many steps lie between two checkpoints
KILLING = Path(__file__).parent / "killing.py"
# Another in every session; the table shows it. Set it to repeat what failed.
KILL_SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 10**6))

# Most file systems list a folder by names' hashes; one in memory lists the newest file first.
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
# Values that would give other bits, or could on some machine, if they were honoured.
VARIABLES = {
    "OMP_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
    "MKL_CBWR": "AUTO",
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "CUBLAS_WORKSPACE_CONFIG": ":16:8",
}
MORE_VARIABLES = {
    "OPENBLAS_NUM_THREADS": "2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "DNNL_DEFAULT_FPMATH_MODE": "BF16",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    "NPY_ENABLE_CPU_FEATURES": "X86_V3",
    "NVIDIA_TF32_OVERRIDE": "1",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1",
    "TORCHINDUCTOR_DETERMINISTIC": "0",
}
USER = dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "somebody")
ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


class Row(NamedTuple):
    """A row of the table: the values of one thing that changes, and the results."""

    values: str
    runs: int
    differing: int
    result: str


def differing(first: bytes, other: bytes) -> int:
    """The number of differing bytes of two files; the surplus of the longer one counts."""
    if first == other:
        return 0
    return sum(a != b for a, b in zip(first, other, strict=False)) + abs(len(first) - len(other))


def count(expected: Files, got: Files) -> int:
    """The number of differing bytes of two sets of files; a missing file is empty."""
    names = expected.keys() | got.keys()
    return sum(differing(expected.get(name, b""), got.get(name, b"")) for name in names)


def both(run: Callable[[Value], int], values: Iterable[Value]) -> list[int]:
    """What `run` counts for each of the values, two of them at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, values))


@dataclass(frozen=True)
class Place:
    """A copy of a project, which borrows the environment of the built one."""

    root: Path
    built: Path

    def run(
        self,
        *words: str | Path,
        variables: Mapping[str, str] | None = None,
        timeout: float = 300,
        **kwargs: Any,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in a process group of its own; returns when all of the group have ended.

        They hold the ends of pipes that are read here until nobody can write to them any more.
        """
        command = [str(word) for word in words]
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=environment(self.built) | dict(variables or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            **kwargs,
        ) as process:
            try:
                said, complained = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, process.returncode, said, complained)

    def must(self, *words: str | Path, **kwargs: Any) -> str:
        """Run a command that must succeed; returns what it says."""
        done = self.run(*words, **kwargs)
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def stages(self, *names: str, isolated: bool = True, **kwargs: Any) -> Files:
        """Run stages, each in a fresh process; returns their outputs."""
        for name in names:
            self.must(*stage(name, isolated=isolated), **kwargs)
        return self.files(*names)

    def files(self, *names: str) -> Files:
        """The outputs tracked in dvc.yaml that the stages have written."""
        pipeline = yaml.safe_load((self.root / "dvc.yaml").read_text("utf-8"))["stages"]
        written: Files = {}
        for name in names:
            for kind in ("outs", "metrics", "plots"):
                for out in pipeline[name].get(kind, ()):
                    written |= self._below(next(iter(out)) if isinstance(out, dict) else out)
        return written

    def _below(self, out: str) -> Files:
        top = self.root / out
        paths = sorted(top.rglob("*")) if top.is_dir() else [top]
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in paths
            if path.is_file()
        }

    def change(self, **values: object) -> None:
        """Set keys of params.yaml, whatever their section: no two sections share one."""
        file = self.root / "params.yaml"
        params = yaml.safe_load(file.read_text("utf-8"))
        for key, value in values.items():
            params[self._section(key)][key] = value
        file.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")

    def _section(self, key: str) -> str:
        """That of a key, which params.yaml may leave out."""
        files = [*self.root.glob("src/*/*.py"), self.root / "src/samebits/core/sections.py"]
        [section] = {
            name.lower()
            for file in files
            for name, body in re.findall(
                r"^class (\w+):\n((?:.+\n|\n(?= ))*)", file.read_text("utf-8"), re.MULTILINE
            )
            if re.search(rf"^    {key}: ", body, re.MULTILINE)
        }
        return str(section)


def stage(name: str, *, isolated: bool = True) -> tuple[str, ...]:
    """The command of a stage, as in dvc.yaml; if not isolated, it reads Python's variables."""
    return ("python", *(["-I"] if isolated else []), "-m", "samebits", "run", name)


TRAIN = stage("train")


@dataclass(frozen=True)
class Base:
    """A project with few epochs, committed, and the outputs of its run."""

    place: Place
    expected: Files
    steps: int

    @contextmanager
    def copy(
        self, *, whole: bool = False, inside: Path | None = None, name: str = "copy", **params: Any
    ) -> Iterator[Place]:
        """A copy without the outputs of training; only a `whole` one has raw data, Git and DVC."""
        left = {".venv", "checkpoints", "models", "provenance", ".dvc/cache"}
        left |= set() if whole else {".git", ".dvc", "data/raw"}

        def ignored(where: str, names: list[str]) -> set[str]:
            here = Path(where).relative_to(self.place.root)
            return {
                name for name in names if name == "__pycache__" or (here / name).as_posix() in left
            }

        with tempfile.TemporaryDirectory(dir=inside or self.place.root.parent) as folder:
            root = Path(folder) / name
            shutil.copytree(self.place.root, root, ignore=ignored)
            place = Place(root, self.place.built)
            for path in place.files(*(STAGES if whole else STAGES[2:])):
                (root / path).unlink()
            if whole:
                (root / "dvc.lock").unlink()
            place.change(**params)
            yield place

    def of(self, *names: str) -> Files:
        """What the stages must write."""
        wanted = self.place.files(*names)
        assert wanted == {path: self.expected[path] for path in wanted}
        return wanted


def moved(base: Base, place: Place, *names: str, **kwargs: Any) -> int:
    """At how many bytes the outputs of these stages, run in `place`, differ."""
    return count(base.of(*names), place.stages(*names, **kwargs))


def killing(place: Place, **traps: object) -> dict[str, str]:
    """Set a trap in `place`; the variables with which a run there kills itself: see killing.py."""
    shutil.copyfile(KILLING, place.root / "src" / "samebits" / "__init__.py")
    return {f"KILL_{name.upper()}": str(value) for name, value in traps.items()}


def killed(
    place: Place,
    traps: Mapping[str, object],
    *command: str | Path,
    variables: Mapping[str, str] | None = None,
    umask: int = -1,
) -> None:
    """Run until a trap kills it; DVC reports the kill, unless it is killed itself.

    DVC starts a shell, which either becomes the stage (-9) or waits and tells of it (137).
    """
    armed = dict(variables or {}) | killing(place, **traps)
    done = place.run(*(command or TRAIN), variables=armed, umask=umask)
    told = done.stderr.rstrip().endswith(("exited with -9", "exited with 137"))
    assert told or done.returncode == -signal.SIGKILL, (
        f"{traps} did not kill: {done.returncode}\n{done.stdout}{done.stderr}"
    )


def points(base: Base, number: int, seed: int) -> list[dict[str, int]]:
    """Where to kill: some events, of thousands in a step, after some optimizer step has begun."""
    draw = random.Random(seed)
    steps = base.steps - 3
    return [{"step": draw.randrange(steps), "events": draw.randrange(3000)} for _ in range(number)]


def planted(folder: Path) -> None:
    """Put files with the names of modules into a folder; importing one ends the process."""
    for name in "random numpy torch PIL yaml sitecustomize usercustomize".split():
        (folder / f"{name}.py").write_text(f"raise SystemExit('planted {name}')", "utf-8")


def reordered(place: Place, order: Callable[[list[Path]], object]) -> list[str]:
    """Create all raw files again, in another order; returns how the folder then lists them."""
    raw = place.root / "data" / "raw"
    old = raw.rename(raw.with_name("old"))
    paths = sorted(path.relative_to(old) for path in old.rglob("*") if path.is_file())
    order(paths)
    for path in paths:
        (raw / path).parent.mkdir(parents=True, exist_ok=True)
        (old / path).rename(raw / path)
    shutil.rmtree(old)
    return [path.name for path in raw.rglob("*")]
