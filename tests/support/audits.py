"""Audits made by hand: a document, its pictures, and one run that made some of them."""

from pathlib import Path

from foolery.audit.schema import (
    AttackRecord,
    Audit,
    AuditedChampion,
    AuditedClassifier,
    BudgetRecord,
    ReferenceStatistics,
)
from foolery.audit.storage import write_audit
from foolery.audit.verdict import (
    AttackerFigures,
    AuditVerdict,
    BaselineComparison,
    Curve,
    Detection,
    GateResult,
    Interval,
    Mitigation,
    PreviousScore,
)
from foolery.canvas import canvas_hash, png_bytes
from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
from support.plain import noise


def attacker(name: str, attack: str | None, score: float) -> AttackerFigures:
    """An attacker whose champions after 2000 queries beat two thirds of the real images."""
    half = Interval(value=0.5, low=0.3, high=0.7)
    return AttackerFigures(
        name=name,
        attack=attack,
        score=Interval(value=score, low=score - 5, high=score + 5),
        detection=(
            Detection(
                queries=2000,
                auroc=Interval(value=0.333, low=0.2, high=0.5),
                aupr=0.4,
                fpr={"80": half, "90": half, "95": half, "99": None},
            ),
        ),
    )


def audit_in(folder: Path, **changes) -> Audit:
    """Write an audit of ``lenet`` into ``folder``: a CPPN search, and noise for the digits 0 and 1."""
    folder.mkdir(parents=True, exist_ok=True)
    lenet = load_classifier("lenet")
    run = evolve(lenet, generations=8, batch=20, out=folder / "runs" / "cppn-seed-0")
    (folder / "champions").mkdir()
    champions = []
    for at, one in enumerate(run.champions.values()):
        canvas = one.canvas if at > 1 else noise(1, (1, 28, 28), seed=at)[0]
        image = f"champions/{at:04d}_{one.label}.png"
        (folder / image).write_bytes(png_bytes(canvas))
        champions.append(
            AuditedChampion(
                index=one.index,
                label=one.label,
                confidence=one.confidence,
                score=one.score,
                value=1.5,
                attack="cppn" if at > 1 else "uniform-noise",
                seed=0,
                queries_to_fool=(120 + at, None),
                fooled=at > 3,
                above_real_median=at > 5,
                recognized_by=0.25,
                image=image,
                canvas_hash=canvas_hash(canvas),
            )
        )
    known = lenet.description
    audit = Audit(
        state="finished",
        classifier=AuditedClassifier(
            name="lenet",
            fingerprint=known.fingerprint,
            kind="softmax",
            canvas=(1, 28, 28),
            classes=known.classes,
            backend=known.backend,
            device="cpu",
        ),
        reference=ReferenceStatistics(
            data="mnist",
            split="test",
            images=1000,
            correct=990,
            accuracy=0.99,
            measure="margin",
            threshold=1.0,
            median=4.0,
            class_medians=(4.0,) * 10,
            min_class_images=20,
            median_confidence=0.999,
            matched_by="name",
        ),
        budget=BudgetRecord(
            requested="2000",
            queries=2000,
            seconds=None,
            seeds=2,
            spent=3200,
            repeated=20,
            elapsed=12.5,
            rate=5000.0,
        ),
        attacks=(
            AttackRecord(
                name="uniform-noise",
                seed=0,
                about="noise",
                status="finished",
                share=100,
                queries=100,
                seconds=0.1,
                fooled_at_tpr95=0.0,
                above_real_median=0.0,
                median_confidence=0.2,
            ),
            AttackRecord(
                name="cppn",
                seed=0,
                about="search",
                status="finished",
                share=180,
                queries=180,
                seconds=1.0,
                fooled_at_tpr95=0.6,
                above_real_median=0.4,
                median_confidence=0.98,
                run="runs/cppn-seed-0",
            ),
            AttackRecord(name="ascent", seed=0, about="gradients", status="skipped", reason="no <gradients>"),
        ),
        champions=tuple(champions),
        curves=(
            Curve(seed=0, queries=(110, 400, 1500), fooled=(0.1, 0.3, 0.6)),
            Curve(seed=1, queries=(200, 1900), fooled=(0.2, 0.5)),
        ),
        verdict=AuditVerdict(
            score=Interval(value=61.2, low=50.0, high=70.5),
            score_unrecognizable=None,
            fooled_at_tpr95=Interval(value=0.5, low=0.3, high=0.7),
            fooled_by_any=Interval(value=0.6, low=0.4, high=0.8),
            attackers=(attacker("best-single", "cppn", 61.2), attacker("quickest-per-class", None, 55.5)),
            previous=PreviousScore(score=Interval(value=12.3, low=10.0, high=15.0)),
            fooled_unrecognizable=0.5,
            above_real_median=Interval(value=0.4, low=0.2, high=0.6),
            recognized=0.25,
            seed_scores=(61.0, 61.4),
            median_confidence=0.98,
            above={"0.5": 0.9, "0.9": 0.7, "0.99": 0.5, "0.9999": 0.1},
            queries_to_half=1200.0,
        ),
        panel=("lenet-b", "perceptron"),
        gates=(
            GateResult(expression="fooled@tpr95 > 0.3", value=0.6, outcome="failed"),
            GateResult(expression="score < 10", value=61.2, outcome="passed"),
        ),
        comparison=BaselineComparison(
            file="old.json",
            classifier="lenet",
            before=70.0,
            after=61.2,
            difference=Interval(value=-8.8, low=-12.0, high=-3.0),
            outcome="failed",
        ),
        mitigations=(
            Mitigation(
                mitigation="reject below TPR95",
                figure="fooled@tpr95",
                before=0.6,
                after=0.1,
                cost="5 % of real pictures",
            ),
        ),
        notes=("A note with <b>markup</b>.",),
        command="foolery audit lenet --data mnist",
        started="2030-01-02T03:04:05+00:00",
        device="cpu",
        versions={"foolery": "0.1.0"},
    ).model_copy(update=changes)
    write_audit(audit, folder)
    return audit.placed_in(folder)
