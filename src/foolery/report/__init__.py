"""Pages that show runs, audits and arms races, and champions in the terminal or as one image.

``foolery.report(result_or_path, out)`` writes pages; it is ``write_report``. What a page shows is prepared
by ``make_run_report`` and ``make_audit_report``, for those who want to show it otherwise. ``open_artifact``
opens what lies in a folder, whatever it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.report.artifact import Artifact as Artifact
    from foolery.report.artifact import ArtifactCard as ArtifactCard
    from foolery.report.artifact import ReportOptions as ReportOptions
    from foolery.report.artifact import find_artifacts as find_artifacts
    from foolery.report.artifact import open_artifact as open_artifact
    from foolery.report.lineage_svg import tree_svg as tree_svg
    from foolery.report.model import AuditReport as AuditReport
    from foolery.report.model import ChampionDetail as ChampionDetail
    from foolery.report.model import RunReport as RunReport
    from foolery.report.model import make_audit_report as make_audit_report
    from foolery.report.model import make_run_report as make_run_report
    from foolery.report.sheet import contact_sheet as contact_sheet
    from foolery.report.terminal import terminal_image as terminal_image
    from foolery.report.terminal_panel import progress_panel as progress_panel
    from foolery.report.write import write_report as write_report

__all__ = [
    "Artifact",
    "ArtifactCard",
    "AuditReport",
    "ChampionDetail",
    "ReportOptions",
    "RunReport",
    "contact_sheet",
    "find_artifacts",
    "make_audit_report",
    "make_run_report",
    "open_artifact",
    "progress_panel",
    "terminal_image",
    "tree_svg",
    "write_report",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Artifact": "foolery.report.artifact",
        "ArtifactCard": "foolery.report.artifact",
        "AuditReport": "foolery.report.model",
        "ChampionDetail": "foolery.report.model",
        "ReportOptions": "foolery.report.artifact",
        "RunReport": "foolery.report.model",
        "contact_sheet": "foolery.report.sheet",
        "find_artifacts": "foolery.report.artifact",
        "make_audit_report": "foolery.report.model",
        "make_run_report": "foolery.report.model",
        "open_artifact": "foolery.report.artifact",
        "progress_panel": "foolery.report.terminal_panel",
        "terminal_image": "foolery.report.terminal",
        "tree_svg": "foolery.report.lineage_svg",
        "write_report": "foolery.report.write",
    },
    call="write_report",
)
