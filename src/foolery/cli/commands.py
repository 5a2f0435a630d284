"""The table of commands: a new command is one new file and one line here."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = "Start here"
MORE = "More"


@dataclass(frozen=True)
class CommandEntry:
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
    CommandEntry("demo", "Watch ten digits evolve that are none, then open the gallery.", MAIN),
    CommandEntry("evolve", "Evolve images that a classifier is certain about, one for every class.", MAIN),
    CommandEntry("report", "Write runs, an audit, or a folder of them as web pages.", MAIN),
    CommandEntry(
        "audit", "Find the nonsense that convinces a classifier more than photos do; judge it.", MAIN
    ),
    CommandEntry("reproduce", "Run the paper's experiments again, with its numbers beside ours.", MAIN),
    CommandEntry("studio", "Watch runs on a local web page, and look closer.", MORE),
    CommandEntry("ascend", "Follow gradients to images that a classifier is certain about.", MORE),
    CommandEntry("show", "Print what runs have reached.", MORE),
    CommandEntry("verify", "Draw and score every champion of a run again, and compare.", MORE),
    CommandEntry("export", "Write champions as PNG files, or many runs as one data set.", MORE),
    CommandEntry("transfer", "Ask other classifiers about the champions of runs.", MORE),
    CommandEntry("lineage", "Count goal switches of a run, and draw the tree of its champions.", MORE),
    CommandEntry("harden", "Train a network against images that fool it, and attack it again.", MORE),
    CommandEntry("train", "Train a built-in network.", MORE),
    CommandEntry("card", "Find the preprocessing of an ONNX file, and write its model card.", MORE),
    CommandEntry("preflight", "Check a classifier before anything is built on it.", MORE),
    CommandEntry("predict", "Print what a classifier sees in picture files.", MORE),
    CommandEntry("evaluate", "Measure a classifier's error on labelled data.", MORE),
    CommandEntry("models", "List the classifiers that can be named.", MORE),
)
