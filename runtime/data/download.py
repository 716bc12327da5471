"""Fetching data files: with progress, checked, and never leaving half a file under its name."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Self
from urllib.error import URLError

from graph.atomic import way_out
from runtime.data.raw import DataError, Loading
from runtime.events import DataProgress

CHUNK_BYTES = 1 << 18
TIMEOUT_SECONDS = 10.0
USER_AGENT = {"User-Agent": "netloom"}
ROOT_VARIABLE = "NETLOOM_DATA"


def default_root() -> Path:
    """The folder of downloaded data: `$NETLOOM_DATA`, else `netloom/data` in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(ROOT_VARIABLE) or cache / "netloom" / "data")


def download(urls: Sequence[str], target: Path, md5: str) -> Loading[None]:
    """Fetches a file from the first address that has it intact; progress is in bytes.

    Raises:
        DataError: no address gave the file.
    """
    problems = []
    for url in urls:
        try:
            yield from _fetch(url, target, md5)
        except (OSError, HTTPException, _WrongContent) as error:
            problems.append(f"{url}: {error.reason if isinstance(error, URLError) else error}")
        else:
            return
    raise DataError(
        f"{target.name} could not be downloaded ({'; '.join(problems)}). "
        f"Expected to reach it over the internet. Connect and try again, or put the file into "
        f"{target.parent} yourself, or set data.source = digits, which comes with Netloom."
    )


class _WrongContent(Exception):
    """What came is not the file that was asked for."""


def _fetch(url: str, target: Path, md5: str) -> Loading[None]:
    digest = hashlib.md5(usedforsecurity=False)
    text, done = f"Downloading {target.name}", 0
    request = urllib.request.Request(url, headers=USER_AGENT)
    yield DataProgress(text, 0, None)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer, _PartialFile(target) as file:
        length = answer.headers.get("Content-Length")
        total = int(length) if length else None
        yield DataProgress(text, 0, total)
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            yield DataProgress(text, done, total)
        if digest.hexdigest() != md5:
            raise _WrongContent(f"the {done:,} bytes received are not the expected file")
        file.keep()


class _PartialFile:
    """A file under another name until it is whole; what the disk refuses is no fault of the network.

    Raises:
        DataError: the disk is full, or the place cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target, self._path = target, target.with_name(f"{target.name}.part")

    def __enter__(self) -> Self:
        with self._explained():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Appends to the file."""
        view = memoryview(chunk)
        with self._explained():
            while view:
                view = view[self._file.write(view) :]

    def keep(self) -> None:
        """Gives the file its name."""
        self._file.close()
        with self._explained():
            self._path.replace(self._target)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self._target} could not be written: {error.strerror or error}. {way_out(error)} "
                "with data.root."
            ) from error
