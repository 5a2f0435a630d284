"""Page: a result as a page of the docs, and the page of all budgets. Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from foolery.paper.cost import LONG_MINUTES, format_minutes
from foolery.paper.experiment import Reproduction, ReproductionOutcome, ResultTable
from foolery.text import format_count

_WIDE = 118


def result_page(
    content: Mapping[str, Any], outcome: ReproductionOutcome, reproduction: Reproduction, picture: str | None
) -> str:
    """The page of one result; ``picture`` is the name of its picture's file beside it, or None."""
    parts = [
        f"# {content['title']}",
        _introduction(content, reproduction),
        f"```sh\n{content['command']}\n```",
        findings_table(content["findings"]),
        *(f"- **{each['key']}**, {each['verdict']}: {each['reason']}" for each in content["findings"]),
    ]
    if picture is not None:
        parts += [f"![{outcome.caption or content['title']}]({picture})", outcome.caption]
    for table in outcome.tables:
        parts += [f"## {table.title}", markdown_table(table)]
    parts += list(outcome.notes)
    parts.append(_conclusion(content, reproduction))
    return "\n\n".join(part for part in _join_lists(parts) if part) + "\n"


def findings_table(findings: Sequence[Mapping[str, Any]]) -> str:
    """The paper's claim, its number, ours, and the verdict."""
    rows = tuple(
        (each["claim"], each["place"], each["paper"], each["measured"], f"**{each['verdict']}**")
        for each in findings
    )
    return markdown_table(
        ResultTable("", ("the paper's claim", "place", "its number", "ours", "verdict"), rows)
    )


def findings_html(content: Mapping[str, Any]) -> str:
    """The same as HTML, for notebooks."""
    heads = ("the paper's claim", "its number", "ours", "verdict")
    rows = [(each["claim"], each["paper"], each["measured"], each["verdict"]) for each in content["findings"]]
    table = "".join(
        f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in row)}</tr>"
        for tag, row in (("th", heads), *(("td", row) for row in rows))
    )
    return f"<p>{escape(content['title'])} ({escape(content['place'])})</p><table>{table}</table>"


def markdown_table(table: ResultTable) -> str:
    """A table; what would end a cell is escaped."""
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def overview_page(
    reproductions: Sequence[Reproduction], results: Mapping[str, Mapping[str, Any]], ending: str
) -> str:
    """The page of all reproductions: what each costs at full scale, and what is known of it.

    Args:
        reproductions: all of them.
        results: name to the content of its ``result.json``, of those that were run.
        ending: of a link, after the name of a reproduction.
    """
    costs = tuple(
        (
            each.name,
            each.title,
            each.place,
            format_count(each.cost(1.0, each.seeds).queries),
            format_minutes(each.cost(1.0, each.seeds).minutes()),
            str(each.seeds),
            each.scale_multiplies,
        )
        for each in reproductions
    )
    findings = tuple(
        (
            f"[{each.name}]({each.name}{ending})",
            finding["claim"],
            finding["paper"],
            finding["measured"],
            f"**{finding['verdict']}**",
        )
        for each in reproductions
        for finding in results.get(each.name, {}).get("findings", ())
    )
    parts = [
        "# The paper's experiments, each one command",
        "`foolery reproduce NAME` runs an experiment of the paper again and says whether its claim holds. "
        "Below full scale the verdict is *not tested at full scale*, with what was seen.",
    ]
    if findings:
        heads_of_findings = ("experiment", "the paper's claim", "its number", "ours", "verdict")
        parts += ["## What was found", markdown_table(ResultTable("", heads_of_findings, findings))]
    heads = (
        "name",
        "experiment",
        "place in the paper",
        "queries",
        "on 4 cores",
        "runs",
        "`--scale` multiplies",
    )
    parts += [
        "## What each costs at full scale",
        markdown_table(ResultTable("", heads, costs)),
        f"Measured with the shipped `lenet`, and for photos with MobileNet v1 of width 0.25 at 128 pixels. "
        f"Those of {LONG_MINUTES:.0f} minutes or more say so before they start; all of them continue where "
        f"they were "
        f"interrupted when the same command is given again.",
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(content: Mapping[str, Any], reproduction: Reproduction) -> str:
    classifiers = [
        f"`{each['reference']}` ({each['classes']} classes)" for each in content["classifiers"].values()
    ]
    data = [f"`{reference}`" for reference in dict.fromkeys(content["data"].values())]
    what = (
        f"Against {', '.join(classifiers + data)}"
        if classifiers
        else f"Trained and tested on {', '.join(data)}"
    )
    runs = f"{content['seeds']} run{'s' if content['seeds'] != 1 else ''}"
    size = f"full scale, {runs}" if content["full_scale"] else _smaller(content, reproduction)
    return f"Place: {content['place']}. {what}; {size}."


def _smaller(content: Mapping[str, Any], reproduction: Reproduction) -> str:
    if content["scale"] >= 1.0 and content["seeds"] >= reproduction.seeds:
        return "less than full scale, see below"
    scale = f"scale {content['scale']:g} of {reproduction.scale_multiplies}"
    return scale if content["seeds"] == reproduction.seeds else f"{scale}, seeds {content['seeds']}"


def _conclusion(content: Mapping[str, Any], reproduction: Reproduction) -> str:
    took = format_minutes(content["seconds"] / 60.0)
    return (
        f"The searches took {took} ({content['machine']}). `--scale` multiplies "
        f"{reproduction.scale_multiplies}; "
        f"full scale is scale 1 with {reproduction.seeds} run{'s' if reproduction.seeds != 1 else ''}. All "
        f"figures are in the JSON file beside this page."
    )


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _join_lists(parts: Sequence[str]) -> list[str]:
    """Items of one list stand without empty lines between them."""
    joined: list[str] = []
    for part in parts:
        if part.startswith("- ") and joined and joined[-1].startswith("- "):
            joined[-1] += f"\n{part}"
        else:
            joined.append(part)
    return joined
