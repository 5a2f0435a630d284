"""View: an exhibit as the texts and numbers that a page shows, in the order in which it shows them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.experiments.certainty import format_score
from foolery.experiments.export import file_name
from foolery.report.curve import Curve, curve_of
from foolery.report.words import (
    NARROW,
    classifier_name,
    duration,
    finding,
    heading,
    measure,
    number,
    origin,
    state,
)

if TYPE_CHECKING:
    from foolery.experiments.exhibit import Champion, Exhibit
    from foolery.runs.settings import Provenance

LIBRARY = "python"  # what the provenance of a run says that no command line started


@dataclass(frozen=True)
class Fact:
    """A name and a value, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class Tile:
    """One champion: its file, and what stands under the picture."""

    file: str
    label: str
    confidence: str
    generation: str
    alt: str


@dataclass(frozen=True)
class View:
    """One run on a page.

    Attributes:
        anchor: ``run-1`` …, unique on the page, also the folder of the pictures.
        frame: shown width of a picture on a wide screen.
        figures: what was reached.
        fooled: confidence to how many classes reach it.
        measure: ``confidence`` or ``similarity``.
        settings: what decides the run.
        made: where and with what it was made, once more for every resume.
        commands: that make the run again.
        check: the command that checks it.
    """

    anchor: str
    heading: str
    classifier: str
    encoding: str
    finding: str
    origin: str
    state: str
    finished: bool
    width: int
    height: int
    frame: int
    tiles: tuple[Tile, ...]
    figures: tuple[Fact, ...]
    fooled: tuple[Fact, ...]
    measure: str
    curve: Curve | None
    settings: tuple[Fact, ...]
    made: tuple[tuple[Fact, ...], ...]
    commands: tuple[str, ...]
    check: str

    def figure(self, name: str) -> str:
        """The figure of that name."""
        return next(fact.value for fact in self.figures if fact.name == name)


def view_of(exhibit: Exhibit, position: int) -> View:
    """The view of the run that stands at ``position`` (from 1) on a page."""
    settings, anchor = exhibit.settings, f"run-{position}"
    _, height, width = settings.canvas
    return View(
        anchor=anchor,
        heading=heading(exhibit),
        classifier=classifier_name(exhibit),
        encoding=settings.encoding,
        finding=finding([exhibit]),
        origin=origin(exhibit),
        state=state(exhibit),
        finished=exhibit.status == "finished",
        width=width,
        height=height,
        frame=_frame(width, len(settings.cells)),
        tiles=tuple(_tile(champion, exhibit, anchor) for champion in exhibit.champions.values()),
        figures=_figures(exhibit),
        fooled=_fooled(exhibit),
        measure=measure(exhibit),
        curve=curve_of(exhibit),
        settings=_settings(exhibit),
        made=tuple(_made(provenance) for provenance in exhibit.provenances),
        commands=_commands(exhibit),
        check=shlex.join(["foolery", "verify", exhibit.name]),
    )


def picture_file(champion: Champion, anchor: str) -> str:
    """Path of a champion's PNG in the gallery."""
    return f"champions/{anchor}/{file_name(champion)}"


def _tile(champion: Champion, exhibit: Exhibit, anchor: str) -> Tile:
    shown = format_score(champion.confidence, exhibit.settings.kind)
    word = "Picture of gradient ascent" if exhibit.settings.search == "ascent" else "Evolved picture"
    _, height, width = exhibit.settings.canvas
    return Tile(
        file=picture_file(champion, anchor),
        label=champion.label,
        confidence=shown,
        generation=number(champion.generation),
        alt=f"{word}, {width} × {height} pixels: {classifier_name(exhibit)} gives {champion.label} {shown}",
    )


