"""Transfer: do images evolved against one classifier fool others (paper, section 3.5 and supplement)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.transfer_matrix import TransferCell, TransferMatrix, TransferRow
from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers import as_classifier
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data.class_matching import match_by_name
from foolery.data.fitting import fit_all, how_fitted
from foolery.engine.run import Champion, RunResult, open_run
from foolery.errors import UsageError
from foolery.stages import Stage, is_watched, plan_stages, stage
from foolery.text import VERY_CONFIDENT

CONFIDENT = 0.99
CHUNK = 200
RATE_BATCH, RATE_SECONDS = 64, 0.2  # with which a classifier's speed is measured


@dataclass(frozen=True)
class _Predictions:
    """What one classifier says about some champions, all arrays of one length; ``excluded`` are not in it."""

    matched: NDArray[np.bool_]
    target_confidence: NDArray[np.float64]
    top_confidence: NDArray[np.float64]
    source_confidence: NDArray[np.float64]
    excluded: int
    cosines: bool
    own: bool
    resized: bool


def transfer(
    runs: Sequence[RunResult | Path | str], classifiers: Sequence[Classifier | str]
) -> TransferMatrix:
    """Ask every classifier about the champions of every run.

    Example:
        >>> import foolery
        >>> run = foolery.evolve("lenet", generations=2, batch=20)
        >>> matrix = foolery.transfer([run], ["lenet", "lenet-b"])
        >>> matrix.columns
        ('lenet', 'lenet-b')
        >>> matrix.rows[0].cells[0].own
        True

    The canvases are drawn from the genomes, in 8 bits, and must be those that were scored. Their confidence
    from the classifier that they were evolved against is the one that the run recorded.

    Args:
        runs: with champions, or their folders.
        classifiers: to ask, or their references; canvases of another size are fitted
            (``foolery.data.fitting``).

    Raises:
        UsageError: for no runs, none with champions, no classifiers, a run whose canvases are not those that
            were scored, and a run and a classifier with no class name in common.
    """
    if not runs or not classifiers:
        raise UsageError("transfer: expected at least one run and one classifier, each")
    results = [run if isinstance(run, RunResult) else open_run(run) for run in runs]
    networks = [as_classifier(each) for each in classifiers]
    with_champions = [run for run in results if run.champions]
    notes = [f"{run.name} has no champions yet and is left out" for run in results if not run.champions]
    if not with_champions:
        raise UsageError("transfer: none of the runs has a champion; let them search first")
    for run in with_champions:
        check_canvases(run)
    descriptions = [classifier.description for classifier in networks]
    for description in descriptions:
        notes += [
            note
            for run in with_champions
            if (note := _same_name_note(run, description)) and note not in notes
        ]
    _plan(with_champions, networks)
    predictions = [[_predictions_of(run, classifier) for classifier in networks] for run in with_champions]
    if any(each.resized for row in predictions for each in row):
        ways = dict.fromkeys(how_fitted(each.canvas) for each in descriptions)
        notes.append(f"canvases of another size than the classifier's: {'; or '.join(ways)}")
    return TransferMatrix(
        columns=tuple(description.name for description in descriptions),
        rows=tuple(
            _row(run.name, [run], [each]) for run, each in zip(with_champions, predictions, strict=True)
        ),
        pooled=_pooled(with_champions, predictions),
        unmatched=tuple(_unmatched(with_champions, description) for description in descriptions),
        notes=tuple(notes),
    )


def _plan(runs: Sequence[RunResult], classifiers: Sequence[Classifier]) -> None:
    """Say how long each classifier will take for each run, as was measured."""
    if not is_watched():
        return
    step_seconds = [1 / images_per_second(each, RATE_BATCH, RATE_SECONDS) for each in classifiers]
    plan_stages(
        [
            Stage(_stage_name(run, each.description), len(run.champions), kind=each.description.name,
                  step_seconds=seconds)
            for run in runs
            for each, seconds in zip(classifiers, step_seconds, strict=True)
        ]
    )  # fmt: skip


def _stage_name(run: RunResult, description: Description) -> str:
    return f"{run.name} by {description.name}"


def check_canvases(run: RunResult) -> None:
    """Raise UsageError unless every champion's canvas is, byte for byte, the one that was scored."""
    changed = [one.label for one in run.champions.values() if canvas_hash(one.canvas) != one.canvas_hash]
    if changed:
        raise UsageError(
            f"run {run.name}: {len(changed)} canvases are not those that were scored ({changed[0]} first); "
            f"see: foolery verify {run.name}"
        )


def check_fingerprint(run: RunResult, description: Description) -> None:
    """Raise UsageError unless ``run`` was made against the described classifier, by its fingerprint."""
    if run.settings.fingerprint != description.fingerprint:
        raise UsageError(
            f"run {run.name}: was made against {run.settings.classifier} "
            f"({run.settings.fingerprint[:12]}), not against {description.name} "
            f"({description.fingerprint[:12]}); name the classifier that it fooled"
        )


