"""Working in parallel."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from photocritic.core.parallel import ahead, in_order


def test_results_come_in_the_order_of_the_items() -> None:
    """A slow first item holds the rest back, and does not change their order."""
    release = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            release.wait()
        elif item == 5:
            release.set()
        return item * item

    assert [item * item for item in range(20)] == list(in_order(work, range(20), 3))


def test_items_are_taken_as_they_are_needed() -> None:
    """An endless stream can be worked on."""
    taken: list[int] = []

    def items() -> object:
        for item in range(1_000_000):
            taken.append(item)
            yield item

    results = in_order(lambda item: item, items(), 2)  # type: ignore[arg-type, var-annotated]

    assert 0 == next(results)
    assert len(taken) < 50
    results.close()  # type: ignore[attr-defined]


def test_what_the_work_raises_is_raised() -> None:
    """An error is not swallowed."""

    def fail(item: int) -> int:
        raise KeyError(item)

    with pytest.raises(KeyError, match="1"):
        list(in_order(fail, [1], 2))


def test_a_stream_goes_on_ahead_but_not_far() -> None:
    """As many items as may wait, and the one that waits for a place."""
    made: list[int] = []
    enough = threading.Event()

    def items() -> Iterator[int]:
        for item in itertools.count():
            made.append(item)
            if item == 4:
                enough.set()
            yield item

    stream = ahead(items, 3)

    assert next(stream) == 0
    assert enough.wait(10)
    assert len(made) <= 6
    assert [1, 2, 3, 4, 5] == list(itertools.islice(stream, 5))


def test_what_a_stream_raises_comes_after_its_items() -> None:
    """Where they are taken."""

    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    stream = ahead(items)

    assert next(stream) == 1
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_a_stream_that_is_left_is_closed() -> None:
    """In its own thread, which ends."""
    is_closed = threading.Event()
    before = threading.active_count()

    def items() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            is_closed.set()

    stream = ahead(items)
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert is_closed.is_set()
    assert before == threading.active_count()
