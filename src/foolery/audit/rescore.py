"""The champions of an earlier audit, scored by another classifier, for instance a new build of the same.

Nothing is searched, so it takes as long as the reference data does. What an attacker spent is what the other
audit says; a champion that fools this classifier and did not fool that one counts as the whole budget.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attackers import AttackRun
from foolery.audit.attacks.base import AttackResult
from foolery.audit.champion_files import ChampionFiles, read_champion
from foolery.audit.figures import make_verdict
from foolery.audit.markdown import write_summary
from foolery.audit.plan import AuditPlan
from foolery.audit.reference import measure_of, reference_statistics, score_reference
from foolery.audit.schema import AttackRecord, Audit, AuditedChampion, ReferenceStatistics
from foolery.audit.scoring import AuditResults
from foolery.audit.storage import prepare_folder, write_audit
from foolery.audit.trace import Trace
from foolery.canvas import Canvases
from foolery.classifiers.base import Description
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.errors import UsageError

NAME = "champions"
"""What the one attack of such an audit is called."""
_BATCH = 200
_RATE_BATCH = 64


def champion_images(audit: Audit) -> Canvases:
    """``(N, C, H, W) uint8``: the images of an audit's champions.

    Raises:
        UsageError: where one of the PNG files is missing, or is no image.
    """
    expected, canvases = audit.classifier.canvas, []
    for champion in audit.champions:
        canvas = read_champion(audit.folder, champion)
        if canvas.shape != expected:
            raise UsageError(
                f"--champions: {audit.folder / champion.image} is {canvas.shape}, the audit says {expected}"
            )
        canvases.append(canvas)
    return np.stack(canvases)


def rescore_champions(plan: AuditPlan, earlier: Audit, *, overwrite: bool = False) -> Audit:
    """Audit the classifier of ``plan`` by the champions of ``earlier``; its attacks are not tried.

    Raises:
        UsageError: for other classes or canvases, and a folder in use.
    """
    _check_compatible(plan.classifier.description, earlier)
    images = champion_images(earlier)
    prepare_folder(plan.out, overwrite=overwrite)
    audit = plan.new_audit(images_per_second(plan.classifier, _RATE_BATCH)).placed_in(plan.out)
    reference = None
    if plan.reference is not None:
        scored = score_reference(plan.classifier, plan.reference)
        reference = reference_statistics(plan.classifier, scored, plan.reference)
    results = _results(plan, earlier, images, reference)
    agreement = None
    if plan.panel is not None:
        panel = plan.panel if plan.reference is None else plan.panel.calibrated(plan.reference.data)
        agreement = results.panel_agreement(panel)
    seed = earlier.attacks[0].seed if earlier.attacks else 0
    champions = ChampionFiles(plan.out, earlier.classifier.classes, seed).write(results, agreement)
    verdict = make_verdict(results, agreement)
    limits = ("requested", "queries", "seconds", "seeds")
    kept = {name: getattr(earlier.budget, name) for name in limits}
    audit = audit.model_copy(
        update={
            "state": "finished",
            "reference": reference,
            "budget": audit.budget.model_copy(update={**kept, "spent": len(images)}),
            "excluded": earlier.excluded,
            "attacks": (_attack_record(earlier, results, seed),),
            "champions": _with_makers(champions, earlier),
            "curves": () if reference is None else results.curves(seed),
            "verdict": verdict,
            "gates": tuple(
                gate.judge(verdict, earlier.unfinished, None if reference is None else reference.correct)
                for gate in plan.gates
            ),
            "notes": (*audit.notes, _note(earlier)),
        }
    )
    write_audit(audit, plan.out)
    write_summary(audit, plan.out)
    return audit


def _check_compatible(description: Description, earlier: Audit) -> None:
    if not earlier.champions:
        raise UsageError(f"--champions: the audit in {earlier.folder} has no champions yet")
    if description.classes != earlier.classifier.classes:
        raise UsageError(f"--champions: they are of other classes than those of {description.name}")
    if description.canvas.axes != earlier.classifier.canvas:
        raise UsageError(
            f"--champions: they are {earlier.classifier.canvas}, {description.name} takes "
            f"{description.canvas.axes}"
        )


def _results(
    plan: AuditPlan, earlier: Audit, images: Canvases, reference: ReferenceStatistics | None
) -> AuditResults:
    """One result for each seed of the earlier audit; they differ in when classes were fooled."""
    classifier = plan.classifier
    description, count = classifier.description, len(classifier.description.classes)
    scores = np.concatenate(
        [classifier.scores(images[at : at + _BATCH]) for at in range(0, len(images), _BATCH)]
    )
    indices, rows = np.array([one.index for one in earlier.champions]), np.arange(len(images))
    values, own = np.full(count, -np.inf), np.full(count, -np.inf)
    values[indices] = measure_of(description)(scores, images)[rows, indices]
    own[indices] = scores[rows, indices]
    row_of = dict(zip(indices.tolist(), rows.tolist(), strict=True))

    def draw(classes: NDArray[np.int64]) -> Canvases:
        drawn: Canvases = images[[row_of[int(index)] for index in classes]]
        return drawn

    threshold = None if reference is None else reference.threshold
    attack_runs = []
    for seed in range(earlier.budget.seeds):
        fooled = _queries_to_fool(earlier, seed, values, threshold)
        improvements = Trace.final(values, _made_after(earlier, seed, count))
        result = AttackResult(
            values, own, fooled, len(images), 0.0, draw, exhausted=True, improvements=improvements
        )
        attack_runs.append(AttackRun(NAME, seed, result))
    targets = np.array(earlier.target_indices)
    return AuditResults(
        attack_runs, earlier.budget.seeds, description.kind, reference, earlier.budget.queries, targets
    )


def _made_after(earlier: Audit, seed: int, classes: int) -> NDArray[np.float64]:
    """``(K,) float64``: queries that the earlier audit took to fool each class; else its whole budget."""
    spent = np.full(classes, float(earlier.budget.queries))
    for champion in earlier.champions:
        queries = champion.queries_to_fool[seed]
        spent[champion.index] = spent[champion.index] if queries is None else queries
    return spent


def _queries_to_fool(
    earlier: Audit, seed: int, values: NDArray[np.float64], threshold: float | None
) -> NDArray[np.float64]:
    fooled = np.full(len(values), np.inf)
    for champion in earlier.champions:
        if threshold is not None and values[champion.index] >= threshold:
            queries = champion.queries_to_fool[seed]
            fooled[champion.index] = earlier.budget.queries if queries is None else queries
    return fooled


def _with_makers(champions: tuple[AuditedChampion, ...], earlier: Audit) -> tuple[AuditedChampion, ...]:
    """The champions, with the attack and the seed that made each."""
    makers = {one.index: {"attack": one.attack, "seed": one.seed} for one in earlier.champions}
    return tuple(champion.model_copy(update=makers[champion.index]) for champion in champions)


def _attack_record(earlier: Audit, results: AuditResults, seed: int) -> AttackRecord:
    images, targets = len(earlier.champions), results.targets
    fooled = np.isfinite(results.queries_to_fool[0, targets]).mean()
    return AttackRecord(
        name=NAME,
        seed=seed,
        about=f"champions of an audit of {earlier.classifier.name}",
        status="finished",
        share=images,
        queries=images,
        fooled_at_tpr95=None if results.reference is None else float(fooled),
        median_confidence=float(np.median(results.confidences[targets])),
    )


def _note(earlier: Audit) -> str:
    return (
        f"No attack was made: these are the champions of an audit of {earlier.classifier.name}, and the "
        "queries of that audit. By images that were made for another a classifier can look safer than it is."
    )
