"""``foolery lineage``: goal switches of a run, and the tree of its champions."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._output import print_json
from foolery.text import format_percent

if TYPE_CHECKING:
    from foolery.analysis.lineage import GoalSwitches, LineageNode


def lineage(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write tree.svg and tree.nwk there.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write also into a folder with other files.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print how often a class took over another class's offspring, and draw the tree of the champions.

    tree.svg opens in a browser; tree.nwk is Newick's format, for programs that draw phylogenies.
    """
    from foolery.analysis.lineage import goal_switches, lineage_tree, newick
    from foolery.engine.run import make_run_result
    from foolery.runs import open_run_file

    file = open_run_file(run)
    switches, root = goal_switches(file), lineage_tree(file)
    written: list[Path] = []
    if out is not None:
        from foolery.report.lineage_svg import tree_svg
        from foolery.report.output_folder import OutputFolder

        folder = OutputFolder.claim(out, ["tree.svg", "tree.nwk"], overwrite=overwrite)
        champions = {label: one.canvas for label, one in make_run_result(file).champions.items()}
        folder.write("tree.svg", tree_svg(root, champions, file.generation).encode(errors="replace"))
        folder.write("tree.nwk", (newick(root) + "\n").encode(errors="replace"))
        folder.finish()
        written = [out / "tree.svg", out / "tree.nwk"]
    if as_json:
        print_json({**as_object(switches, root), "files": [str(path) for path in written]})
        return
    print(*lines(switches, root), *written, sep="\n")


def as_object(switches: GoalSwitches, root: LineageNode) -> dict[str, object]:
    """What ``--json`` prints."""
    from foolery.analysis.lineage import tree_summary

    return {
        "goal_switches": switches.mean,
        "goal_switches_sd": switches.spread,
        "new_champions": switches.mean_champions,
        "share": switches.share if isfinite(switches.share) else None,
        "tree": dict(tree_summary(root)),
        "classes": [
            {"class": label, "new_champions": int(champions), "goal_switches": int(count)}
            for label, champions, count in zip(
                switches.classes, switches.champions, switches.switches, strict=True
            )
        ],
    }


def lines(switches: GoalSwitches, root: LineageNode) -> list[str]:
    """The same as lines for people."""
    from foolery.analysis.lineage import tree_summary

    figures = tree_summary(root)
    share = format_percent(switches.share)
    most = sorted(zip(switches.switches, switches.classes, strict=True), key=lambda pair: -int(pair[0]))[:5]
    named = ", ".join(f"{label} ({count})" for count, label in most if count) or "none"
    return [
        f"new champions  {switches.mean_champions:.1f} a class after generation 0",
        f"goal switches  {switches.mean:.1f} a class (SD {switches.spread:.1f}), {share} of the new "
        f"champions",
        f"most often     {named}",
        f"tree           {figures['classes']} classes won by {figures['individuals']} individuals, from "
        f"{figures['founders']} of the first generation",
    ]
