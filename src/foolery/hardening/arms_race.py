"""Race: train, fool, add the images to class n + 1, train again (paper 3.6)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import card_beside, read_card
from foolery.data import Labelled, LabelledData
from foolery.data.class_matching import match_classes
from foolery.engine.evolution import evolve_replicates
from foolery.errors import UsageError
from foolery.files import write_whole
from foolery.hardening.acet import harden_by_acet
from foolery.hardening.fine_tuning import fine_tune_with, trainable
from foolery.hardening.rounds import Crowd, Round, crowd_of, round_of
from foolery.hardening.settings import Contest
from foolery.hardening.training_set import FOOLING, copy_network, with_fooling_class
from foolery.runs import open_run_file

CONTEST, ROUND, CROWD, NETWORK = "contest.json", "round.json", "images.npz", "network.safetensors"

BATCH = 400  # test pictures at a time

#: Told what is being done: a label, how much is done, and of how much.
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Race:
    contest: Contest
    out: Path
    real: LabelledData
    tests: LabelledData
    told: Told
    command: str

    def folder(self, number: int) -> Path:
        return self.out / f"round-{number:02d}"


def race(
    contest: Contest,
    out: Path,
    *,
    pictures: LabelledData,
    tests: LabelledData,
    resume: bool = False,
    told: Told = lambda label, done, total: None,
    command: str = "python",
) -> tuple[Round, ...]:
    """Carry out a contest in the folder ``out``; a round is in ``out/round-NN``.

    Each has ``network.safetensors`` (with ONNX graph and card), ``images.npz`` with the champions of all
    runs, and ``round.json``. Whatever is whole in the folder is used again; runs go on where they stopped.

    Args:
        contest: settings.
        out: a folder that is not there, or one with the same contest where ``resume`` is set.
        pictures: to learn from.
        tests: to measure errors with.
        resume: go on with what is there.
        told: of the work, often.
        command: as it was typed.

    Raises:
        UsageError: for a folder in use, another contest in it, and data or networks that cannot be had.
        MissingExtraError: without torch.
        KeyboardInterrupt: passed on; the same call with ``resume`` goes on.
    """
    check_folder(contest, out, resume=resume)
    write_whole(out / CONTEST, contest.model_dump_json(indent=1) + "\n")
    if contest.method != "fine-tune":
        (pictures,) = pictures.batches(len(pictures), contest.recipe().preprocessing.shape)
    state = _Race(contest, out, pictures, tests, told, command)
    return tuple(_round(state, number) for number in range(1, contest.rounds + 1))


def check_folder(contest: Contest, out: Path, *, resume: bool) -> None:
    """Raise UsageError where ``out`` is in use, or holds another contest than the one to be gone on with."""
    path = out / CONTEST
    if path.is_file():
        if not resume:
            raise UsageError(f"out: {out} holds a contest already; give --resume to go on, or another folder")
        stored = Contest.read(path)
        # A longer race is the same race, gone on with.
        if stored.model_copy(update={"rounds": contest.rounds}) != contest:
            raise UsageError(
                f"out: the contest in {out} has other settings; give the same, or another folder"
            )
    elif out.exists() and any(out.iterdir()):
        raise UsageError(f"out: {out} is not empty; give another folder")


def _round(race: _Race, number: int) -> Round:
    path = race.folder(number) / ROUND
    if path.is_file():
        return Round.model_validate_json(path.read_text(encoding="utf-8"))
    start = perf_counter()
    images = _images(race, number)
    classifier = _network(race, number, images)
    trained = perf_counter() - start
    error, as_fooling = _on_real(classifier, race.tests)
    fooling = sum(map(len, images))
    found = round_of(
        number,
        _crowd(race, number, classifier),
        race.contest.reported,
        error=error,
        real_as_fooling=as_fooling,
        pictures=len(race.real) + fooling,
        fooling=fooling,
        training=trained,
    )
    write_whole(path, found.model_dump_json(indent=1) + "\n")
    return found


def _on_real(classifier: Classifier, tests: LabelledData) -> tuple[float, float]:
    """Of the test pictures, the share answered wrongly, and the share taken for fooling images."""
    known = classifier.description
    index = match_classes(tests.classes, known.classes, known.name).index
    wrong, fooling = [], []
    for part in tests.batches(BATCH, known.canvas):
        first = classifier.scores(part.canvases).argmax(axis=1)
        wrong.append(first != index[part.labels])
        fooling.append((first == len(known.classes) - 1) & (known.classes[-1] == FOOLING))
    return float(np.concatenate(wrong).mean()), float(np.concatenate(fooling).mean())


def _images(race: _Race, number: int) -> list[Canvases]:
    """The fooling images of all rounds before, repeats included; none where they are not learnt from."""
    contest = race.contest
    if contest.method == "acet":
        return []
    images = [
        Crowd.read(race.folder(before) / CROWD).images(contest.first_runs if before == 1 else contest.runs)
        for before in range(1, number)
    ]
    return images * contest.copies


def _network(race: _Race, number: int, images: list[Canvases]) -> Classifier:
    contest = race.contest
    if number == 1 and contest.method == "fine-tune":
        return trainable(str(contest.start), _card(contest))
    weights = race.folder(number) / NETWORK
    if not card_beside(weights).is_file():
        weights.parent.mkdir(parents=True, exist_ok=True)
        _train(race, number, images, weights)
    if (read_card(card_beside(weights)).classes[-1] == FOOLING) != bool(images):
        raise UsageError(f"out: {weights.parent} holds a network of other classes; give another folder")
    return load_classifier(f"onnx:{weights.with_suffix('.onnx')}")


def _train(race: _Race, number: int, images: list[Canvases], weights: Path) -> None:
    """Write the network of a round; what a killed process left of it is replaced."""
    contest, label = race.contest, f"round {number}: training"
    for left in (weights, weights.with_suffix(".onnx")):
        left.unlink(missing_ok=True)
    seed = contest.seed + number - 1

    def told(done: int, total: int, _: float) -> None:
        race.told(label, done, total)

    if contest.method == "fine-tune":
        fine_tune_with(
            str(contest.start),
            _card(contest),
            weights,
            pictures=race.real,
            images=images,
            seed=seed,
            iterations=contest.iterations,
            made_by=race.command,
            told=told,
        )
    elif number == 1 and contest.start is not None:
        copy_network(contest.start, weights)
    elif number > 1 and contest.method == "acet":
        harden_by_acet(
            race.folder(number - 1) / NETWORK,
            weights,
            pictures=race.real,
            tests=race.tests,
            seed=seed,
            iterations=contest.iterations,
            made_by=race.command,
            told=lambda _, done, total: race.told(label, done, total),
        )
    else:
        _learn_from_scratch(race, images, seed, weights, told)


def _learn_from_scratch(
    race: _Race, images: list[Canvases], seed: int, weights: Path, told: Callable[[int, int, float], None]
) -> None:
    from foolery.training.train import learn

    contest = race.contest
    assert isinstance(race.real, Labelled)
    lesson = with_fooling_class(race.real, images) if images else race.real
    learn(contest.architecture, lesson, contest.recipe(), seed, weights, race.command, told)


def _card(contest: Contest) -> Path | None:
    return None if contest.card is None else Path(contest.card)


def _claimed(race: _Race, classifier: Classifier) -> tuple[str, ...]:
    """The network's names of the classes that images are evolved for: those of the data."""
    known = classifier.description
    index = match_classes(race.real.classes, known.classes, known.name).index
    return tuple(known.classes[place] for place in index)


def _crowd(race: _Race, number: int, classifier: Classifier) -> Crowd:
    contest, folder = race.contest, race.folder(number)
    path, runs = folder / CROWD, folder / "runs"
    if path.is_file():
        return Crowd.read(path)
    count = contest.runs_in(number)
    # Runs against different networks draw different numbers.
    seed = 1000 * (contest.seed * 100 + number)
    evolve_replicates(
        classifier,
        replicates=count,
        out=runs,
        encoding=contest.encoding,
        generations=contest.generations,
        batch=contest.batch,
        seed=seed,
        classes=_claimed(race, classifier),
        keep="all",
        resume=runs.is_dir(),
        watch=lambda seen: race.told(f"round {number}: {count} runs", seen.generation, seen.generations),
        command=race.command,
    )
    crowd = crowd_of([open_run_file(runs / f"seed-{each}") for each in range(seed, seed + count)])
    crowd.write(path)
    shutil.rmtree(runs)
    return crowd
