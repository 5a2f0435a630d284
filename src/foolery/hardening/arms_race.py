"""An arms race between a network and the search that fools it: from one call to its rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.hardening.config import FORMAT, NETWORK_FILE, ArmsRaceConfig, Method, OnBroken
from foolery.hardening.loop import OnProgress, check_folder, run_arms_race
from foolery.hardening.preparation import prepare_arms_race
from foolery.hardening.rounds import Round, round_files, round_folder
from foolery.results import Result
from foolery.text import format_confidence, format_count


@dataclass(frozen=True)
class ArmsRace(Result):
    """Settings of an arms race, and the rounds that are done.

    Attributes:
        path: of the folder with networks, images and rounds.
        config: settings.
        rounds: those that are done, in order.
    """

    path: Path
    config: ArmsRaceConfig
    rounds: tuple[Round, ...]

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    @property
    def network(self) -> Path:
        """ONNX file of the last round's network."""
        graph = Path(NETWORK_FILE).with_suffix(".onnx")
        return round_folder(self.path, self.rounds[-1].number) / graph

    def classifier(self) -> Classifier:
        """The last round's network, as a classifier."""
        return load_classifier(f"onnx:{self.network}")

    def to_dict(self) -> dict[str, Any]:
        """JSON values: settings and rounds, as the files of the folder have them."""
        return {
            "foolery_arms_race": FORMAT,
            "path": str(self.path),
            "config": self.config.model_dump(mode="json"),
            "rounds": [each.model_dump(mode="json") for each in self.rounds],
        }

    def _repr_html_(self) -> str:
        heads = ("network", "test error", "training images", "fooling images", "median confidence")
        rows = [
            (
                f"DNN {each.number}",
                f"{each.test_error:.2%}",
                str(each.training_images),
                str(each.fooling_images),
                format_confidence(each.median_confidence),
            )
            for each in self.rounds
        ]
        table = "".join(
            f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in row)}</tr>"
            for tag, row in (("th", heads), *(("td", row) for row in rows))
        )
        return f"<table>{table}</table>"


def harden(
    classifier: str,
    *,
    data: str = "mnist",
    method: Method = "class",
    rounds: int = 2,
    runs: int = 50,
    first_runs: int | None = None,
    generations: int = 200,
    batch: int = 200,
    encoding: str = "cppn",
    over_represent: float | None = None,
    iterations: int | None = None,
    side: int | None = None,
    card: Path | str | None = None,
    broken: OnBroken = "refuse",
    seed: int = 0,
    out: Path | str = "hardened",
    resume: bool = False,
    on_progress: OnProgress = lambda label, done, total: None,
    on_note: Callable[[str], None] = lambda line: None,
    command: str = "python",
) -> ArmsRace:
    """Train a network against the images that fool it, and attack it again after every round.

    Example::

        import foolery

        race = foolery.harden("lenet", runs=2, generations=3, batch=50, iterations=20)
        race.rounds[1].fooling_images   # 40
        race.report("page")

    Args:
        classifier: an architecture to train (``lenet``, ``perceptron``, ``convnet``, ``vit``); with ``acet``
            a network that foolery trained; with ``fine-tune`` any torch network that can be named.
        data: a data reference: images to train with and to measure errors with.
        method: ``class`` trains from scratch with a class of fooling images (the paper's method);
            ``fine-tune`` gives a pretrained network such a class; ``acet`` fine-tunes on optimised noise.
        rounds: number of networks, the first included.
        runs: searches against each network.
        first_runs: searches against the first network; ``runs`` if None.
        generations: of each search.
        batch: children per generation.
        encoding: of the fooling images.
        over_represent: repeat fooling images to so many times an average class; None: each once.
        iterations: steps of each training; None for the recipe's.
        side: of the canvas, in pixels; None for the recipe's.
        card: model card of the network, for ``fine-tune``.
        broken: ``refuse`` or ``skip`` images that cannot be read.
        seed: of the first network, and of the first search.
        out: folder for networks and images.
        resume: continue what is in ``out``; more ``rounds`` extend it.
        on_progress: called often with a label, how much is done, and of how much.
        on_note: called with each line that a user should know before it starts.
        command: as it was typed, for the cards of the networks.

    Returns:
        Settings and rounds; each round's network lies in ``out/round-NN``.

    Raises:
        UsageError: for anything that cannot be used, in one line, before anything is written.
        MissingExtraError: without torch.
        KeyboardInterrupt: passed on; the same call with ``resume`` continues.
    """
    folder, first = Path(out), first_runs or runs
    prepared = prepare_arms_race(
        classifier,
        data,
        method,
        broken=broken,
        over_represent=over_represent,
        settings={
            "rounds": rounds,
            "first_runs": first,
            "runs": runs,
            "reported_runs": min(runs, first, 30),
            "generations": generations,
            "batch": batch,
            "encoding": encoding,
            "iterations": iterations,
            "side": side,
            "seed": seed,
            "card": None if card is None else str(card),
        },
    )
    check_folder(prepared.config, folder, resume=resume)
    for line in prepared.notes:
        on_note(line)
    on_note(_summary(prepared.config))
    results = run_arms_race(
        prepared.config,
        folder,
        train_data=prepared.train_data,
        test_data=prepared.test_data,
        resume=resume,
        on_progress=on_progress,
        command=command,
    )
    return ArmsRace(folder, prepared.config, results)


def _summary(config: ArmsRaceConfig) -> str:
    queries = format_count(config.queries())
    trainings = config.rounds - (config.start is not None)
    several = "training" if trainings == 1 else "trainings"
    return f"{config.rounds} networks, {queries} queries, {trainings} {several}"


def read_arms_race(folder: Path | str) -> ArmsRace:
    """The arms race in ``folder``, with the rounds that are done.

    Raises:
        UsageError: where a file of it is damaged, or of a later version.
    """
    folder = Path(folder)
    config = ArmsRaceConfig.read(folder)
    rounds = sorted(map(Round.read, round_files(folder)), key=lambda each: each.number)
    return ArmsRace(folder, config, tuple(rounds))
