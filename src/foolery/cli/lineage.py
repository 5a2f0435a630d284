"""``foolery lineage``: goal switches of a run, and the tree of its champions."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._output import print_json

if TYPE_CHECKING:
    from foolery.analysis.lineage import GoalSwitches, Node


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
    from foolery.analysis.lineage import goal_switches, newick, tree_of
    from foolery.engine.run import exhibit_of
    from foolery.runs import open_run_file

    file = open_run_file(run)
    found, root = goal_switches(file), tree_of(file)
    written: list[Path] = []
    if out is not None:
        from foolery.report.lineage_svg import tree_svg
        from foolery.report.output_folder import Folder

        folder = Folder.claim(out, ["tree.svg", "tree.nwk"], overwrite=overwrite)
        champions = {label: one.canvas for label, one in exhibit_of(file).champions.items()}
        folder.write("tree.svg", tree_svg(root, champions, file.generation).encode(errors="replace"))
        folder.write("tree.nwk", (newick(root) + "\n").encode(errors="replace"))
        folder.finish()
        written = [out / "tree.svg", out / "tree.nwk"]
    if as_json:
        print_json({**as_object(found, root), "files": [str(path) for path in written]})
        return
    print(*lines(found, root), *written, sep="\n")


def as_object(found: GoalSwitches, root: Node) -> dict[str, object]:
    """What ``--json`` prints."""
    from foolery.analysis.lineage import tree_figures

    return {
        "goal_switches": found.mean,
        "goal_switches_sd": found.spread,
        "new_champions": found.mean_champions,
        "share": found.share if isfinite(found.share) else None,
        "tree": dict(tree_figures(root)),
        "classes": [
            {"class": label, "new_champions": int(champions), "goal_switches": int(switches)}
            for label, champions, switches in zip(found.classes, found.champions, found.switches, strict=True)
        ],
    }


def lines(found: GoalSwitches, root: Node) -> list[str]:
    """The same in words."""
    from foolery.analysis.lineage import tree_figures

    figures = tree_figures(root)
    share = f"{100 * found.share:.1f} %" if isfinite(found.share) else "none"
    most = sorted(zip(found.switches, found.classes, strict=True), key=lambda pair: -int(pair[0]))[:5]
    named = ", ".join(f"{label} ({count})" for count, label in most if count) or "none"
    return [
        f"new champions  {found.mean_champions:.1f} a class after generation 0",
        f"goal switches  {found.mean:.1f} a class (SD {found.spread:.1f}), {share} of the new champions",
        f"most often     {named}",
        f"tree           {figures['classes']} classes held by {figures['individuals']} individuals, from "
        f"{figures['founders']} of the first generation",
    ]
