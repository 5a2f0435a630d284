"""Report: what people look at; it reads finished exhibits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.report.run_page import write_report as write_report
    from foolery.report.sheet import contact_sheet as contact_sheet
    from foolery.report.terminal import digits_panel as digits_panel
    from foolery.report.terminal import picture as picture

__all__ = [
    "contact_sheet",
    "digits_panel",
    "picture",
    "write_report",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "contact_sheet": "foolery.report.sheet",
        "digits_panel": "foolery.report.terminal",
        "picture": "foolery.report.terminal",
        "write_report": "foolery.report.run_page",
    },
)
