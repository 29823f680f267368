"""Connections to public addresses only, each ended by its request's deadline.

A name is resolved once for a connection, all its addresses are checked, and the connection goes to the very address
that was checked: a name that answers differently the next time gains nothing.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import httpcore

from photocritic.data.download.clock import Clock

_ADDRESSES_MAX: Final = 4
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: how IPv6-only networks reach IPv4
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# Not told as private by every Python: protocol assignments, relays of 6to4, and 6to4 itself, which holds any IPv4.
_REFUSED: Final = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2002::/16", "3fff::/20")))


class AddressRefusedError(Exception):
    """A host has an address that is not public."""


def is_public(address: str) -> bool:
    """Return whether an address is one on the public internet, in whatever form it stands.

    Example:
        >>> is_public("8.8.8.8"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
        (True, False, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        elif ip not in _GLOBAL_UNICAST:
            return False
    is_special = ip.is_multicast or ip.is_reserved or any(ip.version == net.version and ip in net for net in _REFUSED)
    return ip.is_global and not is_special


def resolve(host: str, port: int) -> list[str]:
    """Return a host's addresses, in the order they are to be tried.

    The look-up is the system's, and ends by the system's own limits.

    Raises:
        OSError: If it has none.
    """
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _family, _type, _protocol, _name, address in infos))


class GuardedBackend(httpcore.NetworkBackend):
    """Makes connections for httpcore.

    Args:
        clock: What deadlines are told by.
        allows_private: Whether addresses that are not public are connected to.
    """

    def __init__(self, clock: Clock, *, allows_private: bool) -> None:
        self._clock = clock
        self._allows_private = allows_private
        self._plain = httpcore.SyncBackend()
        # A request is made from beginning to end by one thread, so its deadline is that thread's.
        self._deadline = threading.local()
        self._streams: set[_TimedStream] = set()
        self._lock = threading.Lock()
        self._is_ended = False

    def set_deadline(self, seconds: float) -> None:
        """Give what this thread does next no more than so many seconds."""
        self._deadline.seconds = seconds
        self._deadline.at = self._clock.monotonic() + seconds

    def left_s(self, timeout: float | None) -> float:
        """Return how long an operation may take: its own time, or what is left to the request.

        Raises:
            httpcore.TimeoutException: If nothing is left.
        """
        left = float(self._deadline.at) - self._clock.monotonic()
        if left <= 0 or self._is_ended:
            raise httpcore.ReadTimeout(f"it took longer than {self._deadline.seconds:g} s in all")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host, if all its addresses may be connected to.

        Raises:
            AddressRefusedError: If one may not.
            httpcore.ConnectError: If none answers.
        """
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as err:
            raise httpcore.ConnectError(f"its host was not found: {err}") from err
        if not self._allows_private:
            for address in addresses:
                if not is_public(address):
                    name = host if host.strip("[]") == str(address) else f"{host}, that is {address},"
                    raise AddressRefusedError(f"{name} is not a public address; allow it with --allow-private")
        failure: Exception = httpcore.ConnectError("its host has no address")
        for address in addresses[:_ADDRESSES_MAX]:
            try:
                stream = self._plain.connect_tcp(address, port, self.left_s(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as err:
                failure = err
            else:
                return self.watched(stream)
        raise failure

    def watched(self, stream: httpcore.NetworkStream) -> "_TimedStream":
        """Return a stream held to the deadline, known to `end`."""
        timed = _TimedStream(stream, self)
        with self._lock:
            self._streams.add(timed)
        return timed

    def forget(self, stream: "_TimedStream") -> None:
        """Drop a stream that is closed."""
        with self._lock:
            self._streams.discard(stream)

    def end(self) -> None:
        """End all that goes on, in whatever thread, and let nothing begin."""
        self._is_ended = True
        with self._lock:
            for stream in self._streams:
                # Not the TLS socket's own method, which would take its state from under the thread that reads.
                with suppress(OSError):
                    socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _TimedStream(httpcore.NetworkStream):
    """A stream on which nothing lasts longer than its request may."""

    def __init__(self, stream: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.left_s(timeout))

    def close(self) -> None:
        self._backend.forget(self)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, self._backend.left_s(timeout))
        finally:
            self._backend.forget(self)  # it is the encrypted stream's now, or closed
        return self._backend.watched(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