def _frame(width: int, count: int) -> int:
    """Shown width, a whole multiple of ``width`` where it is small: about five or eight in a row."""
    target = 208 if count <= 20 else 132
    return width * (target // width) if width <= target else max(1, width // -(-width // target))


def _figures(exhibit: Exhibit) -> tuple[Fact, ...]:
    summary, kind, word = exhibit.summary, exhibit.settings.kind, measure(exhibit)

    def score(key: str) -> str:
        value = summary.get(key)
        return format_score(value, kind) if isinstance(value, int | float) else "–"

    return (
        Fact(f"median {word}", score("median_confidence")),
        Fact(f"least {word}", score("min_confidence")),
        Fact("queries", number(summary.get("queries"))),
        Fact("time", duration(summary.get("seconds"))),
        Fact("queries a second", number(summary.get("queries_per_second"))),
    )


def _fooled(exhibit: Exhibit) -> tuple[Fact, ...]:
    fooled = exhibit.summary.get("fooled")
    if not isinstance(fooled, Mapping) or exhibit.settings.kind == "similarity":
        return ()
    total = number(len(exhibit.settings.cells))
    return tuple(
        Fact(f"{float(level) * 100:.10g} %", f"{number(count)} of {total}") for level, count in fooled.items()
    )


def _settings(exhibit: Exhibit) -> tuple[Fact, ...]:
    settings = exhibit.settings
    channels, height, width = settings.canvas
    options = [f"{name} = {value}" for name, value in settings.encoding_options.items()]
    forward = [f"{name} = {value}" for name, value in settings.forward.items()]
    return (
        Fact("Classifier", settings.classifier),
        Fact("Fingerprint", settings.fingerprint),
        Fact("Back end", ", ".join([settings.backend, *forward])),
        Fact("Score", settings.kind),
        Fact("Classes", f"{number(len(settings.cells))} of {number(len(settings.classes))}"),
        Fact("Canvas", f"{width} × {height} pixels, {'gray' if channels == 1 else 'RGB'}"),
        Fact("Search", ", ".join([settings.search, settings.objective, *_told(settings.search_options)])),
        Fact("Encoding", ", ".join([settings.encoding, *options])),
        Fact("Renderer", f"version {settings.renderer}"),
        Fact("Seed", str(settings.seed)),
        Fact("Batch", f"{number(settings.batch)}, at first {number(settings.initial)}"),
    )


def _told(options: Mapping[str, object]) -> list[str]:
    return [f"{name} = {value}" for name, value in options.items()]


def _made(provenance: Provenance) -> tuple[Fact, ...]:
    versions = ", ".join(f"{package} {version}" for package, version in provenance.versions.items())
    return (
        Fact("Started", provenance.started),
        Fact("Device", provenance.device),
        Fact("Machine", provenance.machine),
        Fact("Versions", versions),
    )


def _commands(exhibit: Exhibit) -> tuple[str, ...]:
    """As they were given; for a run that Python code started, the call that is the same search."""
    commands = [provenance.command for provenance in exhibit.provenances]
    if any(command != LIBRARY for command in commands):
        return tuple(dict.fromkeys(command for command in commands if command != LIBRARY))
    settings = exhibit.settings
    if settings.search == "ascent":
        return (_ascend_call(exhibit),)
    given: dict[str, object] = {
        "encoding": settings.encoding,
        "options": dict(settings.encoding_options),
        "generations": int(exhibit.history.generation[-1]) if len(exhibit.history) else 0,
        "batch": settings.batch,
        "initial": settings.initial,
        "seed": settings.seed,
    }
    if len(settings.cells) < len(settings.classes):
        given["classes"] = [settings.classes[cell] for cell in settings.cells]
    return (_call("evolve", settings.classifier, given),)


def _ascend_call(exhibit: Exhibit) -> str:
    settings = exhibit.settings
    told = dict(settings.search_options)
    given: dict[str, object] = {"preset": told.pop("preset", "plain")}
    start, through = told.pop("start", "mean"), told.pop("through", None)
    told.pop("start_hash", None)
    if through is not None:
        given["through"] = through
    elif start != "mean":
        given["start"] = "FILE" if start == "picture" else start
    if start == "champions":
        given["source"] = "RUN"
    given |= {"rule": told, "seed": settings.seed}
    if len(exhibit.history):
        given["steps"] = int(exhibit.history.generation[-1])
    if len(settings.cells) < len(settings.classes):
        given["classes"] = [settings.classes[cell] for cell in settings.cells]
    return _call("ascend", settings.classifier, given)


def _call(name: str, classifier: str, given: Mapping[str, object]) -> str:
    arguments = [repr(classifier), *(f"{argument}={value!r}" for argument, value in given.items())]
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"import foolery\n\nfoolery.{name}(\n{inner})"


def spaced(text: str) -> str:
    """``text`` with narrow spaces before its percent signs, which do not break."""
    return text.replace(" %", f"{NARROW}%")
