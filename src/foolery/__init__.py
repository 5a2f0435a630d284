"""foolery: search for unrecognizable images that an image classifier is confident about.

The public names are imported when they are first used, so ``import foolery`` stays quick. A main job takes
one import and three lines:

    >>> import foolery
    >>> run = foolery.evolve("lenet", encoding="direct", generations=20, batch=50)
    >>> sorted(run.champions)[:3]
    ['0', '1', '2']

Every result has ``to_dict()``, ``report(path)`` and a view for notebooks. ``foolery.audit`` and
``foolery.report`` are rooms (packages) that can be called.
"""

from __future__ import annotations

from foolery.lazy import attach

__version__ = "0.1.0"

TYPE_CHECKING = False  # of typing, which takes as long to import as all of this
if TYPE_CHECKING:
    from foolery.analysis.transferability import transfer as transfer
    from foolery.analysis.verification import verify as verify
    from foolery.audit.config import AuditConfig as AuditConfig
    from foolery.audit.runner import audit as audit
    from foolery.audit.storage import open_audit as open_audit
    from foolery.canvas import CanvasShape as CanvasShape
    from foolery.checks.accuracy import evaluate as evaluate
    from foolery.checks.card_search import find_card as find_card
    from foolery.checks.preflight_result import preflight as preflight
    from foolery.classifiers.live import wrap as wrap
    from foolery.classifiers.registry import list_classifiers as list_classifiers
    from foolery.classifiers.registry import load_classifier as load_classifier
    from foolery.classifiers.wrappers.metered import Budget as Budget
    from foolery.code import use_code as use_code
    from foolery.data.registry import load_data as load_data
    from foolery.detection.runner import DetectionPlan as DetectionPlan
    from foolery.detection.runner import detect as detect
    from foolery.encodings.registry import make_encoding as make_encoding
    from foolery.engine.ascent import ascend as ascend
    from foolery.engine.evolution import evolve as evolve
    from foolery.engine.run import RunResult as RunResult
    from foolery.engine.run import open_run as open_run
    from foolery.errors import FooleryError as FooleryError
    from foolery.errors import UsageError as UsageError
    from foolery.fooling_sets.champion_export import export as export
    from foolery.hardening.arms_race import harden as harden
    from foolery.paper.runner import reproduce as reproduce
    from foolery.report.write import write_report as report
    from foolery.search.map_elites import MapElites as MapElites

_HOMES = {
    "AuditConfig": "foolery.audit.config",
    "Budget": "foolery.classifiers.wrappers.metered",
    "CanvasShape": "foolery.canvas",
    "DetectionPlan": "foolery.detection.runner",
    "FooleryError": "foolery.errors",
    "MapElites": "foolery.search.map_elites",
    "RunResult": "foolery.engine.run",
    "UsageError": "foolery.errors",
    "ascend": "foolery.engine.ascent",
    "audit": "foolery.audit",
    "detect": "foolery.detection.runner",
    "evaluate": "foolery.checks.accuracy",
    "evolve": "foolery.engine.evolution",
    "export": "foolery.fooling_sets.champion_export",
    "find_card": "foolery.checks.card_search",
    "harden": "foolery.hardening.arms_race",
    "list_classifiers": "foolery.classifiers.registry",
    "load_classifier": "foolery.classifiers.registry",
    "load_data": "foolery.data.registry",
    "make_encoding": "foolery.encodings.registry",
    "open_audit": "foolery.audit.storage",
    "open_run": "foolery.engine.run",
    "preflight": "foolery.checks.preflight_result",
    "report": "foolery.report",
    "reproduce": "foolery.paper.runner",
    "transfer": "foolery.analysis.transferability",
    "use_code": "foolery.code",
    "verify": "foolery.analysis.verification",
    "wrap": "foolery.classifiers.live",
}

__all__ = [
    "AuditConfig",
    "Budget",
    "CanvasShape",
    "DetectionPlan",
    "FooleryError",
    "MapElites",
    "RunResult",
    "UsageError",
    "__version__",
    "ascend",
    "audit",
    "detect",
    "evaluate",
    "evolve",
    "export",
    "find_card",
    "harden",
    "list_classifiers",
    "load_classifier",
    "load_data",
    "make_encoding",
    "open_audit",
    "open_run",
    "preflight",
    "report",
    "reproduce",
    "transfer",
    "use_code",
    "verify",
    "wrap",
]

__getattr__, __dir__ = attach(__name__, _HOMES)
