"""Opened data: whoever wants to say what is being read is told of every data set that is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from foolery.data.labelled import LabelledData


class OpeningListener(Protocol):
    """Is told of data that are opened."""

    def opening(self, reference: str) -> AbstractContextManager[None]:
        """What to do while the data that ``reference`` names are listed."""

    def opened(self, reference: str, data: LabelledData, classes: Sequence[str] | None) -> None:
        """What to do then; ``classes`` are those of the classifier that the data are for, if it is known."""


_listener: ContextVar[OpeningListener | None] = ContextVar("listener", default=None)
_classes: ContextVar[Sequence[str] | None] = ContextVar("classes", default=None)


@contextmanager
def on_open(listener: OpeningListener | None) -> Iterator[None]:
    """Within it ``listener`` is told of every ``load_data``; with None nobody is."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def data_for(classes: Sequence[str] | None) -> Iterator[None]:
    """Within it data are opened for a classifier of these classes: how they match is told with them."""
    token = _classes.set(classes)
    try:
        yield
    finally:
        _classes.reset(token)


def opening(reference: str) -> AbstractContextManager[None]:
    """What the listener does while data are listed."""
    listener = _listener.get()
    return nullcontext() if listener is None else listener.opening(reference)


def tell_opened(reference: str, data: LabelledData) -> None:
    """Tell the listener, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener.opened(reference, data, _classes.get())
