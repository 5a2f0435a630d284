"""View: an exhibit as the texts and numbers that a page shows, in the order in which it shows them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.report.plots import plots_of
from foolery.report.svg_plot import Plot
from foolery.report.wording import (
    NARROW,
    classifier_name,
    duration,
    heading,
    headline,
    how_made,
    measure,
    number,
    state,
)
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion, RunResult
    from foolery.report.model import RunReport
    from foolery.runs.records import Provenance

BEST = 6  # champions in the first row
LIBRARY = "python"  # what the provenance of a run says that no command line started


@dataclass(frozen=True)
class Fact:
    """A name and a value, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class GalleryItem:
    """One champion of the gallery.

    Attributes:
        id: of the champion on the page, ``run-1/0007``.
        picture: address of its PNG file.
        thumbnail: address of the picture in the gallery.
        photo: address of a real picture of its class, or None.
        photo_confidence: of the classifier in that picture, as text.
        value: the confidence as a number.
        queries: made before it.
        method: what made it: an encoding, or an attack.
    """

    id: str
    picture: str
    thumbnail: str
    photo: str | None
    photo_confidence: str
    label: str
    value: float
    confidence: str
    index: int
    generation: int
    queries: int
    method: str
    alt: str

    @property
    def sought(self) -> str:
        """What a search looks in."""
        return self.label.casefold()


@dataclass(frozen=True)
class RunSection:
    """One run on a page.

    Attributes:
        anchor: ``run-1`` …, unique on the page, also the folder of its files.
        large, frame: shown width of a picture in the first row, and in the gallery.
        crisp: whether pictures are shown enlarged, in whole steps.
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
    large: int
    tiles: tuple[GalleryItem, ...]
    best: tuple[GalleryItem, ...]
    figures: tuple[Fact, ...]
    fooled: tuple[Fact, ...]
    measure: str
    plots: tuple[Plot, ...]
    settings: tuple[Fact, ...]
    made: tuple[tuple[Fact, ...], ...]
    commands: tuple[str, ...]
    check: str
    notes: tuple[str, ...]

    @property
    def crisp(self) -> bool:
        """Whether the gallery shows canvases pixel by pixel."""
        return self.frame >= self.width


def run_section(report: RunReport, items: Sequence[GalleryItem], anchor: str) -> RunSection:
    """The view of a run whose champions are ``items``."""
    result = report.result
    settings = result.settings
    _, height, width = settings.canvas
    return RunSection(
        anchor=anchor,
        heading=heading(result),
        classifier=classifier_name(result),
        encoding=settings.encoding,
        finding=headline([result]),
        origin=how_made(result),
        state=state(result),
        finished=result.status == "finished",
        width=width,
        height=height,
        frame=frame_width(width, 144),
        large=frame_width(width, 168),
        tiles=tuple(items),
        best=best_items(items),
        figures=_figures(result),
        fooled=_fooled(result),
        measure=measure(result),
        plots=plots_of(report),
        settings=_settings(result),
        made=tuple(_provenance(provenance) for provenance in result.provenances),
        commands=_commands(result),
        check=shlex.join(["foolery", "verify", result.name]),
        notes=(*report.notes, *_events(result)),
    )


def alt_text(result: RunResult, champion: Champion) -> str:
    """A champion's picture in a sentence."""
    confidence = format_score(champion.confidence, result.settings.kind)
    word = "Picture of gradient ascent" if result.settings.search == "ascent" else "Evolved picture"
    return f"{word}: {classifier_name(result)} gives {champion.label} {confidence}"


def best_items(items: Sequence[GalleryItem]) -> tuple[GalleryItem, ...]:
    """The six surest, those before others that have a real picture beside them."""
    return tuple(sorted(items, key=lambda tile: (tile.photo is None, -tile.value))[:BEST])


