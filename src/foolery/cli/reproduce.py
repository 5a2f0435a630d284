"""``foolery reproduce``: the paper's experiments, each with its number beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from foolery.cli._options import DeviceOption, command_line, real_number, whole_number
from foolery.cli._output import console, note, print_json
from foolery.cli._spread import (
    SPREAD_OPTIONS,
    CpusOption,
    GpusOption,
    OnOption,
    part_count,
    without_options,
    work_through,
)
from foolery.cli._stage_bars import labelled_stages
from foolery.errors import UsageError

WIDE = 120  # columns, for the list of experiments with all that there is about them


def reproduce(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Experiments, or all (see --list).")
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", metavar="S", parser=real_number, help="Share of the paper's size.")
    ] = 1.0,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N", parser=whole_number, help="Independent runs (default: the experiment's)."
        ),
    ] = None,
    classifier: Annotated[
        list[str] | None,
        typer.Option(
            "--classifier", "-c", metavar="[ROLE=]REF", help="Another classifier for a role (see --list)."
        ),
    ] = None,
    card: Annotated[
        list[str] | None, typer.Option("--card", metavar="[ROLE=]FILE", help="Model card of that classifier.")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option("--data", metavar="[ROLE=]DATA", help="Labelled images for a role.")
    ] = None,
    device: DeviceOption = "auto",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for results; runs go to DIR/runs.")
    ] = Path("reproduce"),
    pages: Annotated[
        Path | None,
        typer.Option("--pages", metavar="DIR", help="Also write all pages to this folder."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Only every N-th piece from the I-th; no page."),
    ] = None,
    on: OnOption = None,
    cpus: CpusOption = 1.0,
    gpus: GpusOption = 0.0,
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", metavar="FILE", help="Refuse other settings than FILE has fixed."),
    ] = None,
    page_from: Annotated[
        Path | None,
        typer.Option("--page-from", metavar="DIR", help="Judge the results in DIR again; nothing is run."),
    ] = None,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the experiments and what they cost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run experiments of the paper again: its claim, its number, ours, and whether it holds.

    Results go to DIR/NAME: result.json, page.md and picture.png. The same command continues after Ctrl-C.
    """
    from foolery.paper import list_reproductions
    from foolery.paper import reproduce as run

    if list_only:
        print_list(list_reproductions(names or ["all"]), as_json=as_json)
        return
    if page_from is not None:
        from foolery.paper.publishing import judge_again

        judged = judge_again(page_from, names or ["all"])
        if as_json:
            print_json({"results": list(judged.values())})
        else:
            for content in judged.values():
                print_findings(content, page_from / f"{content['reproduction']}.md")
        return
    if on is not None:
        _spread(context, names or [], out, on, shard, (cpus, gpus))
    with labelled_stages("reproduce") as progress:
        results = run(
            names or [],
            scale=scale,
            seeds=seeds,
            classifiers=parse_roles("--classifier", classifier),
            cards={role: Path(file) for role, file in parse_roles("--card", card).items()},
            data=parse_roles("--data", data),
            device=device,
            out=out,
            pages=pages,
            shard=shard,
            protocol=protocol,
            on_progress=progress,
            on_note=note,
            on_result=lambda result: (
                None
                if as_json
                else print_findings(result.content, out / result.content["reproduction"] / "page.md")
            ),
            command=command_line(context),
        )
    if as_json:
        print_json(results.to_dict())


def _spread(
    context: typer.Context,
    names: Sequence[str],
    out: Path,
    on: str,
    shard: str | None,
    size: tuple[float, float],
) -> None:
    """Make the pieces of experiments, each part a shard of this command; the whole then finds them done."""
    from foolery.paper.registry import select_reproductions
    from foolery.sweep import EngineChoice
    from foolery.sweep.tasks import command_job

    choice = EngineChoice.parse(on, *size)
    whole = [each.name for each in select_reproductions(names) if each.pieces is None]
    if whole:
        raise UsageError(f"--on: {whole[0]} is not made of pieces; leave --on out")
    if shard is not None:
        raise UsageError("--on: divides the work itself; leave --shard out")
    count = part_count(choice, None)
    words = without_options(
        context.obj.arguments, {name: SPREAD_OPTIONS[name] for name in SPREAD_OPTIONS if "seed" not in name}
    )
    words = without_options(words, {"--pages": True})
    shards = [f"{number}/{count}" for number in range(1, count + 1)]
    work_through([command_job(f"shard {one}", [*words, "--shard", one]) for one in shards], choice, out)


def parse_roles(option: str, arguments: Sequence[str] | None) -> dict[str, str]:
    """``ROLE=VALUE`` words, by role; a value alone stands under the empty role.

    Raises:
        UsageError: for a role given twice.
    """
    values: dict[str, str] = {}
    for word in arguments or ():
        role, equals, value = word.partition("=")
        if not equals or not role.replace("-", "").isalnum():
            role, value = "", word
        if role in values or not value:
            raise UsageError(f"{option}: expected [ROLE=]VALUE, each role once, got {word!r}")
        values[role] = value
    return values


def print_list(entries: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Every experiment with what it costs and what it needs."""
    if as_json:
        print_json({"reproductions": entries})
        return
    from rich import box
    from rich.table import Table

    from foolery.paper.cost import format_minutes
    from foolery.text import format_count

    if console().width < WIDE:
        print_short_list(entries)
        return
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("experiment, and what --scale multiplies")
    for name in ("queries", "on 4 cores, estimated", "runs"):
        table.add_column(name, justify="right", no_wrap=not name.startswith("on"))
    table.add_column("--classifier, --data", overflow="fold")
    for each in entries:
        needs = [f"{role}={value}" for kind in ("classifiers", "data") for role, value in each[kind].items()]
        table.add_row(
            each["name"],
            f"{each['title']}\n× {each['scale_multiplies']}",
            format_count(each["queries"]),
            format_minutes(each["minutes_on_4_cores"]),
            str(each["seeds"]),
            "\n".join(needs),
        )
    console().print(table)


def print_short_list(entries: Sequence[Mapping[str, Any]]) -> None:
    """Name, minutes and what is needed, one line each, for a narrow terminal."""
    from foolery.paper.cost import format_minutes

    width = max(len(each["name"]) for each in entries)
    for each in entries:
        needs = [
            f"{option} {role}=…"
            for option, kind in (("-c", "classifiers"), ("--data", "data"))
            for role, value in each[kind].items()
            if str(value).endswith(" needed")
        ]
        minutes = format_minutes(each["minutes_on_4_cores"])
        print(f"{each['name']:<{width}}  {minutes:>7}  {' '.join(needs)}".rstrip())
    print("minutes on 4 cores, estimated; a terminal of 120 columns or more shows what each does")


def print_findings(content: Mapping[str, Any], page: Path) -> None:
    """Claim, the paper's number, ours, verdict."""
    from rich import box
    from rich.table import Table

    print(f"{content['title']} ({content['place']})")
    table = Table("the paper's claim", "its number", "ours", "verdict", box=box.SIMPLE)
    for finding in content["findings"]:
        table.add_row(finding["claim"], finding["paper"], finding["measured"], finding["verdict"])
    console().print(table)
    for finding in content["findings"]:
        if finding["verdict"] in ("no verdict", "not tested at full scale"):
            print(f"{finding['key']}, {finding['verdict']}: {finding['reason'].partition('. ')[0]}")
    print(f"page        {page}")
