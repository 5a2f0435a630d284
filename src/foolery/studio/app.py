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
from foolery.runs.live import open_live_run
from foolery.studio.images import ChampionPictures, Size
from foolery.studio.library import Library, LibraryEntry, file_stamps
from foolery.studio.pages import CONTENT_TYPES, page, static
from foolery.studio.playground import UploadRefusedError, predict_json, predictor_json, read_upload
from foolery.studio.protocols import ChampionRenderer, Predictor, ReportBuilder
from foolery.studio.queue import BusyError, WorkQueue
from foolery.studio.run_list import about, frame_size, is_crisp, list_entries
from foolery.studio.security import Access, AccessMiddleware
from foolery.studio.updates import champions_json, stream

MAX_STREAMS = 24  # pages that may watch at a time
MAX_REPORTS = 2  # kept in memory
IMMUTABLE = {"Cache-Control": "private, max-age=86400, immutable"}


@dataclass
class Studio:
    """Everything that a request may need.

    Attributes:
        library: what is shown.
        predictors: the classifiers that may be asked; no run adds one.
        no_predictors: says why there are none.
        fit: how a picture becomes a canvas, in words.
        renderer: draws champions.
        report_builder: makes reports.
        closing: says whether the server is about to end.
    """

    library: Library
    predictors: Sequence[Predictor]
    renderer: ChampionRenderer
    report_builder: ReportBuilder
    fit: str = ""
    no_predictors: str = "none was named"
    closing: Callable[[], bool] = lambda: False
    queue: WorkQueue = field(default_factory=WorkQueue)
    watchers: int = 0
    reports: OrderedDict[tuple[object, ...], Mapping[str, bytes]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.pictures = ChampionPictures(self.renderer)

    def entry(self, request: Request, kind: str) -> LibraryEntry:
        """What the address means, or 404."""
        entry = self.library.find(request.path_params["key"])
        if entry is None or entry.kind != kind:
            raise HTTPException(404, "There is no such run here (any more)")
        return entry

    async def runs(self, request: Request) -> Response:
        """``/``: everything on the shelf."""
        cards = await asyncio.to_thread(lambda: list_entries(self.library.entries()))
        every = [each for card in cards for each in (card, *card.parts)]
        if request.url.path.endswith(".json"):
            states = [{"key": card.key, "state": card.state, "running": card.running} for card in every]
            return JSONResponse(states)
        running = sum(card.running for card in every)
        name = self.library.root.name or str(self.library.root)
        return _html("list.html", room="runs", title=name, shelf=name, cards=cards, running=running)

    async def watch(self, request: Request) -> Response:
        """``/run/KEY/``: a run while it happens."""
        entry = self.entry(request, "run")
        with open_live_run(entry.folder) as live:
            settings = live.settings
        width, height = frame_size(settings)
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

    async def updates(self, request: Request) -> Response:
        """``/run/KEY/news``: server-sent events."""
        entry = self.entry(request, "run")
        if request.method != "GET":
            raise HTTPException(405, "Only GET brings news")
        if self.watchers >= MAX_STREAMS:
            raise BusyError
        seen = request.headers.get("last-event-id")

        async def told() -> AsyncIterator[bytes]:
            self.watchers += 1
            try:
                async for event in stream(entry, self.pictures, self.queue, seen, self.closing):
                    yield event
            finally:
                self.watchers -= 1

        return StreamingResponse(told(), media_type="text/event-stream")

    async def picture(self, request: Request) -> Response:
        """``/run/KEY/picture/HASH.SIZE``: a champion by the hash of its canvas; it never changes."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.queue.run(
            partial(self.pictures.of_hash, entry, request.path_params["hash"], size)
        )
        return _picture(content, size, IMMUTABLE)

    async def audit_picture(self, request: Request) -> Response:
        """``/audit/KEY/picture/HASH.SIZE``: a picture of an audit by the hash of its canvas."""
        entry, size = self.entry(request, "audit"), _size(request)
        content = await self.queue.run(
            partial(self.pictures.of_audit, entry, request.path_params["hash"], size)
        )
        return _picture(content, size, IMMUTABLE)

    async def cell(self, request: Request) -> Response:
        """``/run/KEY/cell/N.SIZE``: the champion that holds a cell now."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.queue.run(
            partial(self.pictures.of_cell, entry, request.path_params["cell"], size)
        )
        return _picture(content, size, {})

    async def champions(self, request: Request) -> Response:
        """``/run/KEY/champions.json``: class names and confidences."""
        entry = self.entry(request, "run")
        with open_live_run(entry.folder) as live:
            return JSONResponse(champions_json(entry, live.settings, live.champions()))

    async def report(self, request: Request) -> Response:
        """``/run/KEY/report/…``: made anew when the run has changed; no page from the folder is served."""
        entry = self.entry(request, request.path_params["kind"])
        name = request.path_params["file"] or "index.html"
        files = await self._report_of(entry, fresh=name == "index.html")
        if name not in files:
            raise HTTPException(404, "The report has no such file")
        ending = f".{name.rpartition('.')[2]}"
        return Response(files[name], media_type=CONTENT_TYPES.get(ending, "application/octet-stream"))

    async def _report_of(self, entry: LibraryEntry, *, fresh: bool) -> Mapping[str, bytes]:
        state = await asyncio.to_thread(file_stamps, entry)
        cached_key = next((key for key in reversed(self.reports) if key[0] == entry.key), None)
        if cached_key is None or (fresh and cached_key[1] != state):
            files = await self.queue.run(partial(self.report_builder, entry.folder))
            if cached_key is not None:
                self.reports.pop(cached_key, None)
            cached_key = (entry.key, state)
            self.reports[cached_key] = files
            while len(self.reports) > MAX_REPORTS:
                self.reports.popitem(last=False)
        return self.reports[cached_key]

    async def playground(self, request: Request) -> Response:
        """``/look``: draw, drop, film or cover something, and see what a classifier says."""
        runs = [each for each in await asyncio.to_thread(self.library.entries) if each.kind == "run"]
        predictors = [predictor_json(predictor) for predictor in self.predictors]
        return _html(
            "look.html",
            room="look",
            title="Look",
            eyes=predictors,
            runs=runs,
            fit=self.fit,
            why=self.no_predictors,
        )

    async def predict(self, request: Request) -> Response:
        """``POST /ask/N``: what classifier N says about the picture in the body."""
        number = request.path_params["eye"]
        if number >= len(self.predictors):
            raise HTTPException(404, "There is no such classifier here")
        content = await read_upload(request)
        label = request.query_params.get("class")
        return JSONResponse(
            await self.queue.run(partial(predict_json, self.predictors[number], content, label))
        )

    async def failed(self, request: Request, error: FooleryError) -> Response:
        """What cannot be read or drawn; where it lies on this machine is not said."""
        return _message(request, 422, str(error).replace(f"{self.library.root}/", ""))

    async def static(self, request: Request) -> Response:
        """``/static/NAME``: a style sheet or script."""
        name = request.path_params["name"]
        content = static(name)
        if content is None:
            raise HTTPException(404, "There is no such file")
        return Response(content, media_type=CONTENT_TYPES[f".{name.rpartition('.')[2]}"])


