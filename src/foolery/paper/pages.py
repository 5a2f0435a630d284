"""Page: a result as a page of the docs, and the page of all budgets. Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, get_args

from foolery.paper.cost import LONG_MINUTES, format_minutes
from foolery.paper.experiment import Reproduction, ResultTable
from foolery.paper.verdicts import MIN_UNITS, Verdict
from foolery.text import format_count


def result_page(content: Mapping[str, Any], reproduction: Reproduction, picture: str | None) -> str:
    """The page of one result, of its JSON alone; ``picture`` is the name of its picture's file, or None."""
    caption = content.get("caption", "")
    parts = [
        f"# {content['title']}",
        _introduction(content),
        f"```sh\n{content['command']}\n```",
        findings_table(content["findings"]),
        *(
            f"- **{each['key']}**, {each['verdict']}{_unit_text(each)}: {each['reason']}"
            for each in content["findings"]
        ),
    ]
    if picture is not None:
        parts += [f"![{caption or content['title']}]({picture})", caption]
    if content["amounts"]:
        parts += ["## Scale", _scale_table(content["amounts"])]
    for table in [*content.get("tables", ()), *content["judged_tables"]]:
        rows = tuple(tuple(row) for row in table["rows"])
        parts += [
            f"## {table['title']}",
            markdown_table(ResultTable(table["title"], tuple(table["columns"]), rows)),
        ]
    parts += list(content["notes"])
    parts.append(_conclusion(content, reproduction))
    return "\n\n".join(part for part in _join_lists(parts) if part) + "\n"


def _unit_text(finding: Mapping[str, Any]) -> str:
    return f" (unit: {finding['unit']}, {finding['units']})" if finding.get("unit") else ""


def _scale_table(amounts: Sequence[Mapping[str, Any]]) -> str:
    rows = tuple((each["what"], format_count(each["paper"]), format_count(each["ours"])) for each in amounts)
    return markdown_table(ResultTable("", ("", "the paper's", "here"), rows))


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
    reproductions: Sequence[Reproduction],
    results: Mapping[str, Mapping[str, Any]],
    ending: str,
    earlier: Mapping[str, Any] | None = None,
) -> str:
    """The page of all reproductions: what was found by which rules, and what each costs and took.

    Args:
        reproductions: all of them.
        results: name to the content of its ``result.json``, of those that were run.
        ending: of a link, after the name of a reproduction.
        earlier: ``tallies``, counts of verdicts by the name of their column, and ``text``, paragraphs
            on them.
    """
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
        "`foolery reproduce NAME --page-from DIR` judges stored figures again, without a run.",
    ]
    if findings:
        heads_of_findings = ("experiment", "the paper's claim", "its number", "ours", "verdict")
        parts += [
            "## What was found",
            markdown_table(ResultTable("", heads_of_findings, findings)),
            "## The rules",
            RULES,
            "## Counts of verdicts",
            _counts_table(results, earlier or {}),
            *(earlier or {}).get("text", ()),
        ]
    parts += [
        "## What each costs at full scale: estimated",
        _estimates_table(reproductions),
        "Queries times a usual rate: of the shipped `lenet`, and for photos of MobileNet v1 of width 0.25 "
        f"at 128 pixels, on 4 cores that do nothing else. Those of {LONG_MINUTES:.0f} minutes or more say "
        "so before they start; all of them continue where they were interrupted when the same command is "
        "given again.",
    ]
    if results:
        parts += [
            "## What each took: measured",
            _measured_table(reproductions, results),
            "Seconds of training and search as the runs recorded them, at the scale that was run, beside the "
            "estimate for that scale. The machine often did other work at the same time.",
        ]
    return "\n\n".join(parts) + "\n"


RULES = (
    "Three verdicts: *holds*, *holds in part*, *does not hold*. There is *no verdict* where the unit of "
    f"analysis (run, network, race, family of networks) has fewer than {MIN_UNITS} members, where the test "
    "was chosen after a look at the result, where the paper's figure is uncertain, and where what the "
    "rule needs was not recorded. *Not tested at full scale* is measured by the paper's scale: each page "
    "lists its amounts beside ours. What was seen is said all the same. Tests use the unit that the page "
    "names; beside p stand direction and effect."
)


def _counts_table(results: Mapping[str, Mapping[str, Any]], earlier: Mapping[str, Any]) -> str:
    columns: dict[str, Mapping[str, int]] = dict(earlier.get("tallies", {}))
    columns["now"] = Counter(
        finding["verdict"] for content in results.values() for finding in content["findings"]
    )
    rows = tuple(
        (verdict, *(str(column.get(verdict, 0)) for column in columns.values()))
        for verdict in get_args(Verdict)
    )
    total = ("claims", *(str(sum(column.values())) for column in columns.values()))
    return markdown_table(ResultTable("", ("verdict", *columns), (*rows, total)))


def _estimates_table(reproductions: Sequence[Reproduction]) -> str:
    rows = tuple(
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
    heads = (
        "name", "experiment", "place in the paper", "queries", "estimate, 4 cores", "runs", "`--scale` "
        "multiplies",
    )  # fmt: skip
    return markdown_table(ResultTable("", heads, rows))


def _measured_table(reproductions: Sequence[Reproduction], results: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for each in reproductions:
        if each.name not in results:
            continue
        content = results[each.name]
        rows.append(
            (
                each.name,
                f"{content['scale']:g}",
                str(content["seeds"]),
                format_minutes(each.cost(content["scale"], content["seeds"]).minutes()),
                format_minutes(content["seconds"] / 60.0),
                content["machine"],
                _cores_text(content),
            )
        )
    heads = ("name", "scale", "runs", "estimate, 4 cores", "measured", "machine", "cores")
    return markdown_table(ResultTable("", heads, tuple(rows)))


def _cores_text(content: Mapping[str, Any]) -> str:
    return str(content["cores"]) if content.get("cores") else "not recorded"


def _introduction(content: Mapping[str, Any]) -> str:
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
    size = "the paper's scale" if content["full_scale"] else "less than the paper's scale"
    scale = "" if content["scale"] == 1.0 else f", scale {content['scale']:g}"
    return f"Place: {content['place']}. {what}; {size}, {runs}{scale}."


def _conclusion(content: Mapping[str, Any], reproduction: Reproduction) -> str:
    took, estimate = (
        content["seconds"] / 60.0,
        reproduction.cost(content["scale"], content["seeds"]).minutes(),
    )
    return (
        f"Measured: the searches took {format_minutes(took)} ({content['machine']}, cores: "
        f"{_cores_text(content)}). Estimated for 4 cores: {format_minutes(estimate)}. `--scale` multiplies "
        f"{reproduction.scale_multiplies}; full scale is scale 1 with {reproduction.seeds} "
        f"run{'s' if reproduction.seeds != 1 else ''}. All figures are in the JSON file beside this page."
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
