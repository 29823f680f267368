"""Photos that wait, and workers that may die."""

import asyncio
import io
import json
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from photocritic import Critic
from photocritic.cli import main
from photocritic.core.rows import row_of
from photocritic.errors import ModelError
from photocritic.serve import pool as pool_module
from photocritic.serve.limits import Limits
from photocritic.serve.metrics import Metrics
from photocritic.serve.pool import Pool
from tests.serve.conftest import jpeg_of
from tests.serve.serving import Answer, Served, served, until, worker_processes

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

POISON = jpeg_of(99)


@pytest.fixture(scope="module")
def lone() -> Iterator[Served]:
    """A server with one worker, before which 12 photos may wait."""
    with served(Limits(max_waiting=12, max_photos=4)) as lone:
        yield lone


@contextmanager
def halted(server: Served) -> Iterator[None]:
    """Have the workers stand still: what is asked meanwhile waits."""
    until(lambda: server.pool.ready_count == server.pool.jobs)
    workers = server.workers
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            if worker.is_running():
                worker.send_signal(signal.SIGCONT)


def raw(server: Served, photo: bytes, operation: str = "rate") -> Answer:
    """Return the answer for one photo."""
    return server.ask(f"/v1/{operation}", photo, Content_Type="image/jpeg")


def assert_same(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    """Assert that two rows say the same; in a batch, sums are added in another order."""
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        is_figure = isinstance(value, float) or (isinstance(value, list) and value)
        assert (pytest.approx(value, abs=0.11 if name in {"score", "quality"} else 2e-4) if is_figure else value) == (
            actual[name]
        ), name


def test_batches_form_under_load(lone: Served, jpegs: Sequence[bytes], critic: Critic) -> None:
    """Photos of many people that wait are judged at once, and everybody gets the row of their own."""
    expected = [row_of(critic.look(photo)) for photo in jpegs]
    batches, photos = lone.metric("photocritic_batch_photos_count"), lone.metric("photocritic_batch_photos_sum")
    with ThreadPoolExecutor(12) as people:
        with halted(lone):
            asked: list[Future[Answer]] = []
            for number in range(12):
                asked.append(people.submit(raw, lone, jpegs[number % len(jpegs)]))
                until(lambda count=number + 1: lone.pool.load == count)  # type: ignore[misc]
        answers = [each.result() for each in asked]

    for number, answer in enumerate(answers):
        assert_same(expected[number % len(jpegs)], *answer.json)
    assert photos + 12 == lone.metric("photocritic_batch_photos_sum")
    assert batches + 3 == lone.metric("photocritic_batch_photos_count")  # one photo, then eight, then three


def test_one_request_is_answered_in_order(server: Served, jpegs: Sequence[bytes], critic: Critic) -> None:
    """Rows stand in the order of the photos, also when several workers share them."""
    expected = [row_of(critic.look(photo)) | {"path": "photo"} for photo in jpegs]

    rows = server.rate(*jpegs, *jpegs)

    assert 2 * len(expected) == len(rows)
    for each, row in zip(expected * 2, rows, strict=True):
        assert_same(each, row)


def test_it_says_what_the_command_says(
    server: Served, jpegs: Sequence[bytes], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The API's rows are those of ``photocritic rate --format json``, but for the paths."""
    files = [tmp_path / f"{number}.jpg" for number in range(len(jpegs))]
    for file, photo in zip(files, [*jpegs[:-1], jpegs[-1][:300]], strict=True):
        file.write_bytes(photo)
    main(["rate", *map(str, files), "--format", "json", "--sort", "none"])
    printed = json.loads(capfdbinary.readouterr().out)

    for file, row in zip(files, printed, strict=True):
        assert_same(row | {"path": None}, *raw(server, file.read_bytes()).json)


def test_a_full_queue_says_when_to_come_again(lone: Served, jpegs: Sequence[bytes]) -> None:
    """Whoever comes when no more photos may wait is told so at once; the others are answered."""
    with ThreadPoolExecutor(12) as people:
        with halted(lone):
            asked = [people.submit(raw, lone, jpegs[0]) for _person in range(12)]
            until(lambda: lone.pool.load == 12)
            refused = raw(lone, jpegs[0])
        answers = [each.result() for each in asked]

    assert 503 == refused.status
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "application/problem+json" == refused.headers["content-type"]
    assert {200} == {answer.status for answer in answers}
    assert 200 == raw(lone, jpegs[0]).status


def test_who_goes_away_frees_the_place(lone: Served, jpegs: Sequence[bytes]) -> None:
    """A photo that nobody waits for is not begun, and its bytes are forgotten."""
    head = (
        f"POST /v1/rate HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpegs[0])}\r\n"
    )
    photos = lone.metric("photocritic_batch_photos_sum")
    with halted(lone):
        first, second = lone.connect(), lone.connect()
        for number, each in enumerate((first, second), start=1):
            each.sendall(head.encode() + b"\r\n" + jpegs[0])
            until(lambda count=number: lone.pool.load == count)  # type: ignore[misc]
        held = lone.metric("photocritic_held_bytes")
        second.close()
        until(lambda: lone.pool.load == 1)
        first.close()
        until(lambda: lone.metric("photocritic_held_bytes") == 0)
    until(lambda: lone.pool.load == 0)

    assert 2 * len(jpegs[0]) == held
    assert photos + 1 == lone.metric("photocritic_batch_photos_sum")
    assert any(line.startswith("POST /v1/rate 499 ") for line in lone.lines)


def test_a_killed_worker_costs_nobody_an_answer(lone: Served, jpegs: Sequence[bytes]) -> None:
    """Photos that were with a worker when it was killed, or waited for it, are judged by the next."""
    replaced = lone.metric("photocritic_replaced_workers_total")
    with ThreadPoolExecutor(6) as people:
        with halted(lone):
            asked = [people.submit(raw, lone, photo) for photo in jpegs]
            until(lambda: lone.pool.load == len(jpegs))
            for worker in lone.workers:
                worker.kill()
        rows = [row for each in asked for row in each.result().json]

    assert [None] * len(jpegs) == [row["error"] for row in rows]
    assert replaced + 1 == lone.metric("photocritic_replaced_workers_total")


def test_a_worker_that_dies_idle_is_missed_at_once(lone: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks after the server sees that it cannot judge, before anybody asks, and when it can again."""

    async def not_started(_pool: Pool) -> object:
        raise ModelError("no memory")

    until(lambda: lone.ask("/readyz").status == 200)
    with monkeypatch.context() as patching:
        patching.setattr(pool_module._Worker, "started", not_started)
        for worker in lone.workers:
            worker.kill()
        until(lambda: lone.ask("/readyz").status == 503)
        assert {"status": "starting"} == lone.ask("/readyz").json
        assert 200 == lone.ask("/healthz").status

    until(lambda: lone.ask("/readyz").json == {"status": "ok"})


def test_a_photo_that_kills_is_given_up_alone(
    lone: Served, jpegs: Sequence[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder's killer is tried again alone and then told so; its neighbours in the batch are judged."""
    rows_of_batch = pool_module._Worker.rows

    async def killed_by_poison(
        self: pool_module._Worker, batch: Sequence[pool_module._Job], max_seconds: float
    ) -> tuple[list[bool], list[bytes]]:
        if any(job.photo == POISON for job in batch):
            self._process.kill()
        return await rows_of_batch(self, batch, max_seconds)

    monkeypatch.setattr(pool_module._Worker, "rows", killed_by_poison)
    replaced = lone.metric("photocritic_replaced_workers_total")
    rows = lone.rate(jpegs[0], POISON, jpegs[1])

    assert [None, "it cannot be judged: decoding it ended the process that tried", None] == [
        row["error"] for row in rows
    ]
    assert ["photo"] * 3 == [row["path"] for row in rows]
    assert rows[0].keys() == rows[1].keys()
    assert replaced + 2 == lone.metric("photocritic_replaced_workers_total")
    until(lambda: lone.ask("/readyz").status == 200)


def test_a_photo_that_takes_too_long_is_given_up(jpegs: Sequence[bytes]) -> None:
    """A worker that hangs is killed when the time is over; who waited behind it is answered by the next."""
    with served(Limits(max_seconds=5)) as server, ThreadPoolExecutor(2) as people:
        with halted(server):
            hanging = people.submit(raw, server, jpegs[0])
            until(lambda: server.pool.load == 1)
            waiting = people.submit(raw, server, jpegs[1])
            assert ["it took longer than 5 s, and was given up"] == [row["error"] for row in hanging.result().json]
        assert [None] == [row["error"] for row in waiting.result().json]


def test_memory_is_limited(monkeypatch: pytest.MonkeyPatch, jpegs: Sequence[bytes]) -> None:
    """A photo within the limits on bytes and pixels that takes too much memory fails alone, and the worker lives."""
    monkeypatch.setattr(Limits, "decoding_bytes", 150 << 20)
    with served() as server:
        workers = server.workers
        large, small = server.rate(png_of(12_000, 8_000), jpegs[0])
        after = server.workers

    if not server.pool.has_memory_limit:
        pytest.skip("this system holds nobody to a limit on memory")
    assert "there is not enough memory to decode it" == large["error"]
    assert small["error"] is None
    assert workers == after


def test_a_worker_may_write_nothing(server: Served) -> None:
    """The system keeps workers from writing any file, whatever a photo makes them do."""
    if not hasattr(psutil, "RLIMIT_FSIZE"):
        pytest.skip("psutil reads no limits of processes here")
    decoding_bytes = server.pool.limits.decoding_bytes

    for worker in server.workers:
        assert (0, 0) == worker.rlimit(psutil.RLIMIT_FSIZE)
        assert decoding_bytes < worker.rlimit(psutil.RLIMIT_AS)[1] < decoding_bytes + (4 << 30)


def test_no_worker_is_left_behind(jpegs: Sequence[bytes]) -> None:
    """When the server ends, so do its workers, those too that are at work."""
    before = worker_processes()
    with ExitStack() as stack:
        server = stack.enter_context(served())
        people = stack.enter_context(ThreadPoolExecutor(1))
        people.submit(raw, server, jpegs[0], "advise").result()
        assert len(server.workers) == 1

    assert before == worker_processes()


def test_a_critic_that_cannot_be_loaded_is_said_at_once() -> None:
    """The server does not start without its critic, and says why, as every command does."""
    pool = Pool("nobody", "cpu", 1, Limits(), Metrics())

    async def starting() -> None:
        async with pool:
            raise AssertionError("it started")

    with pytest.raises(ModelError, match="nobody"):
        asyncio.run(starting())


def png_of(width: int, height: int) -> bytes:
    """Return a PNG of one colour, small however large it is."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(file, "PNG", compress_level=1)
    return file.getvalue()
