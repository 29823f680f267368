import socket
from typing import Any

import httpcore
import pytest

from photocritic.data.download import network
from photocritic.data.download.network import AddressRefusedError, GuardedBackend, is_public
from tests.data.download.site import FakeClock


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"),
        "64:ff9b::808:808",  # 8.8.8.8, as an IPv6-only network reaches it
    ],
)
def test_public_addresses(address: str) -> None:
    """Those that anybody reaches."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
        *("0.1.2.3", "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1"),
        "0.0.0.0",  # noqa: S104
        *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:db8::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1"),
        *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    """This machine, its networks, what is reserved, and IPv6 that holds such an IPv4."""
    assert not is_public(address)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to, in a network that only seems to be there."""
    addresses: list[str] = []

    def connect(_backend: object, host: str, *_arguments: object) -> httpcore.NetworkStream:
        addresses.append(host)
        return httpcore.MockStream([b"hello"])

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return addresses


def backend(clock: FakeClock | None = None, *, allows_private: bool = False) -> GuardedBackend:
    """Return a backend with 100 s left."""
    guarded = GuardedBackend(clock or FakeClock(), allows_private=allows_private)
    guarded.set_deadline(100)
    return guarded


def test_the_address_that_was_checked_is_connected_to(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with this machine the second time gains nothing: it is not asked a second time."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    monkeypatch.setattr(network, "resolve", lambda _host, _port: answers.pop(0))
    guarded = backend()
    guarded.connect_tcp("rebinding.example", 80)

    assert ["93.184.216.34"] == connected
    with pytest.raises(AddressRefusedError, match=r"rebinding\.example, that is 127\.0\.0\.1"):
        guarded.connect_tcp("rebinding.example", 80)
    assert ["93.184.216.34"] == connected


def test_all_addresses_are_checked_before_any_is_used(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not public makes the whole name suspect."""
    monkeypatch.setattr(network, "resolve", lambda _host, _port: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(AddressRefusedError):
        backend().connect_tcp("mixed.example", 80)
    assert [] == connected

    backend(allows_private=True).connect_tcp("mixed.example", 80)
    assert ["93.184.216.34"] == connected


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many hosts have one that is not reached."""
    tried: list[str] = []

    def connect(_backend: object, host: str, *_arguments: object) -> httpcore.NetworkStream:
        tried.append(host)
        if host != "8.8.4.4":
            raise httpcore.ConnectError("unreachable")
        return httpcore.MockStream([])

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    monkeypatch.setattr(network, "resolve", lambda _host, _port: ["2606:4700::1111", "8.8.8.8", "8.8.4.4"])
    backend().connect_tcp("many.example", 80)
    assert ["2606:4700::1111", "8.8.8.8", "8.8.4.4"] == tried

    monkeypatch.setattr(network, "resolve", lambda _host, _port: ["8.8.8.8"])
    with pytest.raises(httpcore.ConnectError, match="unreachable"):
        backend().connect_tcp("none.example", 80)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_is_not_found_is_a_failed_connection(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be found later."""

    def fail(*_arguments: object) -> list[str]:
        raise error

    monkeypatch.setattr(network, "resolve", fail)
    with pytest.raises(httpcore.ConnectError, match="its host was not found"):
        backend().connect_tcp("nowhere.example", 80)


class RecordingStream(httpcore.MockStream):
    """A stream that notes how long each operation may take."""

    def __init__(self) -> None:
        super().__init__([b"a"] * 10)
        self.timeouts: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Note it."""
        self.timeouts.append(timeout)
        return super().read(max_bytes, timeout)

    def write(self, _buffer: bytes, timeout: float | None = None) -> None:
        """Note it."""
        self.timeouts.append(timeout)

    def start_tls(self, *arguments: Any) -> httpcore.NetworkStream:
        """Note it."""
        self.timeouts.append(arguments[2])
        return self


def test_nothing_takes_longer_than_the_request_has_left() -> None:
    """Its own limit, or what is left to the deadline; after that, nothing."""
    clock, inner = FakeClock(), RecordingStream()
    stream = backend(clock).watched(inner)
    stream.read(10, 20)
    clock.sleep(90)
    stream.write(b"x", 20)
    stream.read(10)
    stream.start_tls(httpcore.default_ssl_context(), "example.org", 20).read(10, 20)
    clock.sleep(10)

    assert [20, 10, 10, 10, 10] == inner.timeouts
    with pytest.raises(httpcore.ReadTimeout, match="longer than 100 s"):
        stream.read(10, 20)
