"""The application: the addresses of the studio."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from foolery.errors import FooleryError
from foolery.quiz.page import run_quiz_page
from foolery.report.wording import about_run, measure
from foolery.runs import RunSettings, open_live_run
from foolery.runs.validation import BRED
from foolery.studio.answers import (
    busy,
    guarded,
    html_answer,
    http_error,
    json_answer,
    message_answer,
    no_content,
    upload_refused,
)
from foolery.studio.audit_progress import audit_progress_json
from foolery.studio.breeding import Breeder, BreedingRoom
from foolery.studio.comparison import COLUMNS, comparison_json
from foolery.studio.images import ChampionImages, Size
from foolery.studio.library import Library, LibraryEntry
from foolery.studio.pages import CONTENT_TYPES, base_of, champion_frame, static, with_way_back
from foolery.studio.playground import UploadRefusedError, predict_json, predictor_json, read_upload
from foolery.studio.protocols import ChampionRenderer, Predictor, ReportBuilder
from foolery.studio.queue import BusyError, Uploads, WorkQueue
from foolery.studio.run_list import RunList
from foolery.studio.security import Access, AccessMiddleware, is_loopback
from foolery.studio.updates import champions_json, stream
from foolery.untrusted import escaped

MAX_STREAMS = 24  # live pages at a time
MAX_REPORTS = 2  # kept in memory
IMMUTABLE = {"Cache-Control": "private, max-age=86400, immutable"}


@dataclass
class Studio:
    """Everything that a request may need.

    Attributes:
        library: what is shown.
        predictors: the classifiers that may be used; no run adds one.
        no_predictors: why there are none.
        fit: how an image becomes a canvas, in words.
        renderer: renders champions.
        report_builder: makes reports.
        breeder: starts runs that a person breeds; None where nobody may.
        closing: whether the server is about to end.
    """

    library: Library
    predictors: Sequence[Predictor]
    renderer: ChampionRenderer
    report_builder: ReportBuilder
    breeder: Breeder | None = None
    fit: str = ""
    no_predictors: str = "none was named"
    closing: Callable[[], bool] = lambda: False
    queue: WorkQueue = field(default_factory=WorkQueue)
    uploads: Uploads = field(default_factory=Uploads)
    run_list: RunList = field(default_factory=RunList)
    watchers: int = 0
    reports: OrderedDict[tuple[object, ...], Mapping[str, bytes]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.images = ChampionImages(self.renderer)
        self.breeding = (
            BreedingRoom(self.library, self.predictors, self.breeder) if self.breeder is not None else None
        )

    def close(self) -> None:
        """Drop the work that waits, and make every run that is being bred one file."""
        self.queue.close()
        if self.breeding is not None:
            self.breeding.close()

    def entry(self, request: Request, kind: str) -> LibraryEntry:
        """The entry of the address, or 404."""
        entry = self.library.find(request.path_params["key"])
        if entry is None or entry.kind != kind:
            raise HTTPException(404, f"{kind.replace('-', ' ').capitalize()} not found")
        return entry

    async def runs(self, request: Request) -> Response:
        """``/``: everything in the library."""
        entries = await asyncio.to_thread(lambda: self.run_list.entries(self.library.entries()))
        every = [each for entry in entries for each in (entry, *entry.parts)]
        if request.url.path.endswith(".json"):
            return json_answer(
                [
                    {"key": each.key, "state": each.state, "headline": each.headline, "running": each.running}
                    for each in every
                ]
            )
        running = sum(each.running for each in every)
        name = escaped(self.library.root.name or str(self.library.root))
        return html_answer(request, "runs.html", section="runs", title=name, entries=entries, running=running)

    async def live(self, request: Request) -> Response:
        """``/run/KEY/``: a run in progress."""
        entry = self.entry(request, "run")
        settings = await asyncio.to_thread(_settings_of, entry)
        width, height, crisp = champion_frame(settings)
        return html_answer(
            request,
            "live.html",
            section="runs",
            title=entry.name,
            name=entry.name,
            key=entry.key,
            about=about_run(settings),
            kind=settings.kind,
            measure=measure(settings.kind),
            classes=[settings.classes[cell] for cell in settings.cells],
            reference=settings.classifier,
            breed="run" if settings.search == BRED else "from" if settings.encoding == "cppn" else "",
            crisp=crisp,
            width=width,
            height=height,
        )

    async def live_audit(self, request: Request) -> Response:
        """``/audit/KEY/``: an audit in progress."""
        entry = self.entry(request, "audit")
        return html_answer(
            request, "audit_live.html", section="runs", title=entry.name, name=entry.name, key=entry.key
        )

    async def audit_state(self, request: Request) -> Response:
        """``/audit/KEY/state.json``: how far it is."""
        return json_answer(await asyncio.to_thread(audit_progress_json, self.entry(request, "audit")))

    async def compare(self, request: Request) -> Response:
        """``/compare``: all runs in one table and one plot; ``/compare.json`` has the numbers."""
        if request.url.path.endswith(".json"):
            return json_answer(await asyncio.to_thread(lambda: comparison_json(self.library.entries())))
        return html_answer(request, "compare.html", section="compare", title="Compare", columns=COLUMNS)

    async def updates(self, request: Request) -> Response:
        """``/run/KEY/updates``: server-sent events."""
        entry = self.entry(request, "run")
        if request.method != "GET":
            raise HTTPException(405, "Only GET is allowed")
        if self.watchers >= MAX_STREAMS:
            raise BusyError
        last_id = request.headers.get("last-event-id")

        async def events() -> AsyncIterator[bytes]:
            self.watchers += 1
            try:
                async for event in stream(entry, self.images, self.queue, last_id, self.closing):
                    yield event
            finally:
                self.watchers -= 1

        return StreamingResponse(events(), media_type="text/event-stream")

    async def image(self, request: Request) -> Response:
        """``/run/KEY/image/HASH.SIZE``: a champion by the hash of its canvas; it never changes."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.queue.run(partial(self.images.of_hash, entry, request.path_params["hash"], size))
        return _image(content, size, IMMUTABLE)

    async def audit_image(self, request: Request) -> Response:
        """``/audit/KEY/image/HASH.SIZE``: an image of an audit by the hash of its canvas."""
        entry, size = self.entry(request, "audit"), _size(request)
        content = await self.queue.run(
            partial(self.images.of_audit, entry, request.path_params["hash"], size)
        )
        return _image(content, size, IMMUTABLE)

    async def cell(self, request: Request) -> Response:
        """``/run/KEY/cell/N.SIZE``: the champion that holds a cell now."""
        entry, size = self.entry(request, "run"), _size(request)
        content = await self.queue.run(partial(self.images.of_cell, entry, request.path_params["cell"], size))
        return _image(content, size, {})

    async def champions(self, request: Request) -> Response:
        """``/run/KEY/champions.json``: class names and confidences."""
        entry = self.entry(request, "run")
        return json_answer(await asyncio.to_thread(_champions_of, entry))

    async def report(self, request: Request) -> Response:
        """``/run/KEY/report/…``: made anew when the run has changed; no page from the folder is served."""
        entry = self.entry(request, request.path_params["kind"])
        name = request.path_params["file"] or "index.html"
        files = await self._report_of(entry, fresh=name == "index.html")
        if name not in files:
            raise HTTPException(404, "File not found")
        ending = f".{name.rpartition('.')[2]}"
        content = files[name]
        if name == "index.html":
            content = with_way_back(content, base_of(request.scope["path"]))
        return Response(content, media_type=CONTENT_TYPES.get(ending, "application/octet-stream"))

    async def _report_of(self, entry: LibraryEntry, *, fresh: bool) -> Mapping[str, bytes]:
        stamps = await asyncio.to_thread(entry.file_stamps)
        cached_key = next((key for key in reversed(self.reports) if key[0] == entry.key), None)
        if cached_key is None or (fresh and cached_key[1] != stamps):
            files = await self.queue.run(partial(self.report_builder, entry.folder))
            if cached_key is not None:
                self.reports.pop(cached_key, None)
            cached_key = (entry.key, stamps)
            self.reports[cached_key] = files
            while len(self.reports) > MAX_REPORTS:
                self.reports.popitem(last=False)
        return self.reports[cached_key]

    async def playground(self, request: Request) -> Response:
        """``/playground``: draw, choose a file, use the camera or occlude a champion, and see predictions."""
        runs = [each for each in await asyncio.to_thread(self.library.entries) if each.kind == "run"]
        predictors = [predictor_json(predictor) for predictor in self.predictors]
        return html_answer(
            request,
            "playground.html",
            section="playground",
            title="Playground",
            predictors=predictors,
            runs=runs,
            fit=self.fit,
            reason=self.no_predictors,
        )

    async def quiz(self, request: Request) -> Response:
        """``/run/KEY/quiz?seed=N``: people are asked about the champions of a run."""
        entry, seed = self.entry(request, "run"), _query_number(request, "seed") or 0
        content = await self.queue.run(
            partial(run_quiz_page, entry.folder, seed, base_of(request.scope["path"]))
        )
        return Response(content, media_type=CONTENT_TYPES[".html"])

    async def breed(self, request: Request) -> Response:
        """``/breed``: nine pictures, parents chosen by hand."""
        runs = [each for each in await asyncio.to_thread(self.library.entries) if each.kind == "run"]
        return html_answer(
            request,
            "breed.html",
            section="breed",
            title="Breed",
            predictors=[predictor_json(predictor) for predictor in self.predictors],
            runs=runs,
            runs_data=[{"key": each.key, "name": each.name} for each in runs],
            reason=self.no_predictors,
        )

    async def breed_start(self, request: Request) -> Response:
        """``POST /breed/start``: a new run."""
        room = self._room()
        return json_answer(await self.queue.run(partial(room.start, await room.read(request))))

    async def breed_state(self, request: Request) -> Response:
        """``/breed/KEY/state.json?generation=G&classifier=N``: pictures, answers, best, tree."""
        generation, predictor = (_query_number(request, name) for name in ("generation", "classifier"))
        key = request.path_params["key"]
        return json_answer(await self.queue.run(partial(self._room().state, key, generation, predictor)))

    async def breed_next(self, request: Request) -> Response:
        """``POST /breed/KEY/next``: children of the chosen."""
        room, key = self._room(), request.path_params["key"]
        return json_answer(await self.queue.run(partial(room.breed, key, await room.read(request))))

    async def breed_enter(self, request: Request) -> Response:
        """``POST /breed/KEY/enter``: a picture competes for the classes of another run."""
        room, key = self._room(), request.path_params["key"]
        return json_answer(await self.queue.run(partial(room.enter, key, await room.read(request))))

    async def breed_picture(self, request: Request) -> Response:
        """``/breed/KEY/picture/N.png``: it never changes."""
        key, number = request.path_params["key"], request.path_params["number"]
        content = await self.queue.run(partial(self._room().picture, key, number))
        return _image(content, "png", IMMUTABLE)

    def _room(self) -> BreedingRoom:
        if self.breeding is None or not self.predictors:
            raise HTTPException(404, "Nothing can be bred here")
        return self.breeding

    async def predict(self, request: Request) -> Response:
        """``POST /predict/N``: the predictions of classifier N for the image in the body."""
        number = request.path_params["number"]
        if number >= len(self.predictors):
            raise HTTPException(404, "Classifier not found")
        self.queue.check_room()  # before a body is read that could not be worked on
        client = request.client.host if request.client else ""
        with self.uploads.one(client, own=is_loopback(client)):
            content = await read_upload(request)
        label = request.query_params.get("class")
        return json_answer(
            await self.queue.run(partial(predict_json, self.predictors[number], content, label))
        )

    async def failed(self, request: Request, error: FooleryError) -> Response:
        """What cannot be read or rendered, without its path on this machine."""
        return message_answer(request, 422, escaped(str(error).replace(f"{self.library.root}/", "")))

    async def static(self, request: Request) -> Response:
        """``/static/NAME``: a style sheet or script."""
        name = request.path_params["name"]
        content = static(name)
        if content is None:
            raise HTTPException(404, "File not found")
        return Response(content, media_type=CONTENT_TYPES[f".{name.rpartition('.')[2]}"])


