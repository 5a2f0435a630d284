"""Serving the studio on a port, until Ctrl-C."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn

from foolery.errors import UsageError
from foolery.studio.app import Studio, app_of
from foolery.studio.connections import MAX_CONNECTIONS, timed_protocol
from foolery.studio.security import Access

PORT = 8765
_GRACE_SECONDS = 2  # seconds for responses that are being sent at the end


class _Server(uvicorn.Server):
    """Reports when it is ready, and ends quietly."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """From here on requests are answered, and Ctrl-C ends the server as it should."""
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C, or a polite kill: how a studio is ended, so it is not raised again afterwards."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def serve(
    studio: Studio,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    allowed: Sequence[str] = (),
    root_path: str = "",
) -> None:
    """Answer requests until Ctrl-C.

    Args:
        studio: what is shown.
        host: name or address to be bound to.
        port: to listen on; 0 for any free one.
        ready: is told the address, with the token where one is needed, once requests are answered.
        allowed: host names that a proxy may ask by.
        root_path: the prefix that a proxy leaves in front of every address.

    Raises:
        UsageError: the port is taken, the host is none of this machine's, or a name or prefix is none.
    """
    with _bound(host, port) as listener:
        access = Access.for_host(host, listener.getsockname()[1], allowed, root_path)
        config = uvicorn.Config(
            app_of(studio, access),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            http=timed_protocol(),
            limit_concurrency=MAX_CONNECTIONS,
            backlog=512,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = _Server(config, lambda: ready(address_of(access)))
        studio.closing = lambda: server.should_exit
        try:
            server.run(sockets=[listener])
        finally:
            studio.close()


def address_of(access: Access) -> str:
    """The address that people open."""
    name = access.host if access.host not in ("0.0.0.0", "::", "") else _own_address()
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{access.port}/" + ("" if access.token is None else f"?token={access.token}")


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise UsageError(f"--port: expected 0 to 65535, got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Where the protocol is named, asyncio sends every answer at once (TCP_NODELAY); else it waits for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"--port: {port} is taken; name another one, or --port 0 for any") from None
        if error.errno == errno.EACCES:
            raise UsageError(f"--port: {port} may not be used; name one above 1023") from None
        raise UsageError(f"--host: cannot be bound to {host!r} ({error.strerror or error})") from None
    return listener


def _own_address() -> str:
    """An address of this machine that others may reach; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
