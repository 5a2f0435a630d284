"""Connections: each has a time to send its request in, and those that send nothing make room for others.

uvicorn counts connections, whoever holds them and whether or not they ever ask anything. Here a request has
to arrive within ``HEADER_SECONDS``; where too many wait, the one that has waited longest is closed; and from
another machine one address may hold only so many.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from ipaddress import ip_address
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
MAX_SILENT = 64  # connections that wait for a request
MAX_OF_CLIENT = 48  # connections of one address that is not this machine's
MAX_CONNECTIONS = 256


class TimedProtocol(H11Protocol):
    """uvicorn's own protocol, with a time for each request to arrive in."""

    silent: dict[TimedProtocol, None]
    clients: Counter[str]

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request; one connection too many is closed at once."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._address = self.client[0] if self.client else ""
        self.clients[self._address] += 1
        crowded = not _is_own(self._address) and self.clients[self._address] > MAX_OF_CLIENT
        if crowded or len(self.connections) > MAX_CONNECTIONS:
            self._close()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._end_wait()
        self.clients[self._address] -= 1
        if not self.clients[self._address]:
            del self.clients[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; a request that is not whole yet keeps the time that it has."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()

    def handle_events(self) -> None:
        """Answer what has arrived."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._end_wait()

    def _wait(self) -> None:
        if self._timer is not None or self.transport.is_closing():
            return
        self._timer = self.loop.call_later(HEADER_SECONDS, self._close)
        self.silent[self] = None
        if len(self.silent) > MAX_SILENT:
            next(iter(self.silent))._close()

    def _close(self) -> None:
        """Close at once; uvicorn hears of it later, so it is taken from those that count already now."""
        self._end_wait()
        self.connections.discard(self)
        self.transport.abort()

    def _end_wait(self) -> None:
        self.silent.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def timed_protocol() -> type[TimedProtocol]:
    """A protocol class for one server, with counts of its own."""
    return type("ServerProtocol", (TimedProtocol,), {"silent": {}, "clients": Counter()})


def _is_own(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
