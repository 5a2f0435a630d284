"""What pages show: runs and audits with everything scored and rendered."""

from __future__ import annotations

from foolery.report.model.audit import AuditReport as AuditReport
from foolery.report.model.audit import make_audit_report as make_audit_report
from foolery.report.model.champion import ChampionDetail as ChampionDetail
from foolery.report.model.run import BUDGET as BUDGET
from foolery.report.model.run import RunReport as RunReport
from foolery.report.model.run import make_run_report as make_run_report

__all__ = ["BUDGET", "AuditReport", "ChampionDetail", "RunReport", "make_audit_report", "make_run_report"]
