"""Doing one thing to many photos in parallel, in order and in bounded memory.

Threads: decoding and networks release Python's lock. It knows nothing of what is done.
"""

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from photocritic.errors import InputError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Items in work per thread: enough that a slow one at the front does not idle the rest for long.
_AHEAD: Final = 4


def in_order(
    function: Callable[[_Item], _Result], items: Iterable[_Item], jobs: int | None = None
) -> Iterator[_Result]:
    """Yield what a function gives for each item, in the items' order, computed in threads.

    Args:
        function: Must be safe to call from several threads; what it raises is raised here.
        items: Taken lazily, a few per thread ahead of what was yielded.
        jobs: How many to work on at once, at least 1; the number of usable cores if not given.

    Yields:
        The results.

    Example:
        >>> list(in_order(abs, [-1, 2, -3], jobs=2))
        [1, 2, 3]
    """
    thread_count = usable_cores() if jobs is None else jobs
    pool = ThreadPoolExecutor(thread_count, thread_name_prefix="photocritic")
    in_work: deque[Future[_Result]] = deque()
    try:
        for item in items:
            in_work.append(pool.submit(function, item))
            while in_work and (in_work[0].done() or len(in_work) >= _AHEAD * thread_count):
                yield in_work.popleft().result()
        while in_work:
            yield in_work.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def check_jobs(jobs: int | None) -> None:
    """Refuse a number of threads that `in_order` cannot use, at once and not with the first item.

    Raises:
        InputError: If there is a number, and it is below 1.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs must be at least 1; got {jobs}")


def ahead(stream: Callable[[], Iterator[_Item]], count: int = 2) -> Iterator[_Item]:
    """Yield what a stream yields, which goes on in a thread of its own while an item is in use.

    Args:
        stream: Called in that thread; what it raises is raised here.
        count: How many items may wait to be taken.

    Yields:
        The items, in order. When no more are taken, the stream is closed before this ends.

    Example:
        >>> list(ahead(lambda: iter("abc")))
        ['a', 'b', 'c']
    """
    waiting: queue.Queue[tuple[_Item] | BaseException | None] = queue.Queue(count)
    is_over = threading.Event()

    def put(item: tuple[_Item] | BaseException | None) -> None:
        while not is_over.is_set():
            with suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return

    def fill() -> None:
        try:
            items = stream()
            for item in items:
                put((item,))
                if is_over.is_set():
                    break
            if hasattr(items, "close"):
                items.close()  # here, so that it has ended when this thread has
        except BaseException as err:
            put(err)
        else:
            put(None)

    thread = threading.Thread(target=fill, name="photocritic ahead", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        is_over.set()
        thread.join()


def usable_cores() -> int:
    """Return how many cores this process may use, which on a shared machine can be fewer than it has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
