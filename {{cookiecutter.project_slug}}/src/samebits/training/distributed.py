"""Several processes that train one network: started by torchrun, or by the stage itself.

Processes add only in the order of the tree of shards. They send no more bytes than a ring
all-reduce; processes of one machine send none.
"""

import hashlib
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed
from torch._C._distributed_c10d import Store, TCPStore
from torch.distributed import distributed_c10d

from ..console.errors import COULD_NOT, UserError
from ..core.sections import Reproducibility
from .microbatch import fold
from .shared_memory import Memory

# The port at which the processes that the stage starts meet.
STARTED = "TRAINING_PROCESSES_MEET_AT"
HERE = "127.0.0.1"
LOOPBACK = {"Linux": "lo", "Darwin": "lo0"}
Result = TypeVar("Result")


class Group:
    """The processes of a run; rank 0 reads checkpoints and writes files.

    All of them must call each method. If a process ends, the others raise a `UserError`.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: str = "cpu") -> None:
        self.rank = rank
        self.size = size
        self._device = device
        self._memory: Memory | None = None
        if size > 1 and device == "cpu":
            self._memory = self._ask(lambda: Memory.shared(rank, size, self.share, self.union))

    def sum(self, part: Tensor) -> Tensor:
        """Return the sum of every process's `part` [n], added as one tree in the order of ranks.

        Each process adds up one slice and sends it to the others (Rabenseifner, 2004).
        """
        if self.size == 1:
            return part
        memory = self._memory
        if memory is not None:
            return self._ask(lambda: memory.sum(part))
        length = -(-len(part) // self.size)
        mine = torch.nn.functional.pad(part, (0, length * self.size - len(part)))
        theirs, whole = torch.empty_like(mine), torch.empty_like(mine)
        self._ask(lambda: distributed.all_to_all_single(theirs, mine))
        slice_ = fold(theirs.view(self.size, length).unbind())
        self._ask(lambda: distributed.all_gather_single(whole, slice_))
        return whole[: len(part)]

    def union(self, part: Tensor) -> Tensor:
        """Return `part` with the rows of other processes; a row is nonzero in one process only."""
        if self.size == 1:
            return part
        whole = part.to(self._device)
        # Adding zeros is exact, in any order.
        self._ask(lambda: distributed.all_reduce(whole))
        return whole.to(part.device)

    def share(self, content: bytes | None) -> bytes | None:
        """Return the `content` of rank 0."""
        if self.size == 1:
            return content
        contents = [content]
        self._ask(lambda: distributed.broadcast_object_list(contents, src=0))
        return contents[0]

    def agree(self, text: str) -> None:
        """Refuse processes that differ in code, data, lock or params.

        Raises:
            UserError: `text` is not the same everywhere.
        """
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
        numbers = torch.zeros(self.size, dtype=torch.int64)
        numbers[self.rank] = number
        for rank, other in enumerate(self.union(numbers).tolist()):
            if other != number:
                raise UserError(
                    f"process {rank} has other code, data, lock or params than process "
                    f"{self.rank}; give all of them the same commit and data."
                )

    def _ask(self, call: Callable[[], Result]) -> Result:
        try:
            return call()
        except (RuntimeError, ProcessLookupError):
            raise _Ended(
                f"another of the {self.size} processes has ended, or was killed; run this again: "
                "training resumes from its last checkpoint."
            ) from None


class _Ended(UserError):
    """Another process has ended; it may have reported why."""


ALONE = Group()


@contextmanager
def joined(processes: int, reproducibility: Reproducibility) -> Iterator[Group]:
    """Yield the group that this process trains in, and leave it at the end.

    Under torchrun it is torchrun's; otherwise this process is rank 0 and starts the others.

    Args:
        processes: `runtime.processes`.
        reproducibility: the config section.

    Raises:
        UserError: the processes cannot share the shards evenly, or there are too few GPUs.
    """
    rank, size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", processes))
    _check(size, reproducibility)
    if size == 1:
        yield ALONE
        return
    store: Store | None = None
    children: list[subprocess.Popen[bytes]] = []
    if STARTED in os.environ:
        store = _store_of_parent()
    elif "RANK" not in os.environ:
        store, children = _start(size)
    with _watched(children):
        _join(rank, size, reproducibility.device, store)
    try:
        yield Group(rank, size, reproducibility.device)
    except UserError as error:
        if rank == 0 and not _is_printed(error):
            raise
        if rank:
            _print(error)
        raise SystemExit(COULD_NOT) from None
    finally:
        for child in children:
            child.communicate()
        distributed.destroy_process_group()


def _print(error: UserError) -> None:
    """Print the error of a process other than rank 0, unless another has printed it.

    A wrong param fails in all processes, an unreadable example in one; the first prints it.
    """
    if isinstance(error, _Ended):
        return  # rank 0 prints it, if nobody knows more
    with suppress(RuntimeError):  # rank 0 is gone, and has printed it
        store = distributed_c10d._get_default_store()
        if store.add("claimed", 1) == 1:
            sys.stderr.write(f"error: {error}\n")
            store.set("said", "")


def _is_printed(error: UserError) -> bool:
    """Whether a process other than rank 0 prints the error; if so, it has when this returns."""
    with suppress(RuntimeError):  # it was killed before it could print
        store = distributed_c10d._get_default_store()
        ended = isinstance(error, _Ended)
        if store.add("claimed", 0 if ended else 1) > (0 if ended else 1):
            store.wait(["said"], timedelta(seconds=9))
            return True
    return False


def _check(size: int, reproducibility: Reproducibility) -> None:
    shards, device = reproducibility.shards, reproducibility.device
    if shards % size:
        possible = [str(count) for count in range(1, shards + 1) if shards % count == 0]
        raise UserError(
            f"{size} processes cannot share reproducibility.shards ({shards}) evenly; set "
            f"runtime.processes, or torchrun's --nproc-per-node, to {' or '.join(possible)}."
        )
    here = int(os.environ.get("LOCAL_WORLD_SIZE", size))
    most = {"cuda": torch.cuda.device_count(), "mps": 1}.get(device, here)
    if here > most:
        raise UserError(
            f"{here} processes need a device each, but reproducibility.device is {device} and this "
            f"machine has {most}; set runtime.processes to {most}."
        )


def _start(size: int) -> tuple[Store, list["subprocess.Popen[bytes]"]]:
    """Start the other processes with this command line; return the store where they meet."""
    store = TCPStore(HERE, 0, is_master=True, wait_for_workers=False)
    # Otherwise gloo resolves the machine's name, which may have no address.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK.get(platform.system(), ""))
    children = []
    for rank in range(1, size):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
        child = subprocess.Popen(
            [sys.executable, *sys.orig_argv[1:]],
            env=os.environ | own | {STARTED: str(store.port)},
            stdin=subprocess.PIPE,
        )
        children.append(child)
    return store, children


def _store_of_parent() -> Store:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # rank 0 handles it, and ends the others

    def end_with_parent() -> None:
        # Rank 0 holds the other end, so this returns when rank 0 ends, for whatever reason. Not
        # sys.stdin.read: it holds a lock that a forked loader worker would wait for.
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    return TCPStore(HERE, int(os.environ[STARTED]), is_master=False)


def _join(rank: int, size: int, device: str, store: Store | None) -> None:
    backend = "gloo"
    if device == "cuda":
        backend = "nccl"
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", rank)))
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size)


@contextmanager
def _watched(children: Sequence["subprocess.Popen[bytes]"]) -> Iterator[None]:
    """End this process if a child ends early; it would wait half an hour for the child."""
    met = threading.Event()

    def watch(rank: int, child: "subprocess.Popen[bytes]") -> None:
        status = child.wait()
        if not met.is_set():
            sys.stderr.write(
                f"error: process {rank} of {len(children) + 1} ended with status {status} before "
                "training began; its message is above.\n"
            )
            os._exit(1)

    for rank, child in enumerate(children, start=1):
        threading.Thread(target=watch, args=(rank, child), daemon=True).start()
    yield
    met.set()
