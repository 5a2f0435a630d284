"""Answers: pages, JSON and what is said when something goes wrong; never a traceback, never a blank page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from foolery.errors import FooleryError
from foolery.studio.pages import CONTENT_TYPES, base_of, page
from foolery.studio.playground import UploadRefusedError
from foolery.studio.queue import BusyError

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def html_answer(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page made of a template."""
    content = page(template, base=base_of(request.scope["path"]), **context)
    return Response(content.encode(errors="replace"), status, media_type=CONTENT_TYPES[".html"])


def json_answer(value: object, status: int = 200) -> Response:
    """JSON in ASCII: what a stranger's file says may hold halves of characters."""
    return Response(json.dumps(value, allow_nan=False), status, media_type=CONTENT_TYPES[".json"])


def guarded(endpoint: Endpoint) -> Endpoint:
    """An endpoint that answers whatever happens in it: a page or a line, never a traceback."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (HTTPException, FooleryError, BusyError, UploadRefusedError):
            raise
        except Exception as error:
            what = type(error).__name__
            return message_answer(
                request, 500, f"This cannot be shown ({what}): its files are damaged, or foolery is"
            )

    return answer


def message_answer(request: Request, status: int, text: str) -> Response:
    """A page for people, JSON for scripts."""
    if "text/html" in request.headers.get("accept", ""):
        title = "Not found" if status == 404 else "Error"
        return html_answer(request, "message.html", status, section="", title=title, text=f"{text}.")
    return json_answer({"error": text}, status)


async def http_error(request: Request, error: HTTPException) -> Response:
    """An address that is not there, or a method that it does not know."""
    return message_answer(request, error.status_code, error.detail)


async def no_content(_: Request) -> Response:
    """Browsers ask for an icon, reports name none."""
    return Response(status_code=204)


async def busy(request: Request, _: BusyError) -> Response:
    """Too much is asked at once."""
    response = message_answer(request, 503, "The studio is busy; try again in a moment")
    response.headers["Retry-After"] = "1"
    if request.method == "POST":
        response.headers["Connection"] = "close"  # its body was not read
    return response


async def upload_refused(request: Request, error: UploadRefusedError) -> Response:
    """An image that is not taken; the rest of it is not read."""
    response = message_answer(request, error.status, str(error))
    response.headers["Connection"] = "close"
    return response
