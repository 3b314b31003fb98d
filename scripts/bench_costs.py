"""Measure what reproducibility costs in training, as ratios; runs inside a built project.

    python bench_costs.py [GROUP ...] [--short]      (started by bench.py)

Prints each `Figure` as a line of JSON as soon as it is known. Without named groups these are
levels, loops and processes; `loop` works for any task. The parts of a figure are timed in turns, in
processes that wait for each other, and the figure is the median of the ratios of neighbours. Where
one process works at a time, processor time counts, which other programs hardly change.
`--short` trains once, for one epoch, to check that the bench works.
"""

import json
import math
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

WORKER = Path(__file__).with_name("bench_worker.py")
LEVELS = ("off", "machine", "portable")
SHARDS = 4
PROCESSES = 7
MACHINE, LOOP, SHARDED, SAVING = 1.05, 0.95, 1.15, 2  # bounds; saving is a percentage
# At `portable`, convolutions and matrix products use AVX2, half the width of AVX-512: at worst they
# take twice the time.
MOST = {"default": 1.7, "wide": 2.0, "mlp": 2.0}
# An MLP adds large gradients for little computation, in products of a few rows per shard.
SPEED_UP = {"default": 1.7, "wide": 1.7, "mlp": 1.2}
BESIDE_DDP = {"default": 1.1, "wide": 1.1, "mlp": 1.8}
BARE = "training steps per second / a bare loop"
TITLES = {"default": "default network", "wide": "wider network", "mlp": "MLP"}
# Of a turn: about half a second.
EPOCHS, TURN = {"default": 3, "wide": 1, "mlp": 5}, 0.5
# One-off costs of a training, of 40 epochs by default, would weigh more in a shorter one.
LOOP_EPOCHS = 10


@dataclass(frozen=True)
class Figure:
    """A figure and its bound: an upper one, or with `least` a lower one.

    An `aim` is stricter and not reached; docs/reproducibility.md says why.
    """

    name: str
    value: float
    bound: float
    unit: str = "×"
    least: bool = False
    aim: float | None = None

    @property
    def good(self) -> bool:
        """Whether the figure keeps its bound."""
        return self._keeps(self.bound)

    def line(self) -> str:
        """Return the figure as a line of the table."""
        sign, mark = (">=" if self.least else "<="), ("ok" if self.good else "MISSED")
        if self.aim is not None and self.good and not self._keeps(self.aim):
            mark = f"ok, but not {sign} {self.aim:.2f}"
        return f"{self.name:<66} {self.value:6.2f} {self.unit:<2} {sign} {self.bound:5.2f}  {mark}"

    def _keeps(self, bound: float) -> bool:
        return self.value >= bound if self.least else self.value <= bound


@dataclass(frozen=True)
class Work:
    """The request for a turn; bench_worker.py explains the ways."""

    way: str
    network: str = "default"
    shards: int = SHARDS
    epochs: int = 3


class Workers:
    """Processes that train together at `level` on request."""

    def __init__(self, level: str, size: int = 1) -> None:
        command = [sys.executable, "-W", "ignore", str(WORKER), level]
        self._processes = [
            subprocess.Popen(
                command,
                env=os.environ | shared,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for shared in ranks(size)
        ]

    def __call__(self, work: Work) -> dict[str, float]:
        """Return what rank 0 measured."""
        request = json.dumps([work.way, work.network, work.shards, work.epochs])
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(request + "\n")
            process.stdin.flush()
        answers = [process.stdout.readline() for process in self._processes if process.stdout]
        if not all(answers):
            raise SystemExit(f"a process has ended when asked for {work}: see its output above.")
        answer: dict[str, float] = json.loads(answers[0])
        return answer

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.communicate()


def ranks(size: int) -> list[dict[str, str]]:
    """Return the environment variables with which `size` processes find each other."""
    if size == 1:
        return [{}]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(size)}
    if sys.platform == "linux":
        meeting["GLOO_SOCKET_IFNAME"] = "lo"
    return [meeting | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(size)]


def compared(
    first: tuple[Workers, Work], *others: tuple[Workers, Work], turns: int, clock: str
) -> list[float]:
    """Return the median ratios of the seconds of each of the others to those of the first."""
    contestants = (first, *others)
    for workers, work in contestants:
        workers(work)
    rounds = []
    for turn in range(many(turns)):
        order = contestants if turn % 2 else contestants[::-1]
        seconds = {(workers, work): workers(work)[clock] for workers, work in order}
        rounds.append([seconds[other] / seconds[first] for other in others])
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def many(usual: int) -> int:
    """Return how often to do something: once with `--short`."""
    return 1 if "--short" in sys.argv[1:] else usual


