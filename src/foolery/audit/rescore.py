"""Again: the champions of an earlier audit, asked of another classifier, for instance a new build of it.

Nothing is searched, so it takes as long as the real pictures do. What an attacker spent is what the earlier
audit says; a champion that passes here and did not pass there counts as the whole budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.audit import schema as doc
from foolery.audit.attacks.base import AttackResult
from foolery.audit.config import AuditConfig
from foolery.audit.markdown import write_summary
from foolery.audit.reference import measure_of, reference_statistics, score_reference, target_classes
from foolery.audit.runner import RATE_BATCH
from foolery.audit.scoring import AttackRun, AuditResults
from foolery.audit.storage import ChampionFiles, new_audit, prepare_folder
from foolery.canvas import Canvases, from_png
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.errors import UsageError

NAME = "champions"
_AT_ONCE = 200


@dataclass(frozen=True)
class EarlierAudit:
    """An audit that is there: its document and its folder."""

    audit: doc.Audit
    folder: Path

    @classmethod
    def read(cls, path: Path) -> EarlierAudit:
        """The audit in a folder, or of an ``audit.json``.

        Raises:
            UsageError: where it cannot be read, or has no champions.
        """
        audit = doc.read_audit(path)
        if not audit.champions:
            raise UsageError(f"--champions: the audit in {path} has no champions yet")
        return cls(audit, path if path.is_dir() else path.parent)

    def images(self) -> Canvases:
        """``(N, C, H, W) uint8``: its champions.

        Raises:
            UsageError: where one of the PNG files is missing, or is no picture.
        """
        try:
            files = [(self.folder / one.image).read_bytes() for one in self.audit.champions]
        except OSError as error:
            raise UsageError(f"--champions: {error.filename} cannot be read: {error.strerror}") from None
        return np.stack([from_png(file) for file in files])


def rescore_champions(
    classifier: Classifier, earlier: EarlierAudit, config: AuditConfig, *, overwrite: bool = False
) -> doc.Audit:
    """Judge ``classifier`` by the champions of ``earlier``; the attacks of ``config`` are not tried.

    Raises:
        UsageError: for other classes or canvases, and a folder in use.
    """
    description, before = classifier.description, earlier.audit
    if description.classes != before.classifier.classes:
        raise UsageError(f"--champions: they are of other classes than those of {description.name}")
    if description.canvas.axes != before.classifier.canvas:
        raise UsageError(
            f"--champions: they are {before.classifier.canvas}, {description.name} takes "
            f"{description.canvas.axes}"
        )
    config.check()
    prepare_folder(config, overwrite=overwrite)
    audit = new_audit(description, config, images_per_second(classifier, RATE_BATCH))
    yardstick = None
    if config.reference is not None:
        reference_scores = score_reference(classifier, config.reference.data, config.reference.max_images)
        yardstick = reference_statistics(
            classifier, reference_scores, config.reference.reference, config.reference.split
        )
    images = earlier.images()
    threshold = None if yardstick is None else yardstick.threshold
    attack_results = _attack_results(classifier, before, images, threshold)
    budget = audit.budget.model_copy(
        update={
            "asked": before.budget.asked,
            "queries": before.budget.queries,
            "seconds": before.budget.seconds,
            "seeds": before.budget.seeds,
            "spent": len(images),
        }
    )
    results = AuditResults(
        [AttackRun(NAME, seed, trail) for seed, trail in enumerate(attack_results)],
        before.budget.seeds, description.kind, yardstick, budget.queries, target_classes(description,
        before.left_out),
    )  # fmt: skip
    agreement = None
    if config.panel is not None:
        panel = config.panel if config.reference is None else config.panel.calibrated(config.reference.data)
        agreement = results.panel_agreement(panel)
    seed = before.attacks[0].seed if before.attacks else 0
    champions = ChampionFiles(config.out, description.classes, seed).champions(results, yardstick, agreement)
    made_by = {one.index: (one.attack, one.seed) for one in before.champions}
    verdict = results.verdict(agreement)
    audit = audit.model_copy(
        update={
            "state": "finished",
            "yardstick": yardstick,
            "budget": budget,
            "left_out": before.left_out,
            "attacks": _attack_records(description, before, results, len(images)),
            "champions": tuple(
                one.model_copy(update=dict(zip(("attack", "seed"), made_by[one.index], strict=True)))
                for one in champions
            ),
            "curves": () if yardstick is None else results.curves(seed),
            "verdict": verdict,
            "gates": tuple(gate.judge(verdict) for gate in config.gates),
            "notes": (*audit.notes, _note(before)),
        }
    )
    doc.write_audit(audit, config.out)
    write_summary(audit, config.out)
    return audit


def _attack_results(
    classifier: Classifier, before: doc.Audit, images: Canvases, threshold: float | None
) -> list[AttackResult]:
    """One for each seed of the earlier audit; they differ in when classes fell."""
    description = classifier.description
    scores = np.concatenate(
        [classifier.scores(images[at : at + _AT_ONCE]) for at in range(0, len(images), _AT_ONCE)]
    )
    indices = np.array([one.index for one in before.champions])
    rows = np.arange(len(indices))
    values, own = np.full((2, len(description.classes)), -np.inf)
    values[indices] = measure_of(description)(scores, images)[rows, indices]
    own[indices] = scores[rows, indices]
    place = dict(zip(indices.tolist(), rows.tolist(), strict=True))

    def draw(classes: NDArray[np.int64]) -> Canvases:
        chosen: Canvases = images[[place[int(index)] for index in classes]]
        return chosen

    results = []
    for seed in range(before.budget.seeds):
        queries_to_fool = np.full(len(description.classes), np.inf)
        for one in before.champions:
            if threshold is not None and values[one.index] >= threshold:
                at = one.passed_at[seed]
                queries_to_fool[one.index] = before.budget.queries if at is None else at
        results.append(AttackResult(values, own, queries_to_fool, len(images), 0.0, draw))
    return results


def _attack_records(
    description: Description, before: doc.Audit, results: AuditResults, images: int
) -> tuple[doc.AttackRecord, ...]:
    fooled = (
        None
        if results.reference is None
        else float(np.isfinite(results.queries_to_fool[0, results.targets]).mean())
    )
    return (
        doc.AttackRecord(
            name=NAME,
            seed=before.attacks[0].seed if before.attacks else 0,
            about=f"champions of an audit of {before.classifier.name}",
            status="finished",
            share=images,
            queries=images,
            fooled_at_keep95=fooled,
            median_confidence=float(np.median(results.confidences[results.targets])),
        ),
    )


def _note(before: doc.Audit) -> str:
    return (
        f"No attack was made: these are the champions of an audit of {before.classifier.name}, and the "
        "queries of that audit. By pictures that were made for another a classifier can look safer than "
        "it is."
    )
