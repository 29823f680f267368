"""The one clock of the downloader: whatever waits or has a deadline is given it, so that tests can give another one."""

import queue
import time
from typing import TypeVar

_Result = TypeVar("_Result")


class Clock:
    """The time, and waiting; tests have another one, whose time passes when they say so."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def time(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def next_of(self, results: "queue.SimpleQueue[_Result]", timeout: float | None) -> _Result | None:
        """Return the next result, waiting for it at most so long; None if none has come."""
        try:
            return results.get(timeout=timeout)
        except queue.Empty:
            return None
