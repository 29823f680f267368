"""Working in parallel."""

import threading

import pytest

from photocritic.core.parallel import in_order


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
