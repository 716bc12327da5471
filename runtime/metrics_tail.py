"""What is new in a metrics.jsonl each time it is read, be it 100 MB long or still being written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime.runs import METRICS_FILE

MOST_LINES = 5_000  # that are read at once
END = 8_192  # bytes from the end of the file in which the last step is looked for
EPOCHS = b'"event": "epoch"'  # stands in every line about an epoch

Line = dict[str, Any]


class MetricsTail:
    """Reads a run's measurements from where it was the last time.

    Args:
        folder: of the run.
        only: a line without it is passed over.

    Attributes:
        restarts: how often the file became another one, as when a run is resumed from before its end; it is
            then read from its start again.
    """

    def __init__(self, folder: Path, only: bytes = b"") -> None:
        self.restarts = 0
        self._path, self._only = folder / METRICS_FILE, only
        self._file: tuple[int, int] | None = None  # device and number of the file that was read
        self._offset = 0

    def read(self, most: int = MOST_LINES) -> list[Line]:
        """The next whole lines, at most so many; none where nothing is new."""
        found: list[bytes] = []
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            self._notice(os.fstat(file.fileno()))
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # still being written, or cut off by a crash
                self._offset += len(line)
                if self._only in line:
                    found.append(line)
                    if len(found) == most:
                        break
        return list(_parsed(found))

    def _notice(self, file: os.stat_result) -> None:
        """Begins anew where another file has taken the place of the one that was read."""
        identity = (file.st_dev, file.st_ino)
        if self._file is not None and (identity != self._file or file.st_size < self._offset):
            self.restarts += 1
            self._offset = 0
        self._file = identity


def last_step(folder: Path) -> Line:
    """The last line about a step; empty where there is none near the end of the file."""
    try:
        with (folder / METRICS_FILE).open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - END, 0))
            lines = file.read().splitlines(keepends=True)
    except OSError:
        return {}
    whole = [line for line in lines if line.endswith(b"\n")]
    steps = (line for line in reversed(list(_parsed(whole))) if line.get("event") == "step")
    return next(steps, {})


def _parsed(lines: Sequence[bytes]) -> Iterator[Line]:
    """What lines say; one that says nothing is left out. All at once takes a third of the time."""
    try:
        values = json.loads(b"[" + b",".join(lines) + b"]")
    except ValueError:
        values = []
        for line in lines:
            with suppress(ValueError):
                values.append(json.loads(line))
    return (each for each in values if isinstance(each, dict))
