"""What all commands share: their declaration, their errors, reading projects and writing answers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.document import Project

Run = Callable[[argparse.Namespace], int]


class CommandError(Exception):
    """The command cannot do what was asked; the text is for the person at the terminal.

    Args:
        exit_code: 1 if the work failed, 2 if the usage or the input is at fault.
    """

    def __init__(self, text: str, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Commands:
    """Collects the commands of a parser."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._actions = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(self, name: str, run: Run, help_text: str) -> argparse.ArgumentParser:
        """Declares a command; returns its parser, for its arguments."""
        parser = self._actions.add_parser(name, help=help_text, description=help_text)
        parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
        parser.set_defaults(run=run)
        return parser


def read_project(path: Path) -> Project:
    """The project in a file.

    Raises:
        CommandError: it cannot be read (exit code 2).
    """
    from graph.storage import StorageError, load

    try:
        return load(path)
    except StorageError as error:
        raise CommandError(str(error), 2) from error


def write_project(project: Project, path: Path) -> None:
    """Writes a project file.

    Raises:
        CommandError: it cannot be written (exit code 1).
    """
    from graph.storage import StorageError, save

    try:
        save(project, path)
    except StorageError as error:
        raise CommandError(str(error)) from error


def to_json(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