def app_of(studio: Studio, access: Access) -> ASGIApp:
    """The studio behind its access rules."""
    routes = [
        Route("/", guarded(studio.runs)),
        Route("/runs.json", guarded(studio.runs)),
        Route("/playground", guarded(studio.playground)),
        Route("/compare", guarded(studio.compare)),
        Route("/compare.json", guarded(studio.compare)),
        Route("/audit/{key}/", guarded(studio.live_audit)),
        Route("/audit/{key}/state.json", guarded(studio.audit_state)),
        Route("/breed", guarded(studio.breed)),
        Route("/breed/start", guarded(studio.breed_start), methods=["POST"]),
        Route("/breed/{key}/state.json", guarded(studio.breed_state)),
        Route("/breed/{key}/next", guarded(studio.breed_next), methods=["POST"]),
        Route("/breed/{key}/enter", guarded(studio.breed_enter), methods=["POST"]),
        Route("/breed/{key}/picture/{number:int}.png", guarded(studio.breed_picture)),
        Route("/predict/{number:int}", guarded(studio.predict), methods=["POST"]),
        Route("/static/{name}", guarded(studio.static)),
        Route("/favicon.ico", no_content),
        Route("/run/{key}/", guarded(studio.live)),
        Route("/run/{key}/quiz", guarded(studio.quiz)),
        Route("/run/{key}/updates", guarded(studio.updates), methods=["GET"]),
        Route("/run/{key}/champions.json", guarded(studio.champions)),
        Route("/run/{key}/image/{hash}.{size}", guarded(studio.image)),
        Route("/run/{key}/cell/{cell:int}.{size}", guarded(studio.cell)),
        Route("/audit/{key}/image/{hash}.{size}", guarded(studio.audit_image)),
        Route("/{kind}/{key}/report/{file:path}", guarded(studio.report)),
    ]
    handlers = {
        HTTPException: http_error,
        FooleryError: studio.failed,
        BusyError: busy,
        UploadRefusedError: upload_refused,
    }
    return AccessMiddleware(Starlette(routes=routes, exception_handlers=handlers), access)  # type: ignore[arg-type]


def _settings_of(entry: LibraryEntry) -> RunSettings:
    with open_live_run(entry.folder) as live:
        return live.settings


def _champions_of(entry: LibraryEntry) -> list[dict[str, object]]:
    with open_live_run(entry.folder) as live:
        return champions_json(entry, live.settings, live.champions())


def _query_number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _size(request: Request) -> Size:
    size = request.path_params["size"]
    if size not in ("webp", "png"):
        raise HTTPException(404, "Image not found")
    return size  # type: ignore[no-any-return]


def _image(content: bytes | None, size: Size, headers: Mapping[str, str]) -> Response:
    if content is None:
        raise HTTPException(404, "Champion not found")
    return Response(content, media_type=CONTENT_TYPES[f".{size}"], headers=dict(headers))
