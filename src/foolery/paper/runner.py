"""Reproduce: experiments of the paper, from their names to results and pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from foolery.classifiers.wrappers.metered import images_per_second
from foolery.errors import UsageError
from foolery.paper.cost import LONG_MINUTES, format_minutes
from foolery.paper.prepare import PreparedReproduction, ReproduceOptions, prepare_reproductions
from foolery.paper.protocol import check_protocol
from foolery.paper.publishing import publish_pages
from foolery.paper.registry import ALL, select_reproductions
from foolery.paper.results import ReproductionResult, ReproductionResults, result_content
from foolery.shards import Shard, parse_shard
from foolery.stages import Stage, plan_stages, stage
from foolery.text import format_count

_RATE_BATCH, _RATE_SECONDS = 200, 0.3


def reproduce(
    names: Sequence[str] | str,
    *,
    scale: float = 1.0,
    seeds: int | None = None,
    classifiers: Mapping[str, str] | str | None = None,
    cards: Mapping[str, Path | str] | None = None,
    data: Mapping[str, str] | str | None = None,
    device: str = "auto",
    out: Path | str = "reproduce",
    pages: Path | str | None = None,
    shard: str | None = None,
    protocol: Path | str | None = None,
    on_progress: Callable[[str, int, int], None] = lambda label, done, total: None,
    on_note: Callable[[str], None] = lambda line: None,
    on_result: Callable[[ReproductionResult], None] = lambda result: None,
    command: str = "python",
) -> ReproductionResults:
    """Run experiments of the paper again: its claims, its numbers, ours, and whether they hold.

    Results go to ``out/NAME`` (``result.json``, ``page.md``, ``picture.png``), runs to ``out/runs``. What an
    interrupted call finished is used by the next one.

    Example:
        >>> import foolery
        >>> results = foolery.reproduce("fig4", scale=0.02, out="reproduce")
        >>> results["fig4"].verdicts["median"]
        'not tested at full scale'

    Args:
        names: of experiments (``fig4``, ``transfer`` …), or ``all``.
        scale: 1 is the paper's size; what it multiplies is the experiment's to say.
        seeds: independent runs; the experiment's own number if None.
        classifiers: role (``digits``, ``photos`` …) to reference; a reference alone is for the classifier
            that an experiment needs and has none for, else for its first one.
        cards: role to the model card of its classifier.
        data: role to data reference, or one alone.
        device: for every classifier.
        out: folder for results and runs.
        pages: folder to write all pages to as well, as the documentation has them.
        shard: ``i/n``: only every n-th piece from the i-th, of experiments that are made of pieces. No result
            is written; the same call without it makes the rest, and the result.
        protocol: a page with the settings that were fixed before the first run; others are refused.
        on_progress: called often with a label, how much is done, and of how much.
        on_note: called with each line about the work, for instance what an experiment costs.
        on_result: called with each result as soon as it is there.
        command: as it was typed, for the provenance of runs.

    Raises:
        UsageError: one line with everything that is missing, before anything runs.
        KeyboardInterrupt: passed on; the same call continues.
    """
    folder = Path(out)
    options = ReproduceOptions(
        scale,
        seeds,
        _by_role(classifiers),
        {role: Path(card).expanduser() for role, card in (cards or {}).items()},
        _by_role(data),
        device,
    )
    if shard is not None:
        parse_shard(shard)
    selected = select_reproductions([names] if isinstance(names, str) else names)
    whole = [each.name for each in selected if each.pieces is None]
    if shard is not None and whole:
        raise UsageError(f"shard: {whole[0]} is not made of pieces; leave --shard out")
    prepared = prepare_reproductions(
        selected, options, folder, command=command, log=on_note, on_progress=on_progress
    )
    if protocol is not None:
        check_protocol(Path(protocol), selected, options)
    _note_costs(prepared, on_note)
    if shard is not None:
        run_shard(prepared, parse_shard(shard), on_note)
        return ReproductionResults(())
    results = []
    for each in prepared:
        try:
            with stage(each.reproduction.name, 1, unit="experiment"):
                results.append(run_reproduction(each, folder))
        except KeyboardInterrupt:
            on_note(f"interrupted at {each.reproduction.name}: {folder} is saved; the same command continues")
            raise
        on_result(results[-1])
    if pages is not None:
        publish_pages(folder, Path(pages))
    return ReproductionResults(tuple(results))


def _by_role(references: Mapping[str, str] | str | None) -> Mapping[str, str]:
    return {"": references} if isinstance(references, str) else references or {}


def run_shard(prepared: Sequence[PreparedReproduction], shard: Shard, on_note: Callable[[str], None]) -> None:
    """Make the pieces of ``shard``, of every experiment, and keep what they found."""
    for each in prepared:
        if each.reproduction.pieces is None:  # refused before anything was prepared
            continue
        pieces = each.reproduction.pieces(each.context)
        mine = shard.take(pieces)
        for piece in mine:
            piece.run()
        on_note(
            f"{each.reproduction.name}: shard {shard} is done, {len(mine)} of {len(pieces)} pieces "
            f"({', '.join(piece.name for piece in mine) or 'none'}); without --shard the same command "
            "makes the others and the page"
        )


def run_reproduction(prepared: PreparedReproduction, out: Path) -> ReproductionResult:
    """Run it, and write ``result.json``, ``page.md`` and ``picture.png`` to the folder ``out``/NAME.

    Raises:
        KeyboardInterrupt: passed on; what was finished is used by the next call.
    """
    start = time.perf_counter()
    outcome = prepared.reproduction.run(prepared.context)
    seconds = time.perf_counter() - start if outcome.seconds is None else outcome.seconds
    result = ReproductionResult(
        prepared.reproduction, result_content(prepared, outcome, seconds), outcome.picture
    )
    result.report(out / prepared.reproduction.name)
    return result


def list_reproductions(names: Sequence[str] = (ALL,)) -> list[dict[str, Any]]:
    """What each experiment is, costs and needs, as JSON values."""
    return [
        {
            "name": each.name,
            "title": each.title,
            "place": each.place,
            "scale_multiplies": each.scale_multiplies,
            "seeds": each.seeds,
            "queries": each.cost(1.0, each.seeds).queries,
            "minutes_on_4_cores": round(each.cost(1.0, each.seeds).minutes(), 2),
            "classifiers": {
                one.role: one.default or ("REF needed" if one.required else "REF, if you have one")
                for one in each.requirements.classifiers
            },
            "data": {
                one.role: one.default or ("DATA needed" if one.required else "DATA, if you have some")
                for one in each.requirements.data
            },
        }
        for each in select_reproductions(names)
    ]


def _note_costs(prepared: Sequence[PreparedReproduction], on_note: Callable[[str], None]) -> None:
    """What each experiment will cost, at the speed of the classifiers as just measured."""
    rate_of: dict[int, float] = {}
    for each in prepared:
        for classifier in each.context.classifiers.values():
            if id(classifier) not in rate_of:
                rate_of[id(classifier)] = images_per_second(classifier, _RATE_BATCH, _RATE_SECONDS)
        rates = {role: rate_of[id(one)] for role, one in each.context.classifiers.items()}
        cost = each.reproduction.cost(each.context.scale, each.context.seeds)
        minutes = cost.minutes(rates)
        plan_stages([Stage(each.reproduction.name, 1, step_seconds=60 * minutes)])
        long = "; this is long: Ctrl-C saves, and the same command continues"
        on_note(
            f"{each.reproduction.name}: {format_count(cost.queries)} queries, about "
            f"{format_minutes(minutes)} here if none of its runs is done yet"
            + (long if minutes >= LONG_MINUTES else "")
        )
