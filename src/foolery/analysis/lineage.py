"""Lineage: goal switches, and the tree of the champions of a run (follow-up paper, GECCO 2015).

A goal switch is a champion whose parent was not the champion that it replaces: the parent held another
class when the child was made, and the child took this one. Champions of the first generation have no parent
and do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.engine.run import RunResult
from foolery.errors import UsageError
from foolery.results import Result
from foolery.runs import RunFile, open_run_file


@dataclass(frozen=True)
class GoalSwitches:
    """How often classes took over offspring of other classes' champions.

    Attributes:
        classes: names, in the order of the cells.
        champions: ``(K,) int64``, new champions of each class after generation 0.
        switches: ``(K,) int64``, those of them whose parent was champion of other classes only.
    """

    classes: tuple[str, ...]
    champions: NDArray[np.int64]
    switches: NDArray[np.int64]

    @property
    def mean(self) -> float:
        """Goal switches per class."""
        return float(self.switches.mean())

    @property
    def spread(self) -> float:
        """Standard deviation over classes (of the sample) of the goal switches; 0 for one class."""
        return float(self.switches.std(ddof=1)) if len(self.switches) > 1 else 0.0

    @property
    def mean_champions(self) -> float:
        """New champions per class."""
        return float(self.champions.mean())

    @property
    def share(self) -> float:
        """Goal switches among new champions, of all classes together; NaN where there are none."""
        total = int(self.champions.sum())
        return int(self.switches.sum()) / total if total else float("nan")


@dataclass
class LineageNode:
    """A node of a tree: an individual, or the root above all first ones.

    Attributes:
        number: of the individual; None for the root.
        generation: in which it was made; -1 for the root.
        labels: classes that it holds at the end.
        children: individuals that descend from it, those between left out that neither branch nor hold.
    """

    number: int | None
    generation: int
    labels: tuple[str, ...] = ()
    children: list[LineageNode] = field(default_factory=list)


@dataclass(frozen=True)
class Lineage(Result):
    """The goal switches of a run, and the tree of its champions.

    Attributes:
        switches: of every class.
        tree: its root.
    """

    switches: GoalSwitches
    tree: LineageNode

    def to_dict(self) -> dict[str, Any]:
        """JSON values; a share that cannot be measured is None."""
        switches = self.switches
        return {
            "goal_switches": switches.mean,
            "goal_switches_sd": switches.spread,
            "new_champions": switches.mean_champions,
            "share": switches.share if isfinite(switches.share) else None,
            "tree": dict(tree_summary(self.tree)),
            "classes": [
                {"class": label, "new_champions": int(champions), "goal_switches": int(count)}
                for label, champions, count in zip(
                    switches.classes, switches.champions, switches.switches, strict=True
                )
            ],
        }

    def newick(self) -> str:
        """The tree in Newick's format."""
        return newick(self.tree)


def trace_lineage(run: RunFile | RunResult | Path | str) -> Lineage:
    """Count the goal switches of a run, and draw the tree of its champions.

    Example:
        >>> import foolery
        >>> from foolery.analysis import trace_lineage
        >>> run = foolery.evolve("lenet", generations=3, batch=20, out="run")
        >>> trace_lineage(run).to_dict()["tree"]["classes"]
        10

    Args:
        run: a run file, the folder of one, or the result of a run that has a folder.

    Raises:
        UsageError: where the run has no folder or no champions yet, or its file is damaged.
    """
    source = run.path if isinstance(run, RunResult) else run
    if source is None:
        raise UsageError("run: a lineage needs the run file; evolve with out=FOLDER")
    file = source if isinstance(source, RunFile) else open_run_file(Path(source))
    return Lineage(goal_switches(file), lineage_tree(file))


def goal_switches(run: RunFile) -> GoalSwitches:
    """Count them over all that ever took a cell."""
    parents = {one.number: one.parent for one in run.individuals}
    cells = run.settings.cells
    champions, switches = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    for replacement in run.replacements:
        parent = parents[replacement.individual]
        if parent is None:
            continue
        champions[replacement.cell] += 1
        switches[replacement.cell] += parent != replacement.previous
    return GoalSwitches(tuple(run.settings.classes[cell] for cell in cells), champions, switches)


def lineage_tree(run: RunFile) -> LineageNode:
    """The champions at the end and their ancestors, as a tree.

    Mates do not count: a lineage is the line of parents. Individuals with one child that hold nothing are
    left out; the others keep the generation of their birth.

    Raises:
        UsageError: where the run has no champions yet.
    """
    if not run.champions:
        raise UsageError("tree: the run has no champions yet; let it search first")
    individuals = {one.number: one for one in run.individuals}
    labels_of: dict[int, list[str]] = {}
    for champion in run.champions:
        label = run.settings.classes[run.settings.cells[champion.cell]]
        labels_of.setdefault(champion.individual, []).append(label)
    children: dict[int | None, set[int]] = {}
    for number in labels_of:
        at: int | None = number
        while at is not None:
            parent = individuals[at].parent
            siblings = children.setdefault(parent, set())
            if at in siblings:
                break
            siblings.add(at)
            at = parent
    nodes: dict[int, LineageNode] = {}
    root = LineageNode(None, -1)
    for number in sorted({each for group in children.values() for each in group}, reverse=True):
        below = [nodes[child] for child in sorted(children.get(number, ()))]
        only = len(below) == 1 and number not in labels_of
        individual = individuals[number]
        nodes[number] = (
            below[0]
            if only
            else LineageNode(number, individual.generation, tuple(labels_of.get(number, ())), below)
        )
    root.children = [nodes[number] for number in sorted(children[None])]
    return root


def newick(root: LineageNode) -> str:
    """The tree in Newick's format: one leaf for each class; lengths of branches are generations.

    A class held by an individual with descendants is a leaf of length 0 at it. Names stand in quotes.
    """
    texts: dict[int, str] = {}
    for node in postorder(root):
        parts = [f"{texts[id(child)]}:{child.generation - node.generation}" for child in node.children]
        quoted = ["'" + label.replace("'", "''") + "'" for label in node.labels]
        if not parts and len(quoted) == 1:
            texts[id(node)] = quoted[0]
            continue
        parts += [f"{name}:0" for name in quoted]
        texts[id(node)] = f"({','.join(parts)})" + ("" if node.number is None else f"'#{node.number}'")
    return f"{texts[id(root)]};"


def postorder(root: LineageNode) -> list[LineageNode]:
    """Every node after its children."""
    order, pending = [], [root]
    while pending:
        node = pending.pop()
        order.append(node)
        pending += node.children
    return order[::-1]


def tree_summary(root: LineageNode) -> Mapping[str, int]:
    """How many classes, founders (first individuals with descendants among the champions), branch points."""
    nodes = postorder(root)
    return {
        "classes": sum(len(node.labels) for node in nodes),
        "individuals": sum(bool(node.labels) for node in nodes),
        "founders": len(root.children),
        "branch_points": sum(len(node.children) > 1 for node in nodes if node is not root),
    }
