"""``foolery reproduce``: the paper's experiments, each with its number beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foolery.cli._options import DeviceOption, command_line, real, whole
from foolery.cli._output import console, note, print_json
from foolery.cli._progress import labelled_bar
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.paper.experiment import Reproduction
    from foolery.paper.prepare import Prepared


def reproduce(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Experiments, or all; see --list.")
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", metavar="S", parser=real, help="Share of the paper's size.")
    ] = 1.0,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N", parser=whole, help="Independent runs (default: the experiment's)."
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
    listed: Annotated[
        bool, typer.Option("--list", help="Only list the experiments and what they cost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run experiments of the paper again: its claim, its number, ours, and whether it holds.

    Results go to DIR/NAME: result.json, page.md and picture.png. The same command goes on after Ctrl-C.
    """
    from foolery.paper.prepare import Wishes, prepare
    from foolery.paper.registry import ALL, chosen
    from foolery.paper.runner import conduct, publish

    if listed:
        print_list(chosen(names or [ALL]), as_json=as_json)
        return
    wishes = Wishes(
        scale,
        seeds,
        by_role("--classifier", classifier),
        paths(by_role("--card", card)),
        by_role("--data", data),
        device,
    )
    with labelled_bar() as progress:
        prepared = prepare(
            chosen(names or []), wishes, out, command=command_line(context), say=note, progress=progress
        )
        announce(prepared)
        results = []
        for each in prepared:
            try:
                results.append(conduct(each, out))
            except KeyboardInterrupt:
                note(f"interrupted at {each.reproduction.name}: {out} is saved; the same command goes on")
                raise
            if not as_json:
                print_findings(results[-1].content, out)
    if pages is not None:
        publish(out, pages)
    if as_json:
        print_json({"results": [result.content for result in results]})


def by_role(option: str, words: Sequence[str] | None) -> dict[str, str]:
    """``ROLE=VALUE`` words, by role; a value alone stands under the empty role.

    Raises:
        UsageError: for a role given twice.
    """
    found: dict[str, str] = {}
    for word in words or ():
        role, equals, value = word.partition("=")
        if not equals or not role.replace("-", "").isalnum():
            role, value = "", word
        if role in found or not value:
            raise UsageError(f"{option}: expected [ROLE=]VALUE, each role once, got {word!r}")
        found[role] = value
    return found


def paths(given: Mapping[str, str]) -> dict[str, Path]:
    """The same with paths."""
    return {role: Path(value).expanduser() for role, value in given.items()}


def print_list(reproductions: Sequence[Reproduction], *, as_json: bool) -> None:
    """Every experiment with what it costs and what it needs."""
    from foolery.paper.experiment import in_words

    entries = [
        {
            "name": each.name,
            "title": each.title,
            "place": each.place,
            "scale_multiplies": each.scales,
            "seeds": each.seeds,
            "queries": each.budget(1.0, each.seeds).queries,
            "minutes_on_4_cores": round(each.budget(1.0, each.seeds).minutes(), 1),
            "classifiers": {
                slot.role: slot.default or ("REF needed" if slot.required else "REF, if you have one")
                for slot in each.needs.classifiers
            },
            "data": {
                slot.role: slot.default or ("DATA needed" if slot.required else "DATA, if you have some")
                for slot in each.needs.data
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
            f"{each.title}\n× {each.scales}",
            grouped(each.budget(1.0, each.seeds).queries),
            in_words(each.budget(1.0, each.seeds).minutes()),
            str(each.seeds),
            "\n".join(filter(None, (roles(entry["classifiers"]), roles(entry["data"])))),
        )
    console().print(table)


def roles(slots: object) -> str:
    """``digits=lenet``, one line for each role."""
    return "\n".join(f"{role}={value}" for role, value in slots.items()) if isinstance(slots, dict) else ""


def grouped(number: int) -> str:
    """``2 000 800``."""
    return f"{number:,}".replace(",", " ")


def announce(prepared: Sequence[Prepared]) -> None:
    """What each experiment will cost, at the speed of the classifiers as just measured."""
    from foolery.classifiers.wrappers.metered import images_per_second
    from foolery.paper.experiment import LONG, in_words

    measured: dict[int, float] = {}
    for each in prepared:
        for classifier in each.context.classifiers.values():
            if id(classifier) not in measured:
                measured[id(classifier)] = images_per_second(classifier, 200, 0.3)
        rates = {role: measured[id(one)] for role, one in each.context.classifiers.items()}
        budget = each.reproduction.budget(each.context.scale, each.context.seeds)
        minutes = budget.minutes(rates)
        long = "; this is long: Ctrl-C saves, and the same command goes on" if minutes >= LONG else ""
        note(
            f"{each.reproduction.name}: {grouped(budget.queries)} queries, about {in_words(minutes)} here "
            f"where none of its runs is done yet{long}"
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
