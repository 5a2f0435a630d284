"""Breeding by hand: nine pictures on a page, chosen parents, and a run file behind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request

from foolery.canvas import Canvases, png_bytes
from foolery.errors import FooleryError, UsageError
from foolery.studio.library import Library, LibraryEntry
from foolery.studio.playground import read_upload
from foolery.studio.protocols import Predictor
from foolery.text import format_score, with_narrow_spaces
from foolery.untrusted import parse_json

MAX_REQUEST = 4096  # bytes
MAX_OPEN = 4  # runs that are bred at a time; the one that rested longest is closed


class BredIndividual(Protocol):
    """A picture of a bred run."""

    @property
    def number(self) -> int:
        """Its number in the run."""
        ...

    @property
    def generation(self) -> int:
        """In which it was shown first."""
        ...

    @property
    def parent(self) -> int | None:
        """The number of its parent; None in generation 0."""
        ...

    @property
    def mate(self) -> int | None:
        """The number of the other parent, where there was one."""
        ...


class BredRun(Protocol):
    """A run that is being bred; each step is stored before it returns."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        ...

    @property
    def generation(self) -> int:
        """The last one."""
        ...

    @property
    def individuals(self) -> Sequence[BredIndividual]:
        """All that were shown, the oldest first."""
        ...

    @property
    def holders(self) -> Mapping[str, tuple[int, float]]:
        """Class name to the number of the best picture for it, and its confidence."""
        ...

    def canvases(self, numbers: Sequence[int]) -> Canvases:
        """``(N, C, H, W) uint8``; UsageError for a number that is none."""
        ...

    def genome(self, number: int, /) -> bytes:
        """The packed CPPN of a picture; UsageError for a number that is none."""
        ...

    def breed(self, chosen: Sequence[int], /) -> object:
        """Store nine children of the ``chosen``; UsageError for what cannot be a parent."""
        ...

    def close(self) -> None:
        """Make it one file."""
        ...


class Breeder(Protocol):
    """Starts runs, goes on with them, lets a picture into another one; the command line provides it."""

    def start(self, predictor: int, library: Path, source: tuple[Path, int] | None) -> BredRun:
        """A new run of a predictor in the library, from nothing or from the champion of a cell of a run."""
        ...

    def go_on(self, folder: Path) -> tuple[int, BredRun]:
        """A run that was bred before, and the number of its predictor."""
        ...

    def enter(self, predictor: int, genome: bytes, folder: Path) -> list[str]:
        """The classes that a picture took in a run of the same predictor."""
        ...


class BreedingRoom:
    """The runs that are open; all of it but ``read`` is called by the one thread of the queue."""

    def __init__(self, library: Library, predictors: Sequence[Predictor], breeder: Breeder) -> None:
        self._library, self._predictors, self._breeder = library, predictors, breeder
        self._open: OrderedDict[str, tuple[int, BredRun]] = OrderedDict()

    async def read(self, request: Request) -> dict[str, Any]:
        """The JSON object in the body of a request.

        Raises:
            UsageError: there is none.
        """
        try:
            content = parse_json(await read_upload(request, MAX_REQUEST))
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise UsageError("request: expected a JSON object")
        return content

    def start(self, wanted: Mapping[str, Any]) -> dict[str, object]:
        """A new run in the library, ``bred-1``, ``bred-2`` …; its first pictures."""
        predictor = _number(wanted, "classifier", len(self._predictors))
        source = None
        if wanted.get("run") is not None:
            source = self._run(str(wanted["run"])).folder, _number(wanted, "cell", 1 << 20)
        run = self._breeder.start(predictor, self._library.root, source)
        key = next(each.key for each in self._library.entries() if each.folder == run.folder)
        self._keep(key, predictor, run)
        return self.state(key, None, None)

    def state(self, key: str, generation: int | None, predictor: int | None) -> dict[str, object]:
        """The pictures of a generation with a predictor's answers, the best of each class, the tree."""
        own, run = self._bred(key)
        shown = run.generation if generation is None else max(0, min(generation, run.generation))
        answering = own if predictor is None else min(predictor, len(self._predictors) - 1)
        members = [one for one in run.individuals if one.generation == shown]
        canvases = run.canvases([one.number for one in members])
        answers = [self._answers(self._predictors[answering], canvas) for canvas in canvases]
        return {
            "key": key,
            "name": run.folder.name,
            "generation": shown,
            "last": run.generation,
            "classifier": answering,
            "own": own,
            "pictures": [
                {"number": one.number, "parents": _parents(one), "answers": answer}
                for one, answer in zip(members, answers, strict=True)
            ],
            "tree": [
                {"number": one.number, "generation": one.generation, "parents": _parents(one)}
                for one in run.individuals
            ],
            "best": [
                {"label": label, "number": number, "confidence": self._score_text(own, value)}
                for label, (number, value) in run.holders.items()
            ],
        }

    def breed(self, key: str, wanted: Mapping[str, Any]) -> dict[str, object]:
        """Nine children of the pictures ``chosen``."""
        chosen = wanted.get("chosen")
        if not isinstance(chosen, list) or not all(type(each) is int for each in chosen):
            raise UsageError("chosen: expected numbers of pictures")
        self._bred(key)[1].breed(chosen)
        predictor = wanted.get("classifier")
        return self.state(key, None, predictor if isinstance(predictor, int) else None)

    def enter(self, key: str, wanted: Mapping[str, Any]) -> dict[str, object]:
        """Let a picture compete for the classes of another run."""
        entry = self._run(str(wanted.get("run")))
        if entry.key == key:
            raise UsageError("run: the picture is in this run already; name another one")
        predictor, run = self._bred(key)
        genome = run.genome(_number(wanted, "number", 1 << 53))
        return {"run": entry.name, "classes": self._breeder.enter(predictor, genome, entry.folder)}

    def picture(self, key: str, number: int) -> bytes:
        """A picture as PNG, pixel for pixel what was scored."""
        return png_bytes(self._bred(key)[1].canvases([number])[0])

    def close(self) -> None:
        """Close every run."""
        while self._open:
            with suppress(FooleryError):
                self._open.popitem()[1][1].close()

    def _bred(self, key: str) -> tuple[int, BredRun]:
        if key not in self._open:
            predictor, run = self._breeder.go_on(self._run(key).folder)
            self._keep(key, predictor, run)
        self._open.move_to_end(key)
        return self._open[key]

    def _keep(self, key: str, predictor: int, run: BredRun) -> None:
        self._open[key] = predictor, run
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)[1][1].close()

    def _run(self, key: str) -> LibraryEntry:
        entry = self._library.find(key)
        if entry is None or entry.kind != "run":
            raise HTTPException(404, "Run not found")
        return entry

    def _answers(self, predictor: Predictor, canvas: Canvases) -> list[dict[str, str]]:
        confidences = predictor.predict(png_bytes(canvas)).confidences
        order = confidences.argsort()[::-1][:2].tolist()
        return [
            {
                "label": predictor.classes[place],
                "confidence": with_narrow_spaces(format_score(float(confidences[place]), predictor.kind)),
            }
            for place in order
        ]

    def _score_text(self, predictor: int, value: float) -> str:
        return with_narrow_spaces(format_score(value, self._predictors[predictor].kind))


def _parents(one: BredIndividual) -> list[int]:
    return [each for each in (one.parent, one.mate) if each is not None]


def _number(wanted: Mapping[str, Any], name: str, end: int) -> int:
    value = wanted.get(name)
    if type(value) is not int or not 0 <= value < end:
        raise UsageError(f"{name}: expected a whole number from 0 to {end - 1}, got {value!r}")
    return value
