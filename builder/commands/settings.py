"""Parts of the plan that a command changes for one time: `--set optimizer.lr=0.01`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from builder.commands.base import CommandError
from graph.document import Project

PATH_SETTINGS = ("data.root", "data.path")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declares the option; it may be given often."""
    parser.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="KEY=VALUE",
        help="change the plan for this time, such as optimizer.lr=0.01; may be given often",
    )  # fmt: skip


def with_settings(project: Project, settings: Sequence[str]) -> Project:
    """The project with parts of its plan changed.

    Raises:
        CommandError: a setting is not one, or does not suit (exit code 2).
    """
    if not settings:
        return project
    from runtime.plan import PlanError, TrainingPlan

    try:
        plan = TrainingPlan.from_mapping(project.training)
        for key, value in _parsed(settings):
            plan = plan.with_setting(key, value)
    except PlanError as error:
        raise CommandError(str(error), 2) from error
    project.training = plan.to_mapping(defaults=True)
    return project


def _parsed(settings: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Keys and values; a path given here starts at the working directory, one in the file beside the file."""
    from runtime.plan import parse_setting

    pairs = [parse_setting(text) for text in settings]
    # A new data source has to be known before its options can be set.
    for key, value in sorted(pairs, key=lambda pair: not pair[0].endswith((".source", ".type"))):
        is_path = key in PATH_SETTINGS and isinstance(value, str)
        yield key, str(Path(value).resolve()) if is_path else value
