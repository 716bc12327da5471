"""Which Python file of the user's own a plan takes its data from; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from graph.catalog.params import Value
from graph.lint.plan import part

PYTHON_SOURCE = "python"


def own_file(training: Mapping[str, Value], folder: Path) -> Path | None:
    """The file; None where the plan takes its data from elsewhere, or names no file yet.

    Args:
        training: the plan as the project holds it.
        folder: where relative paths start.
    """
    data = part(training, "data", "source")
    path = data.get("path")
    if data.get("source") != PYTHON_SOURCE or not isinstance(path, str) or not path:
        return None
    try:
        return folder / Path(path).expanduser()
    except RuntimeError:
        return folder / path  # begins with ~ and the name of nobody here; reading it tells
