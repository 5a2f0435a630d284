"""Opening: the folder and the document of an audit that begins, and whether one can be gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.champion_files import class_file_name
from foolery.audit import schema as doc
from foolery.audit.config import DEFAULT_QUERIES, AuditConfig, ReferenceData
from foolery.audit.reference import class_medians, excluded_classes
from foolery.audit.schema import AuditedChampion, ReferenceStatistics
from foolery.audit.scoring import AuditResults
from foolery.canvas import Canvases, canvas_hash, png_bytes
from foolery.classifiers.base import Description
from foolery.data import match_classes
from foolery.engine.provenance import make_provenance
from foolery.errors import UsageError

FOLDER = "champions"


@dataclass
class ChampionFiles:
    """Champions of one audit.

    Attributes:
        out: folder of the audit.
        classes: of the classifier.
        seed: the first.
    """

    out: Path
    classes: tuple[str, ...]
    seed: int
    _written: dict[str, str] = field(default_factory=dict)  # image to the hash of what it shows

    def champions(
        self,
        results: AuditResults,
        reference: ReferenceStatistics | None,
        agreement: NDArray[np.float64] | None,
    ) -> tuple[AuditedChampion, ...]:
        """A row for each class that has a picture; pictures that changed are written.

        Args:
            results: of all attacks.
            reference: None without real pictures.
            agreement: ``(A, K) float64`` as in ``Standing.verdict``.
        """
        medians = None if reference is None else class_medians(reference)
        best = results.values.max(axis=0)
        agreement_of_champions = None if agreement is None else results.of_winners(agreement)
        champions = []
        for index, canvas in sorted(results.canvases().items()):
            winner, digest = results.attack_runs[int(results.winners[index])], canvas_hash(canvas)
            value, agreed = (
                float(best[index]),
                None if agreement_of_champions is None else float(agreement_of_champions[index]),
            )
            champions.append(
                AuditedChampion(
                    index=index,
                    label=self.classes[index],
                    confidence=float(results.confidences[index]),
                    score=float(results.scores[index]),
                    value=value,
                    attack=winner.attack,
                    seed=self.seed + winner.seed,
                    passed_at=tuple(
                        int(at) if isfinite(at) else None for at in results.queries_to_fool[:, index]
                    ),
                    fooled=None if reference is None else value >= reference.threshold,
                    beats_real=None if medians is None else bool(value > medians[index]),
                    recognised_by=agreed if agreed is not None and isfinite(agreed) else None,
                    image=self._write_image(index, canvas, digest),
                    canvas_hash=digest,
                )
            )
        return tuple(champions)

    def _write_image(self, index: int, canvas: Canvases, digest: str) -> str:
        name = f"{FOLDER}/{class_file_name(index, self.classes[index])}"
        if self._written.get(name) != digest:
            (self.out / FOLDER).mkdir(parents=True, exist_ok=True)
            (self.out / name).write_bytes(png_bytes(canvas))
            self._written[name] = digest
        return name


def new_audit(description: Description, config: AuditConfig, rate: float) -> doc.Audit:
    """The document of an audit of which nothing was done yet.

    Args:
        description: the classifier.
        config: what is asked for.
        rate: images a second, measured.
    """
    queries = config.budget.queries or DEFAULT_QUERIES
    if config.budget.queries is None and config.budget.seconds is not None:
        queries = min(queries, max(1000, int(rate * config.budget.seconds / config.seeds)))
    run_provenance = make_provenance(description, config.command)
    notes = list(description.notes)
    if config.reference is None:
        notes.append("There is no score: it compares with real pictures, and none were given (--data).")
    if config.budget.queries is None:
        notes.append(
            "The budget is a time, so how many queries it holds depends on the machine: scores of other "
            "machines do not compare."
        )
    if config.panel is None:
        notes.append("Nobody says whether champions are nonsense: no panel was given (--panel).")
    excluded = excluded_classes(description, config.exclude)
    if excluded:
        notes.append(f"Not to be fooled, and in no figure: {', '.join(excluded)}.")
    return doc.Audit(
        state="partial",
        classifier=doc.AuditedClassifier(
            name=description.name,
            fingerprint=description.fingerprint,
            kind=description.kind,
            canvas=description.canvas.axes,
            classes=description.classes,
            backend=description.backend,
            device=description.device,
        ),
        yardstick=None,
        budget=doc.BudgetRecord(
            asked=config.budget_text,
            queries=queries,
            seconds=config.budget.seconds,
            seeds=config.seeds,
            spent=0,
            repeated=0,
            elapsed=0.0,
            rate=rate,
        ),
        left_out=excluded,
        attacks=tuple(
            doc.AttackRecord(
                name=attack.name, seed=config.seed + number, about=attack.about, status="waiting"
            )
            for number in range(config.seeds)
            for attack in config.attacks
        ),
        panel=() if config.panel is None else config.panel.members,
        notes=tuple(notes),
        command=config.command,
        started=run_provenance.started,
        device=run_provenance.device,
        versions=run_provenance.versions,
    )


def check_resumable(earlier: doc.Audit, new: doc.Audit, config: AuditConfig) -> None:
    """Raise UsageError unless ``new`` asks for what the audit in the folder of ``config`` was begun with."""
    if new.classifier.fingerprint != earlier.classifier.fingerprint:
        raise UsageError(
            f"--resume: {config.out} was begun with another classifier: {earlier.classifier.name}, "
            f"fingerprint {earlier.classifier.fingerprint[:12]} (here {new.classifier.fingerprint[:12]})"
        )
    for name, here, there in (
        ("--budget", new.budget.asked, earlier.budget.asked),
        ("--seeds", new.budget.seeds, earlier.budget.seeds),
        ("--attacks", _attack_list(new), _attack_list(earlier)),
        ("--leave-out", _listed(new.left_out), _listed(earlier.left_out)),
        ("--data", _data_name(config.reference), _recorded_data(earlier.yardstick)),
    ):
        if here != there and not (name == "--data" and earlier.yardstick is None):
            raise UsageError(
                f"--resume: {config.out} was begun with {name} {there}; give that, or another --out"
            )


def check_classes(description: Description, reference: ReferenceData) -> None:
    """Raise UsageError unless the classes of ``reference`` are classes of the classifier."""
    match_classes(reference.data.classes, description.classes, description.name)


def reference_line(reference: doc.ReferenceStatistics) -> str:
    """The second line of an audit."""
    by_position = (
        "" if reference.matched_by == "name" else " (classes matched by their position: no name agrees)"
    )
    return (
        f"{reference.images} photos: accuracy {reference.accuracy:.1%}{by_position}; 95 % of the right "
        f"answers "
        f"have a {reference.measure} of {reference.threshold:.4g} or more"
    )


def budget_line(budget: doc.BudgetRecord) -> str:
    """The first line of an audit: how fast, how much, how long."""
    time = (budget.queries * budget.seeds - budget.spent) / budget.rate
    if budget.seconds is not None:
        time = min(time, budget.seconds - budget.elapsed)
    shown = f"{time:.0f} s" if time < 120 else f"{time / 60:.0f} min"
    seeds = "" if budget.seeds == 1 else f" for each of {budget.seeds} seeds"
    return (
        f"measured {budget.rate:,.0f} images/s; budget {budget.queries:,} queries{seeds}: about {shown} "
        f"or more"
    )


def prepare_folder(config: AuditConfig, *, overwrite: bool) -> None:
    """Make the folder of an audit; what an earlier audit wrote there goes where ``overwrite`` is given.

    Raises:
        UsageError: where the folder is in use otherwise.
    """
    out = config.out
    if (out / doc.FILE).exists() and overwrite:
        for name in ("runs", FOLDER, "helps"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in (doc.FILE, "summary.md"):
            (out / name).unlink(missing_ok=True)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out: {out} is not empty; name another folder, or give --resume or --overwrite")
    out.mkdir(parents=True, exist_ok=True)


def discard_folder(config: AuditConfig) -> None:
    """Remove an audit whose pictures cannot be used, so that the same command can be given again, mended."""
    (config.out / doc.FILE).unlink(missing_ok=True)
    with suppress(OSError):
        config.out.rmdir()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _attack_list(audit: doc.Audit) -> str:
    return ", ".join(f"{attack.name} (seed {attack.seed})" for attack in audit.attacks)


def _data_name(reference: ReferenceData | None) -> str:
    return "none" if reference is None else f"{reference.reference} ({reference.split})"


def _recorded_data(reference: doc.ReferenceStatistics | None) -> str:
    return "none" if reference is None else f"{reference.data} ({reference.split})"
