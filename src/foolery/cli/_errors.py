"""Errors: one line on stderr and an exit code.

0 done; 1 a check that the user asked for failed; 2 the input cannot be used; 3 the run failed;
130, 143 and 129 ended by Ctrl-C, SIGTERM and SIGHUP, with what there was saved.
"""

from __future__ import annotations

import errno
import sys
import traceback
import warnings
from typing import TextIO

import typer

from foolery.errors import FooleryError, JournalWarning, UncachedWarning, UsageError, did_you_mean
from foolery.untrusted import escaped

FAILED = 3
_SCARCE = ("failed to map segment", "annot allocate memory", "oo many open files")
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


def print_error(error: Exception, *, debug: bool) -> int:
    """Print ``error`` as one line on stderr, after its traceback where ``debug``; returns the exit code."""
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    line, code = line_and_code(error)
    print("error:", escaped(" ".join(line.split())), file=sys.stderr)
    return code


def line_and_code(error: Exception) -> tuple[str, int]:
    """Message and exit code of ``error``."""
    if isinstance(error, FooleryError):
        return str(error), error.exit_code
    if isinstance(error, typer.TyperException):
        return usage_line(error), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        return os_error_line(error), UsageError.exit_code if error.errno in _NOT_ALLOWED else FAILED
    if isinstance(error, RuntimeError) and "home directory" in str(error):  # pathlib's words
        return "there is no home folder that ~ could stand for; write the whole path", UsageError.exit_code
    if isinstance(error, MemoryError):
        return "out of memory; a smaller --batch needs less", FAILED
    defect = f"{type(error).__name__}: {error} (a defect in foolery; run again with --debug)"
    return scarce_line(error) or defect, FAILED


def scarce_line(error: Exception) -> str | None:
    """What the machine has too little of, for errors that have no class of their own; else None."""
    text = str(error)
    if type(error).__module__ == "sqlite3":
        return f"a run file could not be read or written: {text}"
    if isinstance(error, RuntimeError) and "start new thread" in text:
        return "no more threads can be started; allow more processes or memory (ulimit -u, ulimit -v)"
    if isinstance(error, ImportError) and any(word in text for word in _SCARCE):
        return f"a library could not be loaded ({text}); allow more memory or files (ulimit -v, ulimit -n)"
    return None


def os_error_line(error: OSError) -> str:
    """What the operating system refused, and where; with a remedy where a place cannot be written to."""
    place = f"{escaped(str(error.filename))}: " if error.filename is not None else ""
    remedy = "; name a place that can be written to (--out)" if error.errno in _NOT_ALLOWED else ""
    return f"{place}{error.strerror}{remedy}"


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning on standard error: one line where it is one of foolery's own, as ever for others."""
    from foolery.registry import PluginWarning

    if issubclass(category, PluginWarning | UncachedWarning | JournalWarning):
        print("warning:", " ".join(str(message).split()), file=sys.stderr)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def usage_line(error: typer.TyperException) -> str:
    """What is wrong with the words of the command line, in the style of foolery's own messages."""
    context = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None)
    parameter = getattr(error, "param", None)
    if option is not None and hasattr(error, "possibilities") and context is not None:
        options = [name for each in context.command.get_params(context) for name in each.opts]
        return f"no option {option!r} of {context.command_path}; {did_you_mean(option, sorted(options))}"
    if parameter is not None and error.message:
        return f"{parameter_name(parameter)}: {error.message.removeprefix('Value error, ')}"
    line = error.format_message().rstrip(".")
    line = line[:1].lower() + line[1:]
    return f"{line}; see: {context.command_path} --help" if context is not None else line


def parameter_name(parameter: object) -> str:
    """``--option`` or ``ARGUMENT``, as people write it."""
    options: list[str] = getattr(parameter, "opts", [])
    longest = max(options, key=len, default="")
    if longest.startswith("-"):
        return longest
    return str(getattr(parameter, "metavar", None) or longest.upper())
