"""Access: which requests get in, and what every response forbids the browser.

A page of another site can send requests to an address on this machine, and a name of another site can be made
to lead here (DNS rebinding). So a request must name this server as people do, and one that asks for work must
come from the studio's own pages.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foolery.errors import UsageError
from foolery.studio.pages import base_of

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
METHODS = ("GET", "HEAD", "POST")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_COOKIE_SECONDS = 30 * 24 * 3600  # seconds that a browser keeps the token


@dataclass(frozen=True)
class Access:
    """Who may use the studio.

    Attributes:
        host: the name or address that the server is bound to.
        port: that it listens on.
        token: that a request must bring; None where it is bound to this machine alone.
        allowed: names that a proxy may ask by; ``.example.org`` stands for all below it.
        root_path: the prefix that a proxy leaves in front of every address, without a slash at its end.
    """

    host: str
    port: int
    token: str | None
    allowed: tuple[str, ...] = ()
    root_path: str = ""

    @classmethod
    def for_host(cls, host: str, port: int, allowed: Sequence[str] = (), root_path: str = "") -> Access:
        """With a new token, unless ``host`` is this machine alone.

        Raises:
            UsageError: for an ``allowed`` that is no host name, or a ``root_path`` that is no path.
        """
        token = None if is_loopback(host) else secrets.token_urlsafe(24)
        return cls(host, port, token, tuple(map(_checked_name, allowed)), _checked_root(root_path))

    @property
    def cookie(self) -> str:
        """Cookies are shared by all ports of a host, so the port is in the name."""
        return f"foolery-{self.port}"

    def accepts_host(self, host: str) -> bool:
        """Whether a ``Host`` header names this server: by a loopback name, as it is bound, or as allowed.

        Where it is bound to more than this machine, any address will do, since an address cannot be rebound,
        and this machine's own name: the token keeps out whoever has another machine of that name.
        """
        name = _name_of(host)
        if name is None:
            return False
        if name in LOOPBACK or name == self.host.lower() or self.allows(name):
            return True
        return self.token is not None and (_is_address(name) or _is_own_name(name))

    def allows(self, name: str) -> bool:
        """Whether ``name`` is one of those that a proxy may ask by."""
        return any(
            name.endswith(each) or name == each[1:] if each.startswith(".") else name == each
            for each in self.allowed
        )

    def accepts_origin(self, origin: str, host: str) -> bool:
        """Whether a page of ``origin`` is the studio's own: of the host asked, or of an allowed name."""
        if origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return True
        scheme, separator, rest = origin.lower().partition("://")
        name = _name_of(rest) if separator and scheme in ("http", "https") else None
        return name is not None and self.allows(name)

    def path_below(self, path: str) -> str:
        """``path`` without the prefix of a proxy, where it has it."""
        if self.root_path and (path == self.root_path or path.startswith(f"{self.root_path}/")):
            return path[len(self.root_path) :]
        return path

    def accepts_token(self, token: str | None) -> bool:
        """Whether ``token`` is the token, or none is needed."""
        return self.token is None or secrets.compare_digest((token or "").encode(), self.token.encode())


class AccessMiddleware:
    """ASGI middleware around the whole studio."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to what may not come in; pass on the rest."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        path = self._access.path_below(scope["path"])
        headers = Headers(scope=scope)
        scope = {**scope, "path": path or "/", "raw_path": quote(path).encode(), "root_path": ""}
        refusal = self._refusal(scope, headers) or self._require_token(scope, headers)
        if refusal is None and not path:  # the prefix alone: relative links need the slash
            refusal = RedirectResponse(f"{self._access.root_path}/", 307)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.accepts_host(hosts[0]):
            name = "" if len(hosts) != 1 else _name_of(hosts[0]) or ""
            remedy = f"; foolery studio --allow-host {name} would" if _is_plain(name) else ""
            return PlainTextResponse(f"This is a foolery studio; it does not serve that Host{remedy}.\n", 421)
        method = scope["method"]
        if method not in METHODS:
            return PlainTextResponse("Method not allowed.\n", 405, {"Allow": ", ".join(METHODS)})
        origin = headers.get("origin")
        foreign = origin is not None and not self._access.accepts_origin(origin, hosts[0])
        if foreign or (method == "POST" and origin is None) or _is_cross_site(method, headers):
            return PlainTextResponse("Only the studio's own pages may request this.\n", 403)
        return None

    def _require_token(self, scope: Scope, headers: Headers) -> Response | None:
        access = self._access
        if access.token is None or access.accepts_token(_cookie(headers, access.cookie)):
            return None
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [None])[0]
        if scope["method"] != "GET" or not access.accepts_token(token):
            return PlainTextResponse(
                "Open the address that foolery studio printed; it contains the token.\n", 401
            )
        response = RedirectResponse(base_of(scope["path"]), 303)
        response.set_cookie(
            access.cookie, access.token, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict"
        )
        return response


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host.lower() in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str | None:
    """The name in a ``Host`` header, in lower case and without brackets; None for what is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.netloc != host or "@" in host or not parts.hostname:
        return None
    return parts.hostname.lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_own_name(name: str) -> bool:
    """Whether ``name`` is what this machine is called, with or without its domain."""
    own = socket.gethostname().lower()
    return name == own or (bool(own) and name.split(".", maxsplit=1)[0] == own.split(".")[0])


def _is_plain(name: str) -> bool:
    """Whether a name may stand in a message: letters, digits, hyphens, points."""
    return bool(name) and re.fullmatch(r"[a-z0-9.-]+", name) is not None


def _checked_name(name: str) -> str:
    plain = name.lower().removeprefix("*")
    if not _is_plain(plain) or not plain.strip("."):
        raise UsageError(
            f"--allow-host: expected a host name such as hub.example.org, or .example.org for all below it, "
            f"without scheme and port, got {name!r}"
        )
    return plain


def _checked_root(path: str) -> str:
    trimmed = path.rstrip("/")
    if trimmed and (not trimmed.startswith("/") or "//" in trimmed or "?" in trimmed):
        raise UsageError(f"--root-path: expected a path such as /user/me/proxy/8765, got {path!r}")
    return trimmed


def _is_cross_site(method: str, headers: Headers) -> bool:
    """Whether a browser says that another site asks; following a link from there to a page is allowed."""
    if headers.get("sec-fetch-site") not in ("cross-site", "same-site"):
        return False
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return method == "POST" or not followed


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        morsel = SimpleCookie("; ".join(headers.getlist("cookie"))).get(name)
    except CookieError:
        return None
    return None if morsel is None else morsel.value
