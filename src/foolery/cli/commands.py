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
        help: one line; it stands here so that the help imports no command.
        panel: heading of its group.
    """

    name: str
    help: str
    panel: str


COMMANDS = (
    CommandEntry("demo", "Evolve ten fooling images for a digit classifier and open the report.", MAIN),
    CommandEntry(
        "evolve", "Evolve images that a classifier accepts with high confidence, one for every class.", MAIN
    ),
    CommandEntry("report", "Write runs, audits or a folder of them as web pages.", MAIN),
    CommandEntry(
        "audit", "Audit a classifier: search for unrecognizable images that it accepts, and score it.", MAIN
    ),
    CommandEntry("reproduce", "Reproduce the paper's experiments, with its numbers beside ours.", MAIN),
    CommandEntry("sweep", "Attack many classifiers with many searches, on one machine or on many.", MORE),
    CommandEntry("studio", "Watch and inspect runs on a local web page.", MORE),
    CommandEntry(
        "breed", "Breed images by hand in the browser, with a classifier's answers beside them.", MORE
    ),
    CommandEntry(
        "ascend", "Follow gradients to images that a classifier accepts with high confidence.", MORE
    ),
    CommandEntry("show", "Print the results of runs.", MORE),
    CommandEntry("verify", "Render and score every champion of a run again, and compare.", MORE),
    CommandEntry("export", "Write champions as PNG files, or many runs as one data set.", MORE),
    CommandEntry("transfer", "Test the champions of runs on other classifiers.", MORE),
    CommandEntry("lineage", "Count goal switches of a run, and draw the tree of its champions.", MORE),
    CommandEntry("quiz", "Ask people which label a network gave to an image, and score their answers.", MORE),
    CommandEntry("detect", "Measure whether detectors tell images made from nothing from real ones.", MORE),
    CommandEntry("harden", "Retrain a network against its own fooling images, round after round.", MORE),
    CommandEntry("train", "Train a built-in network.", MORE),
    CommandEntry("card", "Find the preprocessing of an ONNX file, and write its model card.", MORE),
    CommandEntry("preflight", "Check that a classifier is set up correctly.", MORE),
    CommandEntry("predict", "Print the top classes of image files.", MORE),
    CommandEntry("evaluate", "Measure a classifier's error on labelled data.", MORE),
    CommandEntry("models", "List the classifiers that can be named.", MORE),
)

EXAMPLES = {
    "demo": "foolery demo --open",
    "evolve": "foolery evolve -c lenet -e cppn -n 500 --out runs/first",
    "report": "foolery report runs/first -o page --open",
    "audit": "foolery audit onnx:net/model.onnx --data folder:photos --budget 20000 --out audit",
    "reproduce": "foolery reproduce fig4 --scale 0.05",
    "sweep": "foolery sweep board.toml --on local:2 --out board",
    "studio": "foolery studio runs --open",
    "breed": "foolery breed --from runs/first --class 3",
    "ascend": "foolery ascend -c torchvision:resnet18 --budget 20000 --out runs/ascent",
    "show": "foolery show runs/first",
    "verify": "foolery verify runs/first",
    "export": "foolery export runs/first -o pictures",
    "transfer": "foolery transfer runs/first -c lenet-b -c perceptron",
    "lineage": "foolery lineage runs/first",
    "quiz": "foolery quiz runs/first -o quiz.html --open",
    "detect": "foolery detect lenet --data mnist --detectors msp,energy,knn --out table",
    "harden": "foolery harden lenet --data mnist --rounds 2 --out race",
    "train": "foolery train lenet --data mnist",
    "card": "foolery card net/model.onnx --data folder:photos --class-names imagenet",
    "preflight": "foolery preflight onnx:net/model.onnx --data folder:photos",
    "predict": "foolery predict lenet seven.png",
    "evaluate": "foolery evaluate lenet --data mnist",
    "models": "foolery models",
}
"""What stands at the end of the help of each command: one line that can be typed."""

OPTION_GROUPS = {
    "How the classifier is loaded": (
        "--backend", "--card", "--class-names", "--device", "--precision", "--trust", "--set",
    ),
    "What is written": (
        "--out", "--resume", "--overwrite", "--checkpoint-every", "--keep-genomes", "--keep", "--single-file",
        "--json", "--profile", "--open",
    ),
}  # fmt: skip
"""Headings in the help of a command with many options; all others stand under Options."""
