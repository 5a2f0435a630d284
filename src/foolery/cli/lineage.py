"""``foolery lineage``: goal switches of a run, and the tree of its champions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._output import print_json
from foolery.text import format_percent

if TYPE_CHECKING:
    from foolery.analysis.lineage import Lineage


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
    from foolery.analysis.lineage import trace_lineage
    from foolery.engine.run import make_run_result
    from foolery.runs import open_run_file

    file = open_run_file(run)
    traced = trace_lineage(file)
    written: list[Path] = []
    if out is not None:
        from foolery.report.lineage_svg import tree_svg
        from foolery.report.output_folder import OutputFolder

        folder = OutputFolder.claim(out, ["tree.svg", "tree.nwk"], overwrite=overwrite)
        champions = {label: one.canvas for label, one in make_run_result(file).champions.items()}
        folder.write("tree.svg", tree_svg(traced.tree, champions, file.generation).encode(errors="replace"))
        folder.write("tree.nwk", (traced.newick() + "\n").encode(errors="replace"))
        folder.finish()
        written = [out / "tree.svg", out / "tree.nwk"]
    if as_json:
        print_json({**traced.to_dict(), "files": [str(path) for path in written]})
        return
    print(*lines(traced), *written, sep="\n")


def lines(traced: Lineage) -> list[str]:
    """Goal switches and tree in words."""
    from foolery.analysis.lineage import tree_summary

    switches, figures = traced.switches, tree_summary(traced.tree)
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
