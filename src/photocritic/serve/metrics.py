"""What is counted, for Prometheus. Nothing of a photo is among it, and nothing is sent anywhere."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BATCHES: Final = (1, 2, 4, 8)


class Metrics:
    """The counts of one server.

    Attributes:
        requests: Requests by ``route``, ``method`` and ``status``.
        seconds: How long they took, by ``route``.
        photos: Photos by ``operation`` and ``outcome``: judged or failed.
        batches: How many photos workers took at once.
        replaced_workers: Workers that died or were killed, and replaced.
        received_bytes: Bytes of bodies.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "photocritic_requests", "Requests.", ["route", "method", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "photocritic_request_seconds",
            "How long requests took.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.photos = Counter(
            "photocritic_photos", "Photos that were asked about.", ["operation", "outcome"], registry=self._registry
        )
        self.batches = Histogram(
            "photocritic_batch_photos", "Photos that a worker took at once.", buckets=_BATCHES, registry=self._registry
        )
        self.replaced_workers = Counter(
            "photocritic_replaced_workers", "Workers that ended and were replaced.", registry=self._registry
        )
        self.received_bytes = Counter("photocritic_received_bytes", "Bytes of bodies.", registry=self._registry)

    def watch(self, name: str, words: str, value: Callable[[], float]) -> None:
        """Have a value of the moment told, too."""
        Gauge(name, words, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)
