"""Sums between processes of one machine, in memory that they share.

Gloo's sockets cost two wake-ups of a sleeping thread a step, milliseconds on a virtual machine;
here a waiting process polls a counter.
"""

import math
import mmap
import os
import platform
import select
import sys
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .microbatch import fold

# Each process's counter has its own cache line, and so has the mark, which tells this memory from
# another run's.
LINE = 8
MARK = 16
LOOKS = 256  # at the counters, between two checks that all processes live


class Memory:
    """Memory that all processes share; the system frees it when the last of them ends.

    Args:
        file: the memory, open.
        rank: the place of this process.
        pids: of all processes, by rank.
    """

    def __init__(self, file: int, rank: int, pids: Sequence[int]) -> None:
        self._file = file
        self._rank = rank
        self._size = len(pids)
        self._turn = 0
        self._counters = np.empty(0, dtype=np.int64)
        self._rows = torch.empty(0)
        self._others = select.poll()
        for other, pid in enumerate(pids):
            if other != rank:
                # Readable as soon as the process has ended.
                self._others.register(os.pidfd_open(pid), select.POLLIN)

    @classmethod
    def shared(
        cls,
        rank: int,
        size: int,
        share: Callable[[bytes | None], bytes | None],
        union: Callable[[Tensor], Tensor],
    ) -> "Memory | None":
        """Return memory that all processes share, or None if one of them cannot open it.

        Args:
            rank: the place of this process.
            size: the number of processes.
            share: sends the bytes of rank 0 to all.
            union: adds up tensors in which each process filled one row.
        """
        mark = os.urandom(MARK)  # audit: only tells this memory from another run's
        own = os.getpid()  # audit: only so that others can find this process, and see if it lives
        file = -1 if rank else _created(mark, own)
        place = share(mark + f"/proc/{own}/fd/{file}".encode()) or b""
        if rank:
            file = _opened(place[MARK:], place[:MARK])
        pids = torch.zeros(size, dtype=torch.int64)
        pids[rank] = own if file >= 0 else 0
        seen: list[int] = union(pids).tolist()
        return cls(file, rank, seen) if all(seen) else None

    def sum(self, part: Tensor) -> Tensor:
        """Return the sum of every process's `part` [n], added as one tree in the order of ranks.

        All calls have the same n.

        Raises:
            RuntimeError: another process has ended.
        """
        if self._turn == 0:
            self._map(len(part), part.dtype)
        # Two sets of rows, used in turn: nobody still reads a set when it is written again.
        rows = self._rows[self._turn // 2 % 2]
        rows[self._rank].copy_(part)
        self._meet()
        length = -(-len(part) // self._size)
        fold(row[self._rank * length : (self._rank + 1) * length] for row in rows)
        self._meet()
        return rows[0].clone()

    def _map(self, length: int, dtype: torch.dtype) -> None:
        head = 8 * LINE * (1 + self._size)
        shape = 2, self._size, length
        total = head + math.prod(shape) * dtype.itemsize
        os.ftruncate(self._file, total)
        content = mmap.mmap(self._file, total)
        # The mark is in the first line.
        self._counters = np.frombuffer(content, np.int64, head // 8)[LINE::LINE]
        self._rows = torch.frombuffer(content, dtype=dtype, offset=head).view(shape)

    def _meet(self) -> None:
        """Wait until every process is here."""
        self._turn += 1
        self._counters[self._rank] = self._turn
        looks = 0
        while self._counters.min() < self._turn:
            looks += 1
            os.sched_yield()
            if looks % LOOKS == 0 and self._others.poll(0) and self._counters.min() < self._turn:
                raise RuntimeError("another process has ended")


def _created(mark: bytes, own: int) -> int:
    """Return new memory that begins with `mark`; -1 if the system cannot share it."""
    # x86-64 keeps the order of every process's stores; other processors would need fences.
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return -1
    try:
        os.close(os.pidfd_open(own))
        file = os.memfd_create("gradients")
        os.write(file, mark)
        return file
    except OSError:
        return -1


def _opened(path: bytes, mark: bytes) -> int:
    """Open rank 0's memory; -1 if it is out of reach, in another container or machine."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return -1
    return file if os.pread(file, len(mark), 0) == mark else -1
