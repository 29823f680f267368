"""How much a server takes in."""

import pytest

from photocritic.errors import InputError
from photocritic.serve.limits import Limits


def test_every_request_that_is_allowed_can_find_room() -> None:
    """Limits under which a request would be sent away for ever are refused, with the remedy."""
    with pytest.raises(
        InputError, match="as one request may have, 100; got 50; raise --max-waiting, or lower --max-ph"
    ):
        Limits(max_waiting=50)
    assert 4 * 10 == Limits(max_bytes=10).max_held_bytes


def test_a_worker_has_room_for_the_largest_photo() -> None:
    """Its file and its pixels, in each of the forms that decoding takes, are within a worker's memory."""
    limits = Limits(max_bytes=1 << 30, max_pixels=500_000_000)

    assert limits.decoding_bytes > 2 * limits.max_bytes + 4 * limits.max_pixels
