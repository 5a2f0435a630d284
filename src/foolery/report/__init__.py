"""Report: what people look at; it reads finished exhibits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foolery.report.run_page import write_report as write_report
    from foolery.report.sheet import contact_sheet as contact_sheet
    from foolery.report.terminal import digits_panel as digits_panel
    from foolery.report.terminal import picture as picture

_HOMES = {
    "contact_sheet": "sheet",
    "digits_panel": "terminal",
    "picture": "terminal",
    "write_report": "run_page",
}

__all__ = ["contact_sheet", "digits_panel", "picture", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            f"module 'foolery.report' has no attribute {name!r}; it has: {', '.join(__all__)}"
        )
    return getattr(import_module(f"foolery.report.{_HOMES[name]}"), name)