def _same_name_note(run: RunResult, description: Description) -> str:
    """A note where a classifier has the name that the run recorded, and is another one."""
    settings = run.settings
    if settings.classifier != description.name or settings.fingerprint == description.fingerprint:
        return ""
    return (
        f"{description.name} is not the classifier that {run.name} fooled, though it has its name: "
        f"fingerprint {description.fingerprint[:12]}, the run has {settings.fingerprint[:12]}"
    )


def _unmatched(runs: Sequence[RunResult], description: Description) -> tuple[str, ...]:
    missing = set()
    for run in runs:
        positions = match_by_name(run.settings.classes, description.classes)
        missing |= {one.label for one in run.champions.values() if positions[one.index] < 0}
    return tuple(sorted(missing))


def _predictions_of(run: RunResult, classifier: Classifier) -> _Predictions:
    description = classifier.description
    positions = match_by_name(run.settings.classes, description.classes)
    champions = [one for one in run.champions.values() if positions[one.index] >= 0]
    if not champions:
        raise UsageError(
            f"transfer: none of the {len(run.champions)} classes of {run.name} "
            f"({', '.join(list(run.champions)[:3])}, …) is one of the {len(description.classes)} of "
            f"{description.name} ({', '.join(description.classes[:3])}, …)"
        )
    targets = positions[[one.index for one in champions]]
    chunks = []
    with stage(_stage_name(run, description), len(champions)) as advance:
        for at in range(0, len(champions), CHUNK):
            chunks.append(_scores(classifier, champions[at : at + CHUNK]))
            advance(min(at + CHUNK, len(champions)))
    scores = np.concatenate(chunks)
    first, rows = scores.argmax(axis=1), np.arange(len(champions))
    return _Predictions(
        matched=first == targets,
        target_confidence=confidence(scores[rows, targets], description.kind),
        top_confidence=confidence(scores[rows, first], description.kind),
        source_confidence=np.array([one.confidence for one in champions]),
        excluded=len(run.champions) - len(champions),
        cosines="similarity" in (description.kind, run.settings.kind),
        own=description.fingerprint == run.settings.fingerprint,
        resized=description.canvas.axes != tuple(run.settings.canvas),
    )


def _scores(classifier: Classifier, champions: Sequence[Champion]) -> NDArray[np.float64]:
    canvases: Canvases = np.stack([one.canvas for one in champions])
    return classifier.scores(fit_all(canvases, classifier.description.canvas))


def _pooled(
    runs: Sequence[RunResult], predictions: Sequence[Sequence[_Predictions]]
) -> tuple[TransferRow, ...]:
    groups: dict[tuple[str, str], list[int]] = {}
    for at, run in enumerate(runs):
        groups.setdefault((run.settings.fingerprint, run.settings.encoding), []).append(at)
    rows = []
    for members in groups.values():
        settings = runs[members[0]].settings
        name = f"{settings.classifier}, {settings.encoding}"
        rows.append(_row(name, [runs[at] for at in members], [predictions[at] for at in members]))
    return tuple(rows)


def _row(name: str, runs: Sequence[RunResult], predictions: Sequence[Sequence[_Predictions]]) -> TransferRow:
    settings = runs[0].settings
    return TransferRow(
        name=name,
        classifier=settings.classifier,
        encoding=settings.encoding,
        runs=len(runs),
        cells=tuple(_cell([row[column] for row in predictions]) for column in range(len(predictions[0]))),
    )


def _cell(predictions: Sequence[_Predictions]) -> TransferCell:
    matched = np.concatenate([each.matched for each in predictions])
    target = np.concatenate([each.target_confidence for each in predictions])
    first = np.concatenate([each.top_confidence for each in predictions])
    source = np.concatenate([each.source_confidence for each in predictions])
    weaker = np.minimum(target, source)
    cosines = any(each.cosines for each in predictions)
    return TransferCell(
        own=all(each.own for each in predictions),
        images=len(matched),
        excluded=sum(each.excluded for each in predictions),
        matches=int(matched.sum()),
        match_rate=_mean(matched),
        confidence=_mean(target),
        confidence_matched=_mean(first[matched]),
        confidence_mismatched=_mean(first[~matched]),
        both_99=float("nan") if cosines else _mean(weaker >= CONFIDENT),
        both_9999=float("nan") if cosines else _mean(weaker >= VERY_CONFIDENT),
        source_9999=float("nan") if cosines else _mean(source >= VERY_CONFIDENT),
        source_only=float("nan")
        if cosines
        else _mean((source >= VERY_CONFIDENT) & (~matched | (target < 0.5))),
        resized=any(each.resized for each in predictions),
    )


def _mean(values: NDArray[np.bool_] | NDArray[np.float64]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
