"""Errors that a user can mend, each with its exit code on the command line.

A message names the argument, what was expected, what came, and the remedy.
"""


class FooleryError(Exception):
    """A run failed for a reason that is not the user's input (exit code 3)."""

    exit_code = 3


class UsageError(FooleryError, ValueError):
    """Input that cannot be used: an option, a name, a file, a classifier (exit code 2)."""

    exit_code = 2


class GateError(FooleryError):
    """A gate that the user set did not hold (exit code 1)."""

    exit_code = 1


class MissingExtraError(UsageError):
    """An optional package is needed and not installed; the message ends with the line that installs it here.

    Args:
        package: the import name that is missing, for instance ``onnxruntime``.
        extra: the extra of foolery that brings it, for instance ``onnx``.
        purpose: what it is needed for, as the end of "is needed to …".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        from foolery.install import install_command

        super().__init__(
            f"{package} is needed to {purpose} and is not installed; run: {install_command(extra)}"
        )


class UncachedWarning(UserWarning):
    """Compiled functions cannot be kept for the next time."""


class JournalWarning(UserWarning):
    """A run file is written without a write-ahead log, since its disk allows none."""


def did_you_mean(name: str, names: list[str]) -> str:
    """The end of a message for an unknown ``name``: ``names`` that begin with it or are near, then all."""
    close = [each for each in names if name and each.startswith(name)][:3] or _close_matches(name, names)
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"did you mean {' or '.join(close)}? Known: {listed}" if close else f"known: {listed}"


def _close_matches(name: str, names: list[str]) -> list[str]:
    """Up to three that are nearly as close as the closest."""
    from difflib import SequenceMatcher, get_close_matches

    close = get_close_matches(name, names, n=3, cutoff=0.5)
    ratios = [SequenceMatcher(None, each, name).ratio() for each in close]
    return [each for each, ratio in zip(close, ratios, strict=True) if ratio > ratios[0] - 0.2]
