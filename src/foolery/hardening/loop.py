"""The rounds of an arms race: train, fool, add the images to class n + 1, train again (paper 3.6)."""

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
from foolery.data import LabelledData, LabelledImages
from foolery.data.class_matching import match_classes
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.files import check_no_links, is_vacant
from foolery.hardening.config import (
    FOOLING_CLASS,
    IMAGES_FILE,
    NETWORK_FILE,
    ROUND_FILE,
    ArmsRaceConfig,
    config_file,
    search_seed,
    training_seed,
)
from foolery.hardening.fine_tuning import fine_tune_with_fooling_class, harden_by_acet, load_trainable
from foolery.hardening.rounds import Round, RoundImages, images_of_runs, round_folder, summarize_round
from foolery.hardening.training_set import add_fooling_class, copy_network
from foolery.runs import open_run_file

TEST_BATCH = 400  # test images at a time

#: Called with what is being done, how much of it is done, and of how much.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _State:
    config: ArmsRaceConfig
    out: Path
    train_data: LabelledData
    test_data: LabelledData
    on_progress: OnProgress
    command: str

    def folder(self, number: int) -> Path:
        return round_folder(self.out, number)


def run_arms_race(
    config: ArmsRaceConfig,
    out: Path,
    *,
    train_data: LabelledData,
    test_data: LabelledData,
    resume: bool = False,
    on_progress: OnProgress = lambda label, done, total: None,
    command: str = "python",
) -> tuple[Round, ...]:
    """Run an arms race in the folder ``out``; a round is in ``out/round-NN``.

    Each has ``network.safetensors`` (with ONNX graph and card), ``images.npz`` with the champions of all
    runs, and ``round.json``. Whatever is whole in the folder is used again; interrupted runs are resumed.

    Args:
        config: settings.
        out: a folder that is not there, or one with the same arms race where ``resume`` is set.
        train_data: images to train with.
        test_data: images to measure errors with.
        resume: continue what is there.
        on_progress: called often, with a label, how much is done, and of how much.
        command: as it was typed.

    Raises:
        UsageError: for a folder in use, another arms race in it, and data or networks that cannot be had.
        MissingExtraError: without torch.
        KeyboardInterrupt: passed on; the same call with ``resume`` continues.
    """
    check_folder(config, out, resume=resume)
    config.write(out)
    if config.method != "fine-tune":
        (train_data,) = train_data.batches(len(train_data), config.recipe().preprocessing.shape)
    state = _State(config, out, train_data, test_data, on_progress, command)
    return tuple(_run_round(state, number) for number in range(1, config.rounds + 1))


def check_folder(config: ArmsRaceConfig, out: Path, *, resume: bool) -> None:
    """Raise UsageError where ``out`` is in use, or holds an arms race with other settings."""
    if config_file(out).is_file():
        if not resume:
            raise UsageError(
                f"out: {out} holds an arms race already; give --resume to continue it, or another folder"
            )
        check_no_links(out)
        stored = ArmsRaceConfig.read(out)
        # A longer arms race is the same one, continued.
        if stored.model_copy(update={"rounds": config.rounds}) != config:
            raise UsageError(
                f"out: the arms race in {out} has other settings; give the same, or another folder"
            )
    elif not is_vacant(out):
        raise UsageError(f"out: {out} is not empty; give another folder")


def _run_round(state: _State, number: int) -> Round:
    path = state.folder(number) / ROUND_FILE
    if path.is_file():
        return Round.read(path)
    start = perf_counter()
    images = _fooling_images(state, number)
    classifier = _network(state, number, images)
    training_seconds = perf_counter() - start
    error, real_as_fooling = real_image_rates(classifier, state.test_data)
    fooling = sum(map(len, images))
    result = summarize_round(
        number,
        _evolve_images(state, number, classifier),
        state.config.reported_runs,
        test_error=error,
        real_as_fooling=real_as_fooling,
        training_images=len(state.train_data) + fooling,
        fooling_images=fooling,
        training_seconds=training_seconds,
    )
    result.write(path)
    return result


