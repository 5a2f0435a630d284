"""A run as the texts and numbers that its page shows, in the order in which it shows them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.report.html import Fact
from foolery.report.model.champion import ChampionDetail
from foolery.report.plots import plots_of
from foolery.report.svg_plot import Plot
from foolery.report.wording import heading, headline, how_made, measure, run_state, short_name
from foolery.text import format_count, format_duration, format_score

if TYPE_CHECKING:
    from foolery.engine.run import RunResult
    from foolery.report.model import RunReport
    from foolery.runs import Provenance

BEST = 6  # champions in the first row
LIBRARY = "python"  # what the provenance of a run says that no command line started


@dataclass(frozen=True)
class RunSection:
    """One run on a page.

    Attributes:
        anchor: ``run-1`` …, unique on the page, also the folder of its files.
        large, frame: shown width of an image in the first row, and in the gallery.
        figures: what was reached.
        fooled: confidence to how many classes reach it.
        measure: ``confidence`` or ``similarity``.
        settings: what decides the run.
        provenances: where and with what it was made, once more for every resume.
        commands: that reproduce the run.
        check: the command that checks it.
    """

    anchor: str
    heading: str
    classifier: str
    encoding: str
    headline: str
    how_made: str
    state: str
    finished: bool
    width: int
    height: int
    frame: int
    large: int
    details: tuple[ChampionDetail, ...]
    best: tuple[ChampionDetail, ...]
    figures: tuple[Fact, ...]
    fooled: tuple[Fact, ...]
    measure: str
    plots: tuple[Plot, ...]
    settings: tuple[Fact, ...]
    provenances: tuple[tuple[Fact, ...], ...]
    commands: tuple[str, ...]
    check: str
    notes: tuple[str, ...]

    @property
    def crisp(self) -> bool:
        """Whether the gallery shows canvases pixel by pixel."""
        return self.frame >= self.width


def run_section(report: RunReport, details: Sequence[ChampionDetail], anchor: str) -> RunSection:
    """The section of a run; ``details`` are its champions, with their files."""
    result = report.result
    settings = result.settings
    _, height, width = settings.canvas
    return RunSection(
        anchor=anchor,
        heading=heading(settings),
        classifier=short_name(settings.classifier),
        encoding=settings.encoding,
        headline=headline([(settings, [each.confidence for each in result.champions.values()])]),
        how_made=how_made(settings),
        state=run_state(result.status, last_generation(result)),
        finished=result.status == "finished",
        width=width,
        height=height,
        frame=frame_width(width, 144),
        large=frame_width(width, 168),
        details=tuple(details),
        best=best_of(details),
        figures=_figures(result),
        fooled=_fooled(result),
        measure=measure(settings.kind),
        plots=plots_of(report),
        settings=_settings(result),
        provenances=tuple(map(_provenance, result.provenances)),
        commands=_commands(result),
        check=shlex.join(["foolery", "verify", result.name]),
        notes=(*report.notes, *_events(result)),
    )


def last_generation(result: RunResult) -> int:
    """The last generation of a run, -1 before the first one."""
    return int(result.history.generation[-1]) if len(result.history) else -1


def best_of(details: Sequence[ChampionDetail]) -> tuple[ChampionDetail, ...]:
    """The six of highest confidence, those first that have a real image beside them."""
    order = sorted(details, key=lambda each: (each.real is None, -each.champion.confidence))
    return tuple(order[:BEST])


def frame_width(width: int, target: int) -> int:
    """Shown width: a whole multiple of ``width`` where it is small, else a whole part of it."""
    return width * (target // width) if width <= target else max(1, width // -(-width // target))


def _events(result: RunResult) -> tuple[str, ...]:
    events = result.summary.get("events")
    records = events if isinstance(events, list) else []
    return tuple(f"Generation {each['generation']}: {each['text']}" for each in records)


def _figures(result: RunResult) -> tuple[Fact, ...]:
    summary, kind, word = result.summary, result.settings.kind, measure(result.settings.kind)

    def score(key: str) -> str:
        value = summary.get(key)
        return format_score(value, kind) if isinstance(value, int | float) else "–"

    return (
        Fact(f"median {word}", score("median_confidence")),
        Fact(f"minimum {word}", score("min_confidence")),
        Fact("queries", format_count(summary.get("queries"))),
        Fact("time", format_duration(summary.get("seconds"))),
        Fact("queries per second", format_count(summary.get("queries_per_second"))),
    )


def _fooled(result: RunResult) -> tuple[Fact, ...]:
    fooled = result.summary.get("fooled")
    if not isinstance(fooled, Mapping) or result.settings.kind == "similarity":
        return ()
    total = format_count(len(result.settings.cells))
    return tuple(
        Fact(f"{float(level) * 100:.10g} %", f"{format_count(count)} of {total}")
        for level, count in fooled.items()
    )


def _settings(result: RunResult) -> tuple[Fact, ...]:
    settings = result.settings
    channels, height, width = settings.canvas
    options = [f"{name} = {value}" for name, value in settings.encoding_options.items()]
    forward = [f"{name} = {value}" for name, value in settings.forward.items()]
    return (
        Fact("Classifier", settings.classifier),
        Fact("Fingerprint", settings.fingerprint),
        Fact("Backend", ", ".join([settings.backend, *forward])),
        Fact("Score", settings.kind),
        Fact("Classes", f"{format_count(len(settings.cells))} of {format_count(len(settings.classes))}"),
        Fact("Canvas", f"{width} × {height} pixels, {'gray' if channels == 1 else 'RGB'}"),
        Fact("Search", ", ".join([settings.search, settings.objective, *_options(settings.search_options)])),
        Fact("Encoding", ", ".join([settings.encoding, *options])),
        Fact("Renderer", f"version {settings.renderer}"),
        Fact("Seed", str(settings.seed)),
        Fact("Batch", f"{format_count(settings.batch)}, initially {format_count(settings.initial)}"),
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
        **settings.search_options,
    }
    if settings.objective != "class-score":
        arguments["objective"] = settings.objective
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
        arguments["start"] = "FILE" if start == "image" else start
    if start == "champions":
        arguments["source"] = "RUN"
    arguments |= {"rule": options, "seed": settings.seed}
    if len(result.history):
        arguments["steps"] = int(result.history.generation[-1])
    if settings.objective != "class-score":
        arguments["objective"] = settings.objective
    if len(settings.cells) < len(settings.classes):
        arguments["classes"] = [settings.classes[cell] for cell in settings.cells]
    return _call("ascend", settings.classifier, arguments)


def _call(name: str, classifier: str, keywords: Mapping[str, object]) -> str:
    arguments = [repr(classifier), *(f"{argument}={value!r}" for argument, value in keywords.items())]
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"import foolery\n\nfoolery.{name}(\n{inner})"
