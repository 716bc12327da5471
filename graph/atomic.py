"""Files that are either wholly written or not touched."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from shutil import copymode


def write_atomic(path: Path, data: bytes) -> None:
    """Puts `data` into the file; until all of it is on disk the earlier content stays.

    What is no file, such as a pipe or `/dev/stdout`, is written to and never replaced.

    Raises:
        OSError: the disk is full, the folder is missing or not writable; the file is as before.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as stream:
            with suppress(FileNotFoundError):
                copymode(path, temporary)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def way_out(error: OSError) -> str:
    """What to do when a file could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space or choose another place"
    if error.errno == errno.ENOENT:
        return "Make the folder or choose another place"
    return "Choose another place"
