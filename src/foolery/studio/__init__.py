"""A local web page over a folder of runs: they are shown live, and classifiers can be tried in a playground.

``serve`` answers requests for a ``Studio`` over a ``Library``. What renders, classifies and reports is handed
in (``foolery.studio.protocols``), so that the studio knows no classifier. Needs the extra ``studio``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.studio.app import Studio as Studio
    from foolery.studio.library import Library as Library
    from foolery.studio.server import serve as serve

__all__ = ["Library", "Studio", "serve"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Library": "foolery.studio.library",
        "Studio": "foolery.studio.app",
        "serve": "foolery.studio.server",
    },
)