def levels() -> Iterator[Figure]:
    """Compare the levels, on three networks."""
    with ExitStack() as stack:
        off, machine, portable = (stack.enter_context(closing(Workers(level))) for level in LEVELS)
        for network, epochs in EPOCHS.items():
            work = Work("step", network, epochs=many(epochs))
            contestants = (off, work), (machine, work), (portable, work)
            ratios = compared(*contestants, turns=10, clock="processor")
            name = f"/ off, {TITLES[network]}"
            yield Figure(f"level machine {name}", ratios[0], MACHINE)
            aim = 1.4 if network == "default" else None
            yield Figure(f"level portable {name}", ratios[1], MOST[network], aim=aim)


def loops() -> Iterator[Figure]:
    """Compare the project's training, and parts of it, with a bare loop of the same level.

    The place of a process's memory changes a large step by a tenth, so several processes run.
    """
    whole, cut = Work("step", shards=1), Work("step")
    epochs = many(LOOP_EPOCHS)
    pairs = [
        (Work("loop", shards=parts, epochs=epochs), Work("bare", shards=parts, epochs=epochs))
        for parts in (1, SHARDS)
    ]
    rows: list[list[float]] = []
    for _ in range(many(PROCESSES)):
        with closing(Workers("portable")) as worker:
            asked = [((worker, first), (worker, other)) for first, other in [*pairs, (whole, cut)]]
            ratios = [compared(*both, turns=3, clock="processor")[0] for both in asked]
            rows.append([*ratios, 100 * worker(Work("step", epochs=many(40)))["saving"]])
    single, several, sharded, saving = (
        statistics.median(column) for column in zip(*rows, strict=True)
    )
    yield Figure(BARE, single, LOOP, least=True, aim=0.97)
    yield Figure(f"{BARE}, {SHARDS} parts a batch each", several, LOOP, least=True, aim=0.97)
    yield Figure(f"a step in {SHARDS} shards / in one", sharded, SHARDED)
    yield Figure("checkpoints' share of training", saving, SAVING, "%")


def loop() -> Iterator[Figure]:
    """Compare the project's training, of any task, with a bare loop of the same level.

    A turn takes equally long for every task; otherwise one-off costs would weigh more where an
    epoch is short.
    """
    ratios = []
    for _ in range(many(3)):
        with closing(Workers("portable")) as worker:
            _, tried = (worker(Work("bare", shards=1, epochs=1)) for _ in range(2))
            epochs = many(math.ceil(TURN / (tried["processor"] * tried["steps"])))
            pair = (Work(way, shards=1, epochs=epochs) for way in ("loop", "bare"))
            ratios += compared(*((worker, work) for work in pair), turns=3, clock="processor")
    yield Figure(BARE, statistics.median(ratios), LOOP, least=True, aim=0.97)


def processes() -> Iterator[Figure]:
    """Compare two processes with one, and with DistributedDataParallel, on three networks.

    A turn is longer here: starting and ending cost more where several processes have to agree.
    """
    with closing(Workers("portable")) as single:
        for network, epochs in ((name, many(4 * epochs)) for name, epochs in EPOCHS.items()):
            with closing(Workers("portable", 2)) as pair:
                work = Work("step", network, epochs=epochs)
                parallel = Work("ddp", network, epochs=epochs)
                contestants = (pair, work), (single, work), (pair, parallel)
                faster, other = compared(*contestants, turns=7, clock="clock")
            name, bound = f"two processes, {TITLES[network]}", SPEED_UP[network]
            yield Figure(f"{name}: speed-up over one", faster, bound, least=True, aim=1.7)
            name, bound = f"{name} / DistributedDataParallel", BESIDE_DDP[network]
            yield Figure(name, 1 / other, bound, aim=1.1)


GROUPS = {"levels": levels, "loops": loops, "processes": processes, "loop": loop}
USUAL = ("levels", "loops", "processes")


def main() -> None:
    """Print the figures of the named groups."""
    for name in [word for word in sys.argv[1:] if word != "--short"] or USUAL:
        for figure in GROUPS[name]():
            print(json.dumps(asdict(figure)), flush=True)


if __name__ == "__main__":
    main()
