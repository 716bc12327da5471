"""Which sources of custom layers the user trusts: kept beside no project, bound to every byte."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from graph.atomic import write_atomic
from graph.catalog.custom import EXAMPLE

_log = logging.getLogger(__name__)


def digest_of(source: str) -> str:
    """The SHA-256 of a source, in hexadecimal."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


OWN = frozenset({digest_of(EXAMPLE)})  # what new nodes start with


def user_folder() -> Path:
    """Where programs keep what belongs to the user and to no project."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "netloom"


class TrustStore:
    """The user's list of trusted sources.

    Args:
        path: the file that holds it; in the user's folder if None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_folder() / "trusted.json"
        self._read: tuple[object, frozenset[str]] = (None, frozenset())

    def is_trusted(self, source: str) -> bool:
        """Whether the user trusts exactly this text."""
        digest = digest_of(source)
        return digest in OWN or digest in self._digests()

    def trust(self, source: str) -> None:
        """Notes that the user trusts exactly this text.

        Raises:
            OSError: the list cannot be written; it is as before.
        """
        self._write(self._digests() | {digest_of(source)})

    def revoke(self, source: str) -> None:
        """Notes that the user no longer trusts this text.

        Raises:
            OSError: the list cannot be written; it is as before.
        """
        self._write(self._digests() - {digest_of(source)})

    def _digests(self) -> frozenset[str]:
        """What the file holds now; another process may have written it."""
        try:
            status = self.path.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._read[0] != state:
                self._read = (state, _digests_in(self.path.read_bytes()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            _log.warning("%s cannot be read, so no custom code is trusted: %s", self.path, error)
            return frozenset()
        return self._read[1]

    def _write(self, digests: Iterable[str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {"format": "netloom-trust", "version": 1, "sha256": sorted(digests)}
        write_atomic(self.path, f"{json.dumps(content, indent=2)}\n".encode())


def _digests_in(data: bytes) -> frozenset[str]:
    """The list in a file.

    Raises:
        ValueError: it is no such file.
    """
    content = json.loads(data)
    found = content.get("sha256") if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("it holds no list of trusted sources")
    return frozenset(found)
