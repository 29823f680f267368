"""A server under more clients than it can serve."""

import pytest

from benchmarks.serving import load, server, thirds
from tests.serve.conftest import jpeg_of

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]


def test_a_crowd_is_served_or_told_to_come_again() -> None:
    """200 clients at once for 30 s: every answer is a row or a 503, and neither memory nor open files grow."""
    jpegs = [jpeg_of(seed) for seed in range(6)]
    with server(2, 8, "--max-waiting", "100") as crowded:
        load(crowded.port, jpegs, 64, 10)  # onnxruntime keeps the memory of the largest batch that it met
        crowd = load(crowded.port, jpegs, 200, 30, crowded.process)
        after = load(crowded.port, jpegs, 1, 1)

    assert {200, 503} == crowd.statuses.keys()
    assert {200} == after.statuses.keys()
    first, last = thirds([sample.bytes for sample in crowd.samples])
    assert last < 1.05 * first
    first_files, last_files = thirds([sample.files for sample in crowd.samples])
    assert last_files < first_files + 20