def frame_width(width: int, target: int) -> int:
    """Shown width: a whole multiple of ``width`` where it is small, else a whole part of it."""
    return width * (target // width) if width <= target else max(1, width // -(-width // target))


def _events(result: RunResult) -> tuple[str, ...]:
    events = result.summary.get("events")
    records = events if isinstance(events, list) else []
    return tuple(f"Generation {each['generation']}: {each['what']}" for each in records)


def _figures(result: RunResult) -> tuple[Fact, ...]:
    summary, kind, word = result.summary, result.settings.kind, measure(result)

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


def _fooled(result: RunResult) -> tuple[Fact, ...]:
    fooled = result.summary.get("fooled")
    if not isinstance(fooled, Mapping) or result.settings.kind == "similarity":
        return ()
    total = number(len(result.settings.cells))
    return tuple(
        Fact(f"{float(level) * 100:.10g} %", f"{number(count)} of {total}") for level, count in fooled.items()
    )


def _settings(result: RunResult) -> tuple[Fact, ...]:
    settings = result.settings
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
        Fact("Search", ", ".join([settings.search, settings.objective, *_options(settings.search_options)])),
        Fact("Encoding", ", ".join([settings.encoding, *options])),
        Fact("Renderer", f"version {settings.renderer}"),
        Fact("Seed", str(settings.seed)),
        Fact("Batch", f"{number(settings.batch)}, at first {number(settings.initial)}"),
    )


def _options(options: Mapping[str, object]) -> list[str]:
    return [f"{name} = {value}" for name, value in options.items()]


def _provenance(provenance: Provenance) -> tuple[Fact, ...]:
    versions = ", ".join(f"{package} {version}" for package, version in provenance.versions.items())
    return (
        Fact("Started", provenance.started),
        Fact("Device", provenance.device),
        Fact("Machine", provenance.machine),
        Fact("Versions", versions),
    )


def _commands(result: RunResult) -> tuple[str, ...]:
    """As they were given; for a run that Python code started, the call that is the same search."""
    commands = [provenance.command for provenance in result.provenances]
    if any(command != LIBRARY for command in commands):
        return tuple(dict.fromkeys(command for command in commands if command != LIBRARY))
    settings = result.settings
    if settings.search == "ascent":
        return (_ascend_call(result),)
    arguments: dict[str, object] = {
        "encoding": settings.encoding,
        "options": dict(settings.encoding_options),
        "generations": int(result.history.generation[-1]) if len(result.history) else 0,
        "batch": settings.batch,
        "initial": settings.initial,
        "seed": settings.seed,
    }
    if len(settings.cells) < len(settings.classes):
        arguments["classes"] = [settings.classes[cell] for cell in settings.cells]
    return (_call("evolve", settings.classifier, arguments),)


def _ascend_call(result: RunResult) -> str:
    settings = result.settings
    options = dict(settings.search_options)
    arguments: dict[str, object] = {"preset": options.pop("preset", "plain")}
    start, through = options.pop("start", "mean"), options.pop("through", None)
    options.pop("start_hash", None)
    if through is not None:
        arguments["through"] = through
    elif start != "mean":
        arguments["start"] = "FILE" if start == "picture" else start
    if start == "champions":
        arguments["source"] = "RUN"
    arguments |= {"rule": options, "seed": settings.seed}
    if len(result.history):
        arguments["steps"] = int(result.history.generation[-1])
    if len(settings.cells) < len(settings.classes):
        arguments["classes"] = [settings.classes[cell] for cell in settings.cells]
    return _call("ascend", settings.classifier, arguments)


def _call(name: str, classifier: str, keywords: Mapping[str, object]) -> str:
    arguments = [repr(classifier), *(f"{argument}={value!r}" for argument, value in keywords.items())]
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"import foolery\n\nfoolery.{name}(\n{inner})"


def spaced(text: str) -> str:
    """``text`` with narrow spaces before its percent signs, which do not break."""
    return text.replace(" %", f"{NARROW}%")
