"""What every result of a job can do: become JSON values, HTML in a notebook, and pages in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top"


class Result:
    """Base of all results; a subclass gives ``to_dict``, and has the rest.

    Example:
        >>> class Accuracy(Result):
        ...     def to_dict(self):
        ...         return {"accuracy": 0.75}
        >>> "0.75" in Accuracy()._repr_html_()
        True
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values: what its command prints with ``--json``."""
        raise NotImplementedError(f"{type(self).__name__} must define to_dict")

    def report(self, out: Path | str, **options: Any) -> Path:
        """Write the result as web pages into the folder ``out``; see ``foolery.report`` for the options.

        Returns:
            The first page.

        Raises:
            UsageError: where ``out`` holds something else, or this kind of result has no pages.
        """
        # By name, since pages lie on a higher floor than the results that they show.
        write: Any = import_module("foolery.report")
        page: Path = write(self, out, **options)
        return page

    def _repr_html_(self) -> str:
        """The plain values of ``to_dict`` as a table, for Jupyter."""
        return table_html(type(self).__name__, self.to_dict())


def table_html(title: str, values: Mapping[str, Any]) -> str:
    """A small table that needs no file beside it; what is neither text nor number is left out."""
    rows = "".join(
        f'<tr><th style="{_CELL}">{escape(str(name).replace("_", " "))}</th>'
        f'<td style="{_CELL}">{escape(str(value))}</td></tr>'
        for name, value in values.items()
        if isinstance(value, str | int | float | bool)
    )
    return f"<div><strong>{escape(title)}</strong><table>{rows}</table></div>"
