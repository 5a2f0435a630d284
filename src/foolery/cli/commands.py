"""The table of commands: a new command is one new file and one line here."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "Start here"
MORE = "More"


@dataclass(frozen=True)
class Listing:
    """One line of ``foolery --help``.

    Attributes:
        name: of the command, of its file in ``foolery.cli``, and of the function in that file.
        help: what it does, in one line; it stands here so that the help imports no command.
        panel: the heading that it stands under.
    """

    name: str
    help: str
    panel: str


COMMANDS = (
    Listing("demo", "Watch ten digits evolve that are none, then open the gallery.", FIRST),
    Listing("evolve", "Evolve images that a classifier is certain about, one for every class.", FIRST),
    Listing("report", "Write runs, an audit, or a folder of them as web pages.", FIRST),
    Listing("audit", "Find the nonsense that convinces a classifier more than photos do; judge it.", FIRST),
    Listing("reproduce", "Run the paper's experiments again, with its numbers beside ours.", FIRST),
    Listing("studio", "Watch runs on a local web page, and look closer.", MORE),
    Listing("ascend", "Follow gradients to images that a classifier is certain about.", MORE),
    Listing("show", "Print what runs have reached.", MORE),
    Listing("verify", "Draw and score every champion of a run again, and compare.", MORE),
    Listing("export", "Write champions as PNG files, or many runs as one data set.", MORE),
    Listing("transfer", "Ask other classifiers about the champions of runs.", MORE),
    Listing("lineage", "Count goal switches of a run, and draw the tree of its champions.", MORE),
    Listing("harden", "Train a network against images that fool it, and attack it again.", MORE),
    Listing("train", "Train a built-in network.", MORE),
    Listing("card", "Find the preprocessing of an ONNX file, and write its model card.", MORE),
    Listing("preflight", "Check a classifier before anything is built on it.", MORE),
    Listing("predict", "Print what a classifier sees in picture files.", MORE),
    Listing("evaluate", "Measure a classifier's error on labelled data.", MORE),
    Listing("models", "List the classifiers that can be named.", MORE),
)
