"""Runs code in a fresh interpreter, with settings of its own and no display, and reads the JSON it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run_child(code: str, *arguments: str) -> dict[str, Any]:
    """What the code prints as its last line; `started` in its arguments is when the process was asked for."""
    with child(code, *arguments) as process:
        printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors)
    return dict(json.loads(printed.splitlines()[-1]))


@contextmanager
def child(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Runs code in a folder of its own; what still runs at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="netloom-bench-") as folder:
        environment = {**os.environ, "HOME": folder, "PYTHONPATH": str(ROOT)}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed application is compiled once
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            environment[name] = folder
        process = subprocess.Popen(
            [sys.executable, "-c", code, repr(time.time()), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
