"""Many pictures through a service, some at a time, each result written whole or not at all."""

import asyncio
import secrets
from collections.abc import Collection, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx

from app.commands.client import Refused, ask
from app.commands.plan import Job, Originals
from app.commands.report import Report


class Batch:
    """The jobs of one command and what may not be written to; outcomes go to `report`."""

    def __init__(self, jobs: Collection[Job], options: dict[str, str], report: Report) -> None:
        self._jobs = jobs
        self._options, self._report = options, report
        self._originals = Originals(jobs)
        self._targets = {job.target for job in jobs}

    def waiting(self, *, again: bool) -> list[Job]:
        """Return the jobs that are to be done; those that need not, or must not, be done are reported.

        `again` takes those that have a result too.
        """
        return [job for job in self._jobs if not self._settled(job, again)]

    async def run(self, jobs: list[Job], service: AbstractAsyncContextManager[httpx.AsyncClient], at_once: int) -> None:
        """Do `jobs`, at most so many at once: no more files than that are in memory."""
        waiting = iter(jobs)
        async with service as client, asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(jobs))):
                group.create_task(self._work(client, waiting))

    def _settled(self, job: Job, again: bool) -> bool:
        if job.target and self._originals.has(job.target):
            self._report.failed(job.source, f"{job.target} is an original: take another -o")
        elif job.done and not again:
            self._report.skipped(job.source)
        else:
            return False
        return True

    async def _work(self, client: httpx.AsyncClient, waiting: Iterator[Job]) -> None:
        for job in waiting:
            try:
                answer = await ask(client, job.source, self._options)
                target = job.target_of(answer.format)
                self._check(job, target)
                await asyncio.to_thread(write_whole, target, answer.content)
            except Refused as error:
                self._report.failed(job.source, str(error))
            except OSError as error:
                self._report.failed(job.source, f"{error.filename or job.folder}: {error.strerror or error}")
            else:
                self._report.done(job.source, target, answer.warnings)

    def _check(self, job: Job, target: Path) -> None:
        """Raise Refused if an answer of an unexpected format would replace another file of this batch."""
        if target != job.target and (target in self._targets or self._originals.has(target)):
            raise Refused(f"its result would replace {target}: take another -o")
        self._targets.add(target)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears under its name, whole, or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