def real_image_rates(classifier: Classifier, test_data: LabelledData) -> tuple[float, float]:
    """``(wrong, fooling)``: shares of the test images that are predicted wrongly, and as fooling images."""
    description = classifier.description
    index = match_classes(test_data.classes, description.classes, description.name).index
    wrong, fooling = [], []
    for part in test_data.batches(TEST_BATCH, description.canvas):
        top = classifier.scores(part.canvases).argmax(axis=1)
        wrong.append(top != index[part.labels])
        fooling.append((top == len(description.classes) - 1) & (description.classes[-1] == FOOLING_CLASS))
    return float(np.concatenate(wrong).mean()), float(np.concatenate(fooling).mean())


def _fooling_images(state: _State, number: int) -> list[Canvases]:
    """The fooling images of all rounds before, repeats included; none where the method does not use them."""
    config = state.config
    if config.method == "acet":
        return []
    images = [
        RoundImages.read(state.folder(before) / IMAGES_FILE).training_images(
            config.first_runs if before == 1 else config.runs
        )
        for before in range(1, number)
    ]
    return images * config.copies


def _network(state: _State, number: int, images: list[Canvases]) -> Classifier:
    config = state.config
    if number == 1 and config.method == "fine-tune":
        return load_trainable(str(config.start), config.card_file)
    weights = state.folder(number) / NETWORK_FILE
    if not card_beside(weights).is_file():
        weights.parent.mkdir(parents=True, exist_ok=True)
        _train_network(state, number, images, weights)
    if (read_card(card_beside(weights)).classes[-1] == FOOLING_CLASS) != bool(images):
        raise UsageError(f"out: {weights.parent} holds a network of other classes; give another folder")
    return load_classifier(f"onnx:{weights.with_suffix('.onnx')}")


def _train_network(state: _State, number: int, images: list[Canvases], weights: Path) -> None:
    """Write the network of a round; what a killed process left of it is replaced."""
    config, label = state.config, f"round {number}: training"
    for leftover in (weights, weights.with_suffix(".onnx")):
        leftover.unlink(missing_ok=True)
    seed = training_seed(config.seed, number)

    def on_step(done: int, total: int, _: float) -> None:
        state.on_progress(label, done, total)

    if config.method == "fine-tune":
        fine_tune_with_fooling_class(
            str(config.start),
            config.card_file,
            weights,
            train_data=state.train_data,
            images=images,
            seed=seed,
            iterations=config.iterations,
            made_by=state.command,
            on_step=on_step,
        )
    elif number == 1 and config.start is not None:
        copy_network(config.start, weights)
    elif number > 1 and config.method == "acet":
        harden_by_acet(
            state.folder(number - 1) / NETWORK_FILE,
            weights,
            train_data=state.train_data,
            test_data=state.test_data,
            seed=seed,
            iterations=config.iterations,
            made_by=state.command,
            on_progress=lambda _, done, total: state.on_progress(label, done, total),
        )
    else:
        _train_from_scratch(state, images, seed, weights, on_step)


def _train_from_scratch(
    state: _State,
    images: list[Canvases],
    seed: int,
    weights: Path,
    on_step: Callable[[int, int, float], None],
) -> None:
    from foolery.training.from_scratch import train_from_scratch

    config = state.config
    assert isinstance(state.train_data, LabelledImages)
    training_set = add_fooling_class(state.train_data, images) if images else state.train_data
    train_from_scratch(
        config.architecture, training_set, config.recipe(), seed, weights, state.command, on_step
    )


def _target_classes(state: _State, classifier: Classifier) -> tuple[str, ...]:
    """The network's names of the classes that images are evolved for: those of the data."""
    description = classifier.description
    index = match_classes(state.train_data.classes, description.classes, description.name).index
    return tuple(description.classes[place] for place in index)


def _evolve_images(state: _State, number: int, classifier: Classifier) -> RoundImages:
    config, folder = state.config, state.folder(number)
    path, runs = folder / IMAGES_FILE, folder / "runs"
    if path.is_file():
        return RoundImages.read(path)
    count = config.runs_in(number)
    seed = search_seed(config.seed, number)
    evolve(
        classifier,
        seeds=count,
        out=runs,
        encoding=config.encoding,
        generations=config.generations,
        batch=config.batch,
        seed=seed,
        classes=_target_classes(state, classifier),
        keep_genomes="all",
        resume=runs.is_dir(),
        on_progress=lambda seen: state.on_progress(
            f"round {number}: {count} runs", seen.generation, seen.generations
        ),
        command=state.command,
    )
    images = images_of_runs([open_run_file(runs / f"seed-{each}") for each in range(seed, seed + count)])
    images.write(path)
    shutil.rmtree(runs)
    return images
