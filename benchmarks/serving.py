"""What a server does: photos/s and latency with 1, 8 and 32 clients, and what 200 clients at once do to it.

Two servers run as processes of their own, one that takes up to 8 photos at once, as it always does, and one that takes
each alone. They are asked in turns, so that neither has a better machine; the ratio of their medians is what counts.
Beside them `Critic.rate` on the same photos, which is what serving costs. The clients are threads of this process and
take their share of the same cores.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.rating import measured, render_photos

PHOTO_PX = (1600, 1067)
BATCHES = (8, 1)
CLIENTS = (1, 8, 32)


def main() -> None:
    """Print the tables, or, called by itself, serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is asked")
    parser.add_argument("--seconds", type=float, default=10, help="how long each time")
    parser.add_argument("--crowd-seconds", type=float, default=30, help="how long 200 clients ask")
    parser.add_argument("--jobs", type=int, default=2, help="workers")
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.batch is not None:
        sys.exit(_serve(options.batch, rest))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        render_photos(folder, PHOTO_PX, 48)
        photos = [path.read_bytes() for path in sorted(folder.iterdir())]
        kilobytes = sum(map(len, photos)) / len(photos) / 1000
        print(f"{len(photos)} JPEGs of {PHOTO_PX[0]} × {PHOTO_PX[1]}, {kilobytes:.0f} kB each; {options.jobs} workers")
        _compare(folder, photos, options.rounds, options.seconds, options.jobs)
        _crowd(photos, options.crowd_seconds, options.jobs)


def _compare(folder: Path, photos: Sequence[bytes], rounds: int, seconds: float, jobs: int) -> None:
    figures: dict[tuple[int, int], list[Load]] = {(clients, batch): [] for clients in CLIENTS for batch in BATCHES}
    own: list[float] = []
    with ExitStack() as stack:
        ports = {batch: stack.enter_context(server(jobs, batch)).port for batch in BATCHES}
        for _round in range(rounds):
            own.append(measured("ours", folder)[0])
            for (clients, batch), loads in figures.items():
                loads.append(load(ports[batch], photos, clients, seconds))
    print(f"{rounds} rounds of {seconds:g} s; latency of all of them")
    print(f"  Critic.rate itself     {statistics.median(own):6.1f} photos/s")
    for (clients, batch), loads in figures.items():
        rate = statistics.median(each.photos_per_s for each in loads)
        alone = statistics.median(each.photos_per_s for each in figures[clients, 1])
        seconds_all = sorted(taken for each in loads for taken in each.seconds)
        print(
            f"  {clients:3} clients, batches ≤ {batch} {rate:6.1f} photos/s, {rate / alone:.2f}× of one by one, "
            f"p50 {1000 * quantile(seconds_all, 0.5):.0f} ms, p99 {1000 * quantile(seconds_all, 0.99):.0f} ms"
        )


def _crowd(photos: Sequence[bytes], seconds: float, jobs: int) -> None:
    with server(jobs, 8, "--max-waiting", "100") as crowded:
        load(crowded.port, photos, 64, 10)  # so that everything that is made once has been made
        crowd = load(crowded.port, photos, 200, seconds, crowded.process)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(crowd.statuses.items()))
    taken = sorted(crowd.seconds)
    first, last = thirds([sample.bytes for sample in crowd.samples])
    first_files, last_files = thirds([sample.files for sample in crowd.samples])
    print(f"200 clients for {seconds:g} s, at most 100 photos waiting; they come again when told to")
    print(f"  answers {statuses}; {crowd.photos_per_s:.1f} photos/s")
    print(f"  accepted: p50 {1000 * quantile(taken, 0.5):.0f} ms, p99 {1000 * quantile(taken, 0.99):.0f} ms")
    print(
        f"  memory of server and workers {first / 1e6:.0f} MB in the first third, {last / 1e6:.0f} MB in the last "
        f"({last / first:.3f}×), peak {max(sample.bytes for sample in crowd.samples) / 1e6:.0f} MB"
    )
    print(f"  open files {first_files:.0f} in the first third, {last_files:.0f} in the last")


# A server, and those who ask it.


class Server(NamedTuple):
    """A server that runs."""

    port: int
    process: psutil.Process


@contextmanager
def server(jobs: int, batch: int, *options: str) -> Iterator[Server]:
    """Run a server whose workers take at most so many photos at once."""
    command = [sys.executable, "-m", "benchmarks.serving", "--batch", str(batch), "--port", "0", "--jobs", str(jobs)]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
            threading.Thread(target=process.stderr.read, daemon=True).start()
            while len(psutil.Process(process.pid).children()) < jobs or not _is_ready(port):
                time.sleep(0.1)
            time.sleep(2)  # the other workers load their critic
            yield Server(port, psutil.Process(process.pid))
        finally:
            process.terminate()


def _serve(batch: int, rest: list[str]) -> int:
    from photocritic.cli import main as photocritic
    from photocritic.serve import pool

    pool.BATCH_PHOTOS = batch  # type: ignore[misc]
    return photocritic(["serve", *rest])


class Sample(NamedTuple):
    """What a server and its workers hold at a moment."""

    bytes: int
    files: int


@dataclass
class Load:
    """What clients met with."""

    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    wall_s: float = 0.0

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        return Counter(self.answers)

    @property
    def photos_per_s(self) -> float:
        """How many photos were judged a second."""
        return self.statuses[200] / self.wall_s


def load(
    port: int, photos: Sequence[bytes], clients: int, seconds: float, process: psutil.Process | None = None
) -> Load:
    """Have clients ask for so long, each one photo after the other, coming again when told to.

    Args:
        port: The server's.
        photos: What they send in turns.
        clients: How many there are.
        seconds: How long they begin new requests.
        process: The server's, to be looked at each second.
    """
    found = Load()
    begun = time.perf_counter()
    until = begun + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while (asked := time.perf_counter()) < until:
            number += 1
            status, retry_after = _asked(connection, "POST", "/v1/rate", photos[number % len(photos)])
            found.answers.append(status)  # a thread loses no count so
            if status == http.client.OK:
                found.seconds.append(time.perf_counter() - asked)
            elif retry_after is not None:
                connection.close()  # which a server does with those who say nothing for a while
                time.sleep(max(0.0, min(float(retry_after), until - time.perf_counter())))
        connection.close()

    threads = [threading.Thread(target=client, args=(7 * number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    while process is not None and time.perf_counter() < until:
        found.samples.append(_sample(process))
        time.sleep(1)
    for thread in threads:
        thread.join()
    found.wall_s = time.perf_counter() - begun
    return found


def _asked(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes | None = None
) -> tuple[int, str | None]:
    connection.request(method, target, body, {} if body is None else {"Content-Type": "image/jpeg"})
    response = connection.getresponse()
    response.read()
    return response.status, response.headers.get("Retry-After")


def _is_ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        return _asked(connection, "GET", "/readyz")[0] == http.client.OK


def _sample(process: psutil.Process) -> Sample:
    processes = [process, *process.children()]
    return Sample(sum(each.memory_info().rss for each in processes), sum(each.num_fds() for each in processes))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which a share of ordered values lies."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def thirds(values: Sequence[int]) -> tuple[float, float]:
    """Return the median of the first third of values, and of the last."""
    some = max(1, len(values) // 3)
    return statistics.median(values[:some]), statistics.median(values[-some:])


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
