"""App: the addresses of the studio."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from foolery.errors import FooleryError
from foolery.runs.live import glancing
from foolery.studio.images import Pictures, Size
from foolery.studio.library import Entry, Shelf, stamp_of
from foolery.studio.pages import KINDS, page, static
from foolery.studio.playground import RefusedError, answer, eye_told, taken_in
from foolery.studio.protocols import Eye, Painter, Reporter
from foolery.studio.queue import BusyError, Desk
from foolery.studio.run_list import about, cards_of, frame_of, is_crisp
from foolery.studio.security import Door, Guard
from foolery.studio.updates import champions_told, stream

STREAMS = 24  # pages that may watch at a time
REPORTS = 2  # kept in memory
FOREVER = {"Cache-Control": "private, max-age=86400, immutable"}


@dataclass
class Studio:
    """Everything that a request may need.

    Attributes:
        shelf: what is shown.
        eyes: the classifiers that may be asked; no run adds one.
        why: says why there are none.
        fit: how a picture becomes a canvas, in words.
        painter: draws champions.
        reporter: makes reports.
        closing: says whether the server is about to end.
    """

    shelf: Shelf
    eyes: Sequence[Eye]
    painter: Painter
    reporter: Reporter
    fit: str = ""
    why: str = "none was named"
    closing: Callable[[], bool] = lambda: False
    desk: Desk = field(default_factory=Desk)
    watchers: int = 0
    reports: OrderedDict[tuple[object, ...], Mapping[str, bytes]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.painter)

    def entry(self, request: Request, kind: str) -> Entry:
        """What the address means, or 404."""
        entry = self.shelf.find(request.path_params["key"])
        if entry is None or entry.kind != kind:
            raise HTTPException(404, "There is no such run here (any more)")
        return entry

    async def runs(self, request: Request) -> Response:
        """``/``: everything on the shelf."""
        cards = await asyncio.to_thread(lambda: cards_of(self.shelf.entries()))
        every = [each for card in cards for each in (card, *card.parts)]
        if request.url.path.endswith(".json"):
            told = [{"key": card.key, "state": card.state, "running": card.running} for card in every]
            return JSONResponse(told)
        running = sum(card.running for card in every)
        name = self.shelf.root.name or str(self.shelf.root)
        return _html("list.html", room="runs", title=name, shelf=name, cards=cards, running=running)

    async def watch(self, request: Request) -> Response:
        """``/run/KEY/``: a run while it happens."""
        entry = self.entry(request, "run")
        with glancing(entry.folder) as glance:
            settings = glance.settings
        width, height = frame_of(settings)
        return _html(
            "watch.html",
            room="runs",
            title=entry.name,
            name=entry.name,
            key=entry.key,
            about=about(settings),
            kind=settings.kind,
            measure="similarity" if settings.kind == "similarity" else "confidence",
            classes=[settings.classes[cell] for cell in settings.cells],
            reference=settings.classifier,
            crisp=is_crisp(settings),
            width=width,
            height=height,
        )

    async def news(self, request: Request) -> Response:
        """``/run/KEY/news``: server-sent events."""
        entry = self.entry(request, "run")
        if request.method != "GET":
            raise HTTPException(405, "Only GET brings news")
        if self.watchers >= STREAMS:
            raise BusyError
        seen = request.headers.get("last-event-id")

        async def told() -> AsyncIterator[bytes]:
            self.watchers += 1
            try:
                async for event in stream(entry, self.pictures, self.desk, seen, self.closing):
                    yield event
            finally:
                self.watchers -= 1

        return StreamingResponse(told(), media_type="text/event-stream")

    async def picture(self, request: Request) -> Response:
        """``/run/KEY/picture/HASH.SIZE``: a champion by the hash of its canvas; it never changes."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.desk.do(partial(self.pictures.of_hash, entry, request.path_params["hash"], size))
        return _picture(content, size, FOREVER)

    async def audited(self, request: Request) -> Response:
        """``/audit/KEY/picture/HASH.SIZE``: a picture of an audit by the hash of its canvas."""
        entry, size = self.entry(request, "audit"), _size(request)
        content = await self.desk.do(
            partial(self.pictures.of_audit, entry, request.path_params["hash"], size)
        )
        return _picture(content, size, FOREVER)

    async def cell(self, request: Request) -> Response:
        """``/run/KEY/cell/N.SIZE``: the champion that holds a cell now."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.desk.do(partial(self.pictures.of_cell, entry, request.path_params["cell"], size))
        return _picture(content, size, {})

    async def champions(self, request: Request) -> Response:
        """``/run/KEY/champions.json``: class names and confidences."""
        entry = self.entry(request, "run")
        with glancing(entry.folder) as glance:
            return JSONResponse(champions_told(entry, glance.settings, glance.holders()))

    async def report(self, request: Request) -> Response:
        """``/run/KEY/report/…``: made anew when the run has changed; no page from the folder is served."""
        entry = self.entry(request, request.path_params["kind"])
        name = request.path_params["file"] or "index.html"
        made = await self._report_of(entry, fresh=name == "index.html")
        if name not in made:
            raise HTTPException(404, "The report has no such file")
        ending = f".{name.rpartition('.')[2]}"
        return Response(made[name], media_type=KINDS.get(ending, "application/octet-stream"))

    async def _report_of(self, entry: Entry, *, fresh: bool) -> Mapping[str, bytes]:
        state = await asyncio.to_thread(stamp_of, entry)
        known = next((key for key in reversed(self.reports) if key[0] == entry.key), None)
        if known is None or (fresh and known[1] != state):
            made = await self.desk.do(partial(self.reporter, entry.folder))
            if known is not None:
                self.reports.pop(known, None)
            known = (entry.key, state)
            self.reports[known] = made
            while len(self.reports) > REPORTS:
                self.reports.popitem(last=False)
        return self.reports[known]

    async def look(self, request: Request) -> Response:
        """``/look``: draw, drop, film or cover something, and see what a classifier says."""
        runs = [each for each in await asyncio.to_thread(self.shelf.entries) if each.kind == "run"]
        eyes = [eye_told(eye) for eye in self.eyes]
        return _html("look.html", room="look", title="Look", eyes=eyes, runs=runs, fit=self.fit, why=self.why)

    async def ask(self, request: Request) -> Response:
        """``POST /ask/N``: what classifier N says about the picture in the body."""
        number = request.path_params["eye"]
        if number >= len(self.eyes):
            raise HTTPException(404, "There is no such classifier here")
        content = await taken_in(request)
        label = request.query_params.get("class")
        return JSONResponse(await self.desk.do(partial(answer, self.eyes[number], content, label)))

    async def failed(self, request: Request, error: FooleryError) -> Response:
        """What cannot be read or drawn; where it lies on this machine is not said."""
        return _said(request, 422, str(error).replace(f"{self.shelf.root}/", ""))

    async def static(self, request: Request) -> Response:
        """``/static/NAME``: a style sheet or script."""
        name = request.path_params["name"]
        content = static(name)
        if content is None:
            raise HTTPException(404, "There is no such file")
        return Response(content, media_type=KINDS[f".{name.rpartition('.')[2]}"])


def app_of(studio: Studio, door: Door) -> ASGIApp:
    """The studio behind its guard."""
    routes = [
        Route("/", studio.runs),
        Route("/runs.json", studio.runs),
        Route("/look", studio.look),
        Route("/ask/{eye:int}", studio.ask, methods=["POST"]),
        Route("/static/{name}", studio.static),
        Route("/favicon.ico", _nothing),
        Route("/run/{key}/", studio.watch),
        Route("/run/{key}/news", studio.news, methods=["GET"]),
        Route("/run/{key}/champions.json", studio.champions),
        Route("/run/{key}/picture/{hash}.{size}", studio.picture),
        Route("/run/{key}/cell/{cell:int}.{size}", studio.cell),
        Route("/audit/{key}/picture/{hash}.{size}", studio.audited),
        Route("/{kind}/{key}/report/{file:path}", studio.report),
    ]
    handlers = {
        HTTPException: _refused,
        FooleryError: studio.failed,
        BusyError: _busy,
        RefusedError: _not_taken,
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), door)  # type: ignore[arg-type]


def _html(template: str, status: int = 200, **given: object) -> Response:
    return Response(page(template, **given), status, media_type=KINDS[".html"])


def _size(request: Request) -> Size:
    size = request.path_params["size"]
    if size not in ("webp", "png"):
        raise HTTPException(404, "There is no such picture")
    return size  # type: ignore[no-any-return]


def _picture(content: bytes | None, size: Size, headers: Mapping[str, str]) -> Response:
    if content is None:
        raise HTTPException(404, "There is no such champion (any more)")
    return Response(content, media_type=KINDS[f".{size}"], headers=dict(headers))


def _said(request: Request, status: int, said: str) -> Response:
    """A page for people, JSON for scripts."""
    if "text/html" in request.headers.get("accept", ""):
        title = "Not found" if status == 404 else "This cannot be shown"
        return _html("note.html", status, room="", title=title, said=f"{said}.")
    return JSONResponse({"error": said}, status)


async def _refused(request: Request, error: HTTPException) -> Response:
    return _said(request, error.status_code, error.detail)


async def _nothing(_: Request) -> Response:
    """Browsers ask for an icon, reports name none."""
    return Response(status_code=204)


async def _busy(request: Request, _: BusyError) -> Response:
    response = _said(request, 503, "The studio is busy; try again in a moment")
    response.headers["Retry-After"] = "1"
    return response


async def _not_taken(request: Request, error: RefusedError) -> Response:
    response = _said(request, error.status, str(error))
    response.headers["Connection"] = "close"
    return response
