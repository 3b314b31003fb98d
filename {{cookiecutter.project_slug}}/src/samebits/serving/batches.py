"""Requests that wait for the network: few at a time, several in one call of it, in a thread.

The network is always given the same number of examples, so who shares a call with whom moves no
bit.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch

from .contents import Content
from .log import Log
from .model import TrainedModel
from .replies import Answer


class Full(Exception):
    """So many examples wait that no more are taken."""


class _Job(NamedTuple):
    contents: list[Content]
    answers: "asyncio.Future[list[Answer]]"


class Batcher:
    """Answers requests one call of the network after the other.

    Args:
        model: answers.
        log: has every answer before whoever asked.
        room: examples that may wait.
    """

    def __init__(self, model: TrainedModel, log: Log, room: int) -> None:
        self._model, self._log, self._room = model, log, room
        self._jobs, self._more = deque[_Job](), asyncio.Event()
        self.waiting = 0
        threads = model.signature.reproducibility["threads"]
        self._thread = ThreadPoolExecutor(1, "network", torch.set_num_threads, (threads,))

    async def ask(self, contents: list[Content]) -> list[Answer]:
        """Return the answers to some contents.

        Raises:
            Full: too many examples wait.
        """
        if self.waiting and self.waiting + len(contents) > self._room:
            raise Full
        job = _Job(contents, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self.waiting += len(contents)
        self._more.set()
        return await job.answers

    async def run(self) -> None:
        """Answer until this is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._more.wait()
            jobs = self._next()
            try:
                answers = iter(await loop.run_in_executor(self._thread, self._work, jobs))
                for job in jobs:
                    own = [next(answers) for _ in job.contents]
                    if not job.answers.done():  # nobody waits any more
                        job.answers.set_result(own)
            except Exception as error:  # of this batch; the next one has its own
                for job in jobs:
                    if not job.answers.done():
                        job.answers.set_exception(error)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()

    def _next(self) -> list[_Job]:
        """The next jobs, as many as one call of the network holds, but one at least."""
        jobs, count = list[_Job](), 0
        while self._jobs and (not jobs or count + len(self._jobs[0].contents) <= self._model.chunk):
            jobs.append(self._jobs.popleft())
            count += len(jobs[-1].contents)
        self.waiting -= count
        if not self._jobs:
            self._more.clear()
        return jobs

    def _work(self, jobs: list[_Job]) -> list[Answer]:
        contents = [content for job in jobs for content in job.contents]
        answers = [*self._model.of(contents)]
        self._log.write(contents, answers)
        return answers
