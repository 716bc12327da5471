"""Whether somebody is writing a run folder: a lock that the system drops with the process that holds it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

LOCK_FILE = "lock"
ATTEMPTS, PAUSE = 50, 0.01  # a look from elsewhere holds the lock for a moment; seconds between two attempts

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int, *, shared: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(descriptor: int, *, shared: bool) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)


def is_open_file(path: Path, descriptor: int) -> bool:
    """Whether a path still leads to the file that was opened there.

    Raises:
        OSError: that cannot be told, as nothing is there or the disk does not answer.
    """
    return os.path.samestat(path.stat(), os.fstat(descriptor))


class RunLock:
    """Is held while a run is written; however its process ends, the lock ends with it.

    Args:
        folder: of the run; it has to be there before the lock is taken.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK_FILE
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether nobody else writes the run; from now on nobody else can."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            return True  # whatever is written next says why it cannot be
        for _ in range(ATTEMPTS):
            try:
                _try(descriptor, shared=False)
            except (BlockingIOError, PermissionError):
                time.sleep(PAUSE)
                continue
            except OSError:
                pass  # a file system without locks: nothing can be known of others
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def release(self) -> None:
        """Lets others write; does nothing if it is not held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):  # Windows deletes no file that is open; an old one is in nobody's way
                if is_open_file(self._file, descriptor):  # and not another run's, where the folder was moved
                    self._file.unlink()
            os.close(descriptor)


def is_written(folder: Path) -> bool:
    """Whether some process, this one or another, is writing the run in a folder."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        _try(descriptor, shared=True)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
