"""Opened data: whoever wants to say what was read is told of every data set that is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foolery.data.labelled import LabelledData

    Listener = Callable[[str, LabelledData], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def on_open(listener: Listener | None) -> Iterator[None]:
    """Within it ``listener`` gets the reference and the data of every ``load_data``; None is told nothing."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell_opened(reference: str, data: LabelledData) -> None:
    """Tell the listener, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(reference, data)
