"""Disk locks: does the disk of a file keep locks, by which processes stay out of each other's way?"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

#: What disks without locks answer.
LOCKLESS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


def missing_locks(path: Path) -> str:
    """Why the disk of ``path`` keeps no POSIX locks, as the system says it; empty where it keeps them.

    To close a file ends all locks that the process has on it, so ``path`` is never one that SQLite has open.

    Args:
        path: a file that may be written, or a folder.
    """
    try:
        import fcntl
    except ImportError:  # Windows has locks of its own, on every disk
        return ""
    kind = fcntl.LOCK_SH if path.is_dir() else fcntl.LOCK_EX
    with suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            return os.strerror(error.errno or 0) if error.errno in LOCKLESS else ""
        finally:
            os.close(descriptor)
    return ""
