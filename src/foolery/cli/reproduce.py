"""``foolery reproduce``: the paper's experiments, each with its number beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foolery.cli._options import DeviceOption, command_line, real_number, whole_number
from foolery.cli._output import console, note, print_json
from foolery.cli._progress import labelled_bar
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.paper.experiment import Reproduction
    from foolery.paper.prepare import PreparedReproduction


def reproduce(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Experiments, or all; see --list.")
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
        typer.Option("--classifier", "-c", metavar="[ROLE=]REF", help="What to fool instead; see --list."),
    ] = None,
    card: Annotated[
        list[str] | None, typer.Option("--card", metavar="[ROLE=]FILE", help="That classifier's model card.")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option("--data", metavar="[ROLE=]DATA", help="Labelled pictures.")
    ] = None,
    device: DeviceOption = "auto",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="For results; runs lie in DIR/runs.")
    ] = Path("reproduce"),
    pages: Annotated[
        Path | None,
        typer.Option("--pages", metavar="DIR", help="Also write the pages there, as the docs have them."),
    ] = None,
    list_only: Annotated[
        bool, typer.Option("--list", help="Only list the experiments and what they cost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run experiments of the paper again: its claim, its number, ours, and whether it holds.

    Results go to DIR/NAME: result.json, page.md and picture.png. The same command goes on after Ctrl-C.
    """
    from foolery.paper.prepare import ReproduceOptions, prepare_reproductions
    from foolery.paper.registry import ALL, select_reproductions
    from foolery.paper.runner import publish_pages, run_reproduction

    if list_only:
        print_list(select_reproductions(names or [ALL]), as_json=as_json)
        return
    options = ReproduceOptions(
        scale,
        seeds,
        parse_roles("--classifier", classifier),
        paths(parse_roles("--card", card)),
        parse_roles("--data", data),
        device,
    )
    with labelled_bar() as progress:
        prepared = prepare_reproductions(
            select_reproductions(names or []),
            options,
            out,
            command=command_line(context),
            log=note,
            on_progress=progress,
        )
        announce_cost(prepared)
        results = []
        for each in prepared:
            try:
                results.append(run_reproduction(each, out))
            except KeyboardInterrupt:
                note(f"interrupted at {each.reproduction.name}: {out} is saved; the same command goes on")
                raise
            if not as_json:
                print_findings(results[-1].content, out)
    if pages is not None:
        publish_pages(out, pages)
    if as_json:
        print_json({"results": [result.content for result in results]})


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


def paths(values: Mapping[str, str]) -> dict[str, Path]:
    """The same with paths."""
    return {role: Path(value).expanduser() for role, value in values.items()}


def print_list(reproductions: Sequence[Reproduction], *, as_json: bool) -> None:
    """Every experiment with what it costs and what it needs."""
    from foolery.paper.experiment import format_minutes

    entries = [
        {
            "name": each.name,
            "title": each.title,
            "place": each.place,
            "scale_multiplies": each.scale_multiplies,
            "seeds": each.seeds,
            "queries": each.cost(1.0, each.seeds).queries,
            "minutes_on_4_cores": round(each.cost(1.0, each.seeds).minutes(), 1),
            "classifiers": {
                slot.role: slot.default or ("REF needed" if slot.required else "REF, if you have one")
                for slot in each.requirements.classifiers
            },
            "data": {
                slot.role: slot.default or ("DATA needed" if slot.required else "DATA, if you have some")
                for slot in each.requirements.data
            },
        }
        for each in reproductions
    ]
    if as_json:
        print_json({"reproductions": entries})
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("experiment, and what --scale multiplies")
    for name in ("queries", "on 4 cores", "runs"):
        table.add_column(name, justify="right", no_wrap=name != "on 4 cores")
    table.add_column("--classifier, --data", overflow="fold")
    for entry, each in zip(entries, reproductions, strict=True):
        table.add_row(
            each.name,
            f"{each.title}\n× {each.scale_multiplies}",
            format_count(each.cost(1.0, each.seeds).queries),
            format_minutes(each.cost(1.0, each.seeds).minutes()),
            str(each.seeds),
            "\n".join(filter(None, (format_roles(entry["classifiers"]), format_roles(entry["data"])))),
        )
    console().print(table)


def format_roles(values: object) -> str:
    """``digits=lenet``, one line for each role."""
    return "\n".join(f"{role}={value}" for role, value in values.items()) if isinstance(values, dict) else ""


def format_count(number: int) -> str:
    """``2 000 800``."""
    return f"{number:,}".replace(",", " ")


def announce_cost(prepared: Sequence[PreparedReproduction]) -> None:
    """What each experiment will cost, at the speed of the classifiers as just measured."""
    from foolery.classifiers.wrappers.metered import images_per_second
    from foolery.paper.experiment import LONG_MINUTES, format_minutes

    rate_of: dict[int, float] = {}
    for each in prepared:
        for classifier in each.context.classifiers.values():
            if id(classifier) not in rate_of:
                rate_of[id(classifier)] = images_per_second(classifier, 200, 0.3)
        rates = {role: rate_of[id(one)] for role, one in each.context.classifiers.items()}
        cost = each.reproduction.cost(each.context.scale, each.context.seeds)
        minutes = cost.minutes(rates)
        warning = (
            "; this is long: Ctrl-C saves, and the same command goes on" if minutes >= LONG_MINUTES else ""
        )
        note(
            f"{each.reproduction.name}: {format_count(cost.queries)} queries, about "
            f"{format_minutes(minutes)} here "
            f"where none of its runs is done yet{warning}"
        )


def print_findings(content: Mapping[str, Any], out: Path) -> None:
    """Claim, the paper's number, ours, verdict."""
    from rich import box
    from rich.table import Table

    print(f"{content['title']} ({content['place']})")
    table = Table("the paper's claim", "its number", "ours", "verdict", box=box.SIMPLE)
    for finding in content["findings"]:
        table.add_row(finding["claim"], finding["paper"], finding["measured"], finding["verdict"])
    console().print(table)
    print(f"page        {out / content['reproduction'] / 'page.md'}")
