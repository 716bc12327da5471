"""The command that trains without a window."""

from __future__ import annotations

import argparse
import gc
import sys
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.commands.base import CommandError, Commands, read_project, to_json
from builder.commands.progress import Progress
from builder.commands.settings import add_settings, with_settings
from graph.document import Project

if TYPE_CHECKING:
    from runtime.events import EpochEnded, RunEnded


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("train", _train, "train a project and keep its run in a folder")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--run-dir", required=True, type=Path, metavar="DIR", help="where the run is kept")
    add_settings(parser)
    parser.add_argument(
        "--resume", action="store_true", help="go on with the run in DIR at its last checkpoint"
    )
    parser.add_argument(
        "--accept-changes", action="store_true",
        help="with --resume: go on though the project or its settings have changed, and take the changes up",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print every epoch and the end as a line of JSON")


def _train(options: argparse.Namespace) -> int:
    from runtime.control import Control
    from runtime.events import EpochEnded, RunEnded, RunStarted
    from runtime.launch import run
    from runtime.signals import stop_on_signals

    project = with_settings(read_project(options.project), options.settings)
    control, progress, end = Control(), Progress(sys.stderr), None
    with stop_on_signals(control) as received:
        folder = options.project.resolve().parent
        events = run(
            project,
            options.run_dir,
            control,
            resume=options.resume,
            accepts_changes=_accepts_changes(options, project),
            data_folder=folder,
        )
        for event in events:
            progress.show(event)
            if isinstance(event, RunStarted):
                gc.freeze()  # what was made so far stays; to search it for garbage takes 0.1 s each time
            if options.json and isinstance(event, EpochEnded | RunEnded):
                print(to_json(_event_json(event)), flush=True)
            if isinstance(event, RunEnded):
                end = event
    assert end is not None, "every run ends in one RunEnded"
    if end.state == "failed":
        if options.debug and end.traceback:
            print(end.traceback, file=sys.stderr)
        raise CommandError(end.reason)
    return received.exit_code


def _accepts_changes(options: argparse.Namespace, project: Project) -> bool:
    """Whether a resumed run may go on with what has changed; what `--set` asks for is wanted, and told."""
    from graph.storage import StorageError
    from runtime.options import PlanError
    from runtime.plan_changes import changes_since

    if not options.resume:
        return False
    try:
        changes = changes_since(options.run_dir, project)
    except (StorageError, PlanError):
        return False  # the run says what is wrong
    keys = tuple(text.partition("=")[0].strip() for text in options.settings)
    accepted: bool = options.accept_changes or all(change.startswith(keys) for change in changes)
    for change in changes if accepted else ():
        print(f"changed: {change}", file=sys.stderr)
    return accepted


def _event_json(event: EpochEnded | RunEnded) -> dict[str, Any]:
    """The event as JSON; a number that JSON cannot write (NaN, infinity) becomes null."""
    name = "epoch" if type(event).__name__ == "EpochEnded" else "end"
    return {"event": name} | {
        key: None if isinstance(value, float) and not isfinite(value) else value
        for key, value in asdict(event).items()
    }
