"""Display: runs and folders of runs, prepared for the pages that show them."""

from __future__ import annotations

from foolery.report.model.run import BUDGET as BUDGET
from foolery.report.model.run import ChampionDetail as ChampionDetail
from foolery.report.model.run import RunReport as RunReport
from foolery.report.model.run import make_run_report as make_run_report

__all__ = ["BUDGET", "ChampionDetail", "RunReport", "make_run_report"]
