"""Lock: one process at a time writes a run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.errors import UsageError

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK_NAME = "run.lock"


class RunLock:
    """Held on ``RUN/run.lock`` until ``release``, which removes the file.

    The operating system drops the lock of a killed process; the file that it leaves blocks nobody.

    Raises:
        UsageError: another process holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self._path = folder / LOCK_NAME
        self._lock: BaseFileLock = FileLock(self._path, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"{folder}: another process is writing this run; wait for it, stop it, or "
                f"choose another folder"
            ) from None
        except OSError as error:
            raise UsageError(
                f"{folder}: cannot be written ({error.strerror}); choose another folder"
            ) from error

    def release(self) -> None:
        """Remove the file and let go of it; a second call does nothing."""
        if not self._lock.is_locked:
            return
        # Removed while held: whoever opened it meanwhile finds that it has no name any more and is refused.
        with suppress(OSError):
            self._path.unlink()
        self._lock.release()
        if os.name == "nt":  # an open file cannot be removed there, so a new holder's is safe
            with suppress(OSError):
                self._path.unlink()
