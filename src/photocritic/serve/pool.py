"""Workers, and the photos that wait for them: a bounded queue, small batches, and no photo that can stop the others.

A worker that is free takes what waits: one photo where nobody else waits, and a few at once under load, never more
than its share. So batches cost nobody time. A worker that takes too long, or dies, is replaced; photos that were with
it are tried again, each alone, and the one that fails alone is told so.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Self

from photocritic.errors import InputError, ModelError
from photocritic.serve.answers import failed_row
from photocritic.serve.frames import Frame, receive_frame, send_frame
from photocritic.serve.limits import MEBIBYTE, Limits
from photocritic.serve.metrics import Metrics

BATCH_PHOTOS: Final = 8
"""How many photos a worker takes at once, at most."""

_BATCH_BYTES: Final = 32 * MEBIBYTE  # of the photos that go along with another
_START_SECONDS: Final = 120.0
_ANSWER_BYTES: Final = 256 * MEBIBYTE
_PAUSE_SECONDS: Final = 1.0  # before a worker that cannot be started is tried again
_RETRY_SECONDS: Final = (1, 60)


class BusyPoolError(Exception):
    """More photos wait than may.

    Args:
        retry_seconds: When to come again.
    """

    def __init__(self, retry_seconds: int) -> None:
        super().__init__(f"too many photos wait already; come again in {retry_seconds} s")
        self.retry_seconds = retry_seconds


class _GoneError(Exception):
    """A worker died, or was killed as it took too long.

    Args:
        reason: What is said of the photo that it was at work with.
        is_certain: Whether that would happen again.
    """

    def __init__(self, reason: str, *, is_certain: bool = False) -> None:
        super().__init__(reason)
        self.is_certain = is_certain


@dataclass(eq=False, slots=True)
class _Job:
    """A photo, what is asked of it, and where the answer goes."""

    operation: str
    options: Mapping[str, Any]
    name: str | None
    photo: bytes
    answer: asyncio.Future[bytes]
    is_alone: bool = False

    def goes_with(self, other: "_Job") -> bool:
        return (
            self.operation == other.operation == "rate"
            and self.options == other.options
            and not (self.is_alone or other.is_alone)
        )


@dataclass(eq=False, slots=True)
class Pool:
    """Workers at work. Start it, and stop it.

    Attributes:
        model: The name of a critic in the package, or its file.
        device: Where networks run: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        jobs: How many workers there are.
        limits: How much is taken in.
        metrics: What is counted.
        critic: What the critic's card says, once a worker is ready.
        has_memory_limit: Whether the system holds workers to a limit on their memory.
    """

    model: str
    device: str
    jobs: int
    limits: Limits
    metrics: Metrics
    critic: Mapping[str, Any] = field(default_factory=dict)
    has_memory_limit: bool = False
    _waiting: deque[_Job] = field(default_factory=deque)
    _at_work: int = 0
    _ready: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _photo_seconds: float = 0.2

    async def __aenter__(self) -> Self:
        """Start the workers; the first is ready then.

        Raises:
            ModelError: If the critic cannot be loaded.
        """
        first = await _Worker.started(self)
        self.critic, self.has_memory_limit = first.critic, first.has_memory_limit
        self._tasks = [asyncio.create_task(self._work(first if number == 0 else None)) for number in range(self.jobs)]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._waiting:
            job.answer.cancel()

    @property
    def ready_count(self) -> int:
        """How many workers can take a photo."""
        return self._ready

    @property
    def load(self) -> int:
        """How many photos wait or are judged."""
        return len(self._waiting) + self._at_work

    def check_room(self, photo_count: int) -> None:
        """Refuse photos for which there is no room; to be asked before they are received, too.

        Raises:
            BusyPoolError: If there is none.
        """
        if self.load + photo_count > self.limits.max_waiting:
            least, most = _RETRY_SECONDS
            seconds = self._photo_seconds * self.load / self.jobs
            raise BusyPoolError(int(min(max(seconds, least), most)))

    async def answers(
        self, operation: str, photos: Sequence[tuple[str | None, bytes]], options: Mapping[str, Any]
    ) -> list[bytes]:
        """Return what is asked of photos, a row of JSON each.

        Args:
            operation: ``"rate"``, ``"explain"``, ``"crop"`` or ``"advise"``.
            photos: Names, which are only repeated, and bytes.
            options: What else is asked.

        Raises:
            BusyPoolError: If there is no room for all of them.
        """
        self.check_room(len(photos))
        loop = asyncio.get_running_loop()
        jobs = [_Job(operation, options, name, photo, loop.create_future()) for name, photo in photos]
        self._waiting.extend(jobs)
        try:
            await self._tell()
            return [await job.answer for job in jobs]
        finally:  # whoever asked may be gone: what nobody waits for is not begun
            for job in jobs:
                job.answer.cancel()
                with suppress(ValueError):  # a worker has it, or had
                    self._waiting.remove(job)

    async def _tell(self) -> None:
        """Have idle workers look whether there is something for them."""
        async with self._changed:
            self._changed.notify_all()

    async def _work(self, worker: "_Worker | None") -> None:
        try:
            while True:
                if worker is None:
                    try:
                        worker = await _Worker.started(self)
                    except (ModelError, OSError):
                        await asyncio.sleep(_PAUSE_SECONDS)
                        continue
                self._ready += 1
                watching = asyncio.create_task(self._watched(worker))
                try:
                    while (batch := await self._batch(worker)) and await self._judged(worker, batch):
                        pass
                finally:
                    self._ready -= 1
                    await worker.killed()
                    await watching
                worker = None
                self.metrics.replaced_workers.inc()
        finally:
            if worker is not None:
                await worker.killed()

    async def _watched(self, worker: "_Worker") -> None:
        """Have the end of a worker noticed also while it has nothing to do."""
        await worker.ended()
        await self._tell()

    async def _batch(self, worker: "_Worker") -> list[_Job]:
        """Return the next photos for a worker, once there are any; none once it has ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or worker.has_ended)
        if worker.has_ended:
            return []
        share = min(BATCH_PHOTOS, -(-len(self._waiting) // self._ready))
        batch = [self._waiting.popleft()]
        others_bytes = 0
        while len(batch) < share and self._waiting and self._waiting[0].goes_with(batch[0]):
            others_bytes += len(self._waiting[0].photo)
            if others_bytes > _BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _judged(self, worker: "_Worker", batch: list[_Job]) -> bool:
        """Have a worker judge a batch; return whether it can go on."""
        self._at_work += len(batch)
        self.metrics.batches.observe(len(batch))
        begun = monotonic()
        try:
            failed, rows = await worker.rows(batch, self.limits.max_seconds)
        except _GoneError as err:
            await self._given_up(batch, err)
            return False
        except asyncio.CancelledError:
            for job in batch:
                job.answer.cancel()
            raise
        finally:
            self._at_work -= len(batch)
        seconds = (monotonic() - begun) / len(batch)
        self._photo_seconds += 0.1 * (seconds - self._photo_seconds)
        for job, row, has_failed in zip(batch, rows, failed, strict=True):
            self.metrics.photos.labels(job.operation, "failed" if has_failed else "judged").inc()
            if not job.answer.done():
                job.answer.set_result(row)
        return True

    async def _given_up(self, batch: list[_Job], err: _GoneError) -> None:
        """Try photos again, each alone; tell the one that was alone why it failed.

        A worker may also have died of something else, so each photo has a second try.
        """
        wanted = [job for job in batch if not job.answer.done()]
        if len(batch) == 1 and (batch[0].is_alone or err.is_certain):
            for job in wanted:
                self.metrics.photos.labels(job.operation, "failed").inc()
                job.answer.set_result(failed_row(job.operation, job.name, str(err)))
            return
        for job in reversed(wanted):
            job.is_alone = True
            self._waiting.appendleft(job)
        await self._tell()


class _Worker:
    """A worker's process, as the server sees it."""

    def __init__(self, process: asyncio.subprocess.Process, critic: Mapping[str, Any], *, is_limited: bool) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._to, self._from = process, process.stdin, process.stdout
        self.critic = critic
        self.has_memory_limit = is_limited

    @classmethod
    async def started(cls, pool: Pool) -> Self:
        """Start a worker; it is ready then.

        Raises:
            ModelError: If it cannot load its critic.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing is imported from the folder that somebody happens to be in
            "-m",
            "photocritic.serve.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_plain_environment() | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        settings = {
            "model": pool.model,
            "device": pool.device,
            "max_pixels": pool.limits.max_pixels,
            "decoding_bytes": pool.limits.decoding_bytes,
        }
        try:
            async with asyncio.timeout(_START_SECONDS):
                await send_frame(process.stdin, Frame(settings, []))
                said = (await receive_frame(process.stdout, _ANSWER_BYTES)).fields
        except (InputError, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as err:
            await _killed(process)
            raise ModelError("a worker could not be started; is there enough memory?") from err
        except BaseException:
            await _killed(process)
            raise
        if "error" in said:
            await _killed(process)
            raise ModelError(said["error"])
        return cls(process, said["critic"], is_limited=said["has_memory_limit"])

    async def rows(self, batch: Sequence[_Job], max_seconds: float) -> tuple[list[bool], list[bytes]]:
        """Return whether each photo of a batch failed, and its row.

        Raises:
            _GoneError: If the worker died, took too long, or is not itself any more. It is of no more use.
        """
        fields = {
            "operation": batch[0].operation,
            "options": batch[0].options,
            "names": [job.name for job in batch],
        }
        try:
            async with asyncio.timeout(max_seconds):
                await send_frame(self._to, Frame(fields, [job.photo for job in batch]))
                answer = await receive_frame(self._from, _ANSWER_BYTES)
        except TimeoutError as err:
            raise _GoneError(f"it took longer than {max_seconds:g} s, and was given up", is_certain=True) from err
        except (InputError, asyncio.IncompleteReadError, ConnectionError) as err:
            raise _GoneError("it cannot be judged: decoding it ended the process that tried") from err
        failed = answer.fields.get("failed")
        if not isinstance(failed, list) or not len(failed) == len(answer.parts) == len(batch):
            raise _GoneError("it cannot be judged: the process that tried gave no answer")
        return failed, answer.parts

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.returncode is not None

    async def ended(self) -> None:
        """Wait until it ends."""
        await self._process.wait()

    async def killed(self) -> None:
        """End it."""
        await _killed(self._process)


def _plain_environment() -> dict[str, str]:
    """Return this process's environment without what is ours alone: our token, say."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PHOTOCRITIC_")}


async def _killed(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
