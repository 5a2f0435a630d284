"""Faults: what can be wrong with a run file."""

from __future__ import annotations

from foolery.errors import UsageError


class RunFileError(UsageError):
    """A file that is no run, or one that cannot be trusted; the message names the file and what is wrong."""


class InUseError(UsageError):
    """Another process is writing there."""


class RecordError(Exception):
    """One record that breaks a rule of a run; the message names the record, not the file."""


def short(value: object) -> str:
    """``repr(value)``, cut to 60 characters, for an error message."""
    text = repr(value[:60]) if isinstance(value, str | bytes) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