def app_of(studio: Studio, access: Access) -> ASGIApp:
    """The studio behind its guard."""
    routes = [
        Route("/", studio.runs),
        Route("/runs.json", studio.runs),
        Route("/look", studio.playground),
        Route("/ask/{eye:int}", studio.predict, methods=["POST"]),
        Route("/static/{name}", studio.static),
        Route("/favicon.ico", _no_content),
        Route("/run/{key}/", studio.watch),
        Route("/run/{key}/news", studio.updates, methods=["GET"]),
        Route("/run/{key}/champions.json", studio.champions),
        Route("/run/{key}/picture/{hash}.{size}", studio.picture),
        Route("/run/{key}/cell/{cell:int}.{size}", studio.cell),
        Route("/audit/{key}/picture/{hash}.{size}", studio.audit_picture),
        Route("/{kind}/{key}/report/{file:path}", studio.report),
    ]
    handlers = {
        HTTPException: _http_error,
        FooleryError: studio.failed,
        BusyError: _busy,
        UploadRefusedError: _upload_refused,
    }
    return AccessMiddleware(Starlette(routes=routes, exception_handlers=handlers), access)  # type: ignore[arg-type]


def _html(template: str, status: int = 200, **context: object) -> Response:
    return Response(page(template, **context), status, media_type=CONTENT_TYPES[".html"])


def _size(request: Request) -> Size:
    size = request.path_params["size"]
    if size not in ("webp", "png"):
        raise HTTPException(404, "There is no such picture")
    return size  # type: ignore[no-any-return]


def _picture(content: bytes | None, size: Size, headers: Mapping[str, str]) -> Response:
    if content is None:
        raise HTTPException(404, "There is no such champion (any more)")
    return Response(content, media_type=CONTENT_TYPES[f".{size}"], headers=dict(headers))


def _message(request: Request, status: int, text: str) -> Response:
    """A page for people, JSON for scripts."""
    if "text/html" in request.headers.get("accept", ""):
        title = "Not found" if status == 404 else "This cannot be shown"
        return _html("note.html", status, room="", title=title, said=f"{text}.")
    return JSONResponse({"error": text}, status)


async def _http_error(request: Request, error: HTTPException) -> Response:
    return _message(request, error.status_code, error.detail)


async def _no_content(_: Request) -> Response:
    """Browsers ask for an icon, reports name none."""
    return Response(status_code=204)


async def _busy(request: Request, _: BusyError) -> Response:
    response = _message(request, 503, "The studio is busy; try again in a moment")
    response.headers["Retry-After"] = "1"
    return response


async def _upload_refused(request: Request, error: UploadRefusedError) -> Response:
    response = _message(request, error.status, str(error))
    response.headers["Connection"] = "close"
    return response
