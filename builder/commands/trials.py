"""Commands for what can be tried before a run: learning rates, one batch learnt by heart, faster steps."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.commands.base import CommandError, Commands, read_project, to_json, write_project
from builder.commands.progress import Progress
from builder.commands.settings import add_settings, with_settings
from graph.document import Document, Project
from graph.edits import SetTraining
from graph.lint.plan import part

if TYPE_CHECKING:
    from runtime.control import Control
    from runtime.lr_finder import LrTried

    Start = Callable[[Project, Control, Path | None], Iterator[Any]]

ROWS = 20  # of the table, the one suggested among them


def register(commands: Commands) -> None:
    """Declares the commands."""
    find = commands.add(
        "find-lr", _find_lr, "try growing learning rates on a copy of the network, and suggest one"
    )
    find.add_argument(
        "--apply", action="store_true", help="write the suggested rate into the project, as optimizer.lr"
    )
    overfit = commands.add(
        "overfit", _overfit, "check whether a copy of the network can learn one small batch by heart"
    )
    speed = commands.add(
        "speed", _speed, "time steps with torch.compile and channels last, and tell what would be won"
    )
    speed.add_argument("--apply", action="store_true", help="write what is faster into the project")
    speed.add_argument(
        "--limit",
        type=_positive,
        default=180.0,
        metavar="SECONDS",
        help="for everything (the usual one: 180)",
    )
    for parser in (find, overfit, speed):
        parser.add_argument("project", type=Path, metavar="PROJECT")
        add_settings(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")


def _positive(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time. Expected seconds, such as 180.")
    return seconds


def _find_lr(options: argparse.Namespace) -> int:
    from runtime.lr_finder import suggested
    from runtime.trials import find_lr_of

    project = read_project(options.project)
    tried: list[LrTried] = []
    code = _watched(options, project, find_lr_of, tried.append, lambda each: (each.step, each.total))
    if code:
        return code
    found = suggested(tried)
    is_applied = options.apply and found.lr is not None
    if is_applied:
        _apply(project, found.lr, options.project)
    if options.json:
        steps = [
            {"step": each.step, "lr": each.lr, "loss": _plain(each.loss), "smoothed": _plain(each.smoothed)}
            for each in tried
        ]
        print(to_json({"lr": found.lr, "text": found.text, "applied": is_applied, "steps": steps}))
    else:
        print("\n".join(_lr_table(tried, found.lr)))
        print(found.text)
        if is_applied:
            print(f"{options.project}: optimizer.lr is {found.lr:g} now")
    return 0 if found.lr is not None else 1


def _overfit(options: argparse.Namespace) -> int:
    from runtime.overfitting import STEPS, judged
    from runtime.trials import overfit_of

    losses: list[float] = []
    code = _watched(
        options,
        read_project(options.project),
        overfit_of,
        lambda event: losses.extend(event.losses),
        lambda event: (len(losses), STEPS),
    )
    if code:
        return code
    found = judged(losses)
    if options.json:
        numbers = [_plain(loss) for loss in losses]
        print(to_json({"has_learnt": found.has_learnt, "text": found.text, "losses": numbers}))
    else:
        print("\n".join(_loss_table(losses)))
        print(found.text)
    return 0 if found.has_learnt else 1


def _speed(options: argparse.Namespace) -> int:
    from runtime.speed import SpeedStarted, WayTimed, judged, measure_speed

    project, events = read_project(options.project), []
    start = partial(measure_speed, limit=options.limit)
    code = _watched(
        options, project, start, events.append, lambda event: (len(events) - 1, len(events[0].ways)), "way"
    )
    if code:
        return code
    (started,) = (event for event in events if isinstance(event, SpeedStarted))
    timed = [event for event in events if isinstance(event, WayTimed)]
    found = judged(started, timed)
    if options.apply and found.way is not None:
        _write(project, asdict(found.way), options.project)
    if options.json:
        best = None if found.way is None else asdict(found.way)
        told = {"best": best, "text": found.text, "applied": bool(options.apply and best)}
        print(to_json(told | asdict(started) | {"ways": [asdict(each) for each in timed]}))
        return 0
    print(f"{started.total_steps:,} steps planned on {started.device}, {started.now}")
    for each in timed:
        print(f"  {each.way!s:<32}{each.text}")
    print(found.text)
    if options.apply and found.way is not None:
        print(f"{options.project}: compile and channels_last are set so now")
    return 0


def _watched(
    options: argparse.Namespace,
    project: Project,
    start: Start,
    take: Callable[[Any], None],
    share: Callable[[Any], tuple[int, int]],
    unit: str = "step",
) -> int:
    """Runs a trial to its end; gives the exit code that a signal asked for, else 0.

    Args:
        options: of the command, with settings for this time.
        project: read, never changed.
        start: begins the trial.
        take: is given what it tells.
        share: how far it is then, of how much.
        unit: of that.

    Raises:
        CommandError: the project cannot be trained as it is.
    """
    from runtime.control import Control
    from runtime.data.raw import DataCancelled
    from runtime.events import DataProgress
    from runtime.launch import USER_ERRORS
    from runtime.signals import stop_on_signals

    control, progress = Control(), Progress(sys.stderr)
    chosen = with_settings(project.copy(), options.settings)
    with stop_on_signals(control) as received:
        try:
            for event in start(chosen, control, options.project.resolve().parent):
                if isinstance(event, DataProgress):
                    progress.show(event)
                else:
                    take(event)
                    progress.show_share(unit, *share(event))
        except DataCancelled:
            pass
        except USER_ERRORS as error:
            progress.close()
            raise CommandError(str(error)) from error
    progress.close()
    return received.exit_code


def _apply(project: Project, lr: float | None, path: Path) -> None:
    from runtime.plan import DEFAULT_OPTIMIZER

    optimizer = {"type": DEFAULT_OPTIMIZER, **part(project.training, "optimizer"), "lr": lr}
    _write(project, {"optimizer": optimizer}, path)


def _write(project: Project, changes: Mapping[str, Any], path: Path) -> None:
    document = Document(project)
    document.apply(SetTraining({**project.training, **changes}))
    write_project(document.project, path)


def _lr_table(tried: Sequence[LrTried], lr: float | None) -> Iterator[str]:
    best = None if lr is None else min(tried, key=lambda each: abs(each.lr / lr - 1))
    yield f"{'step':>5}  {'lr':>9}  {'loss':>10}  {'smoothed':>10}"
    for each in _thinned(tried, best):
        mark = "  <- suggested" if each is best else ""
        yield f"{each.step:>5}  {each.lr:>9.2e}  {each.loss:>10.4g}  {each.smoothed:>10.4g}{mark}"


def _loss_table(losses: Sequence[float]) -> Iterator[str]:
    yield f"{'step':>5}  {'loss':>10}"
    for step, loss in _thinned(list(enumerate(losses, start=1))):
        yield f"{step:>5}  {loss:>10.4g}"


def _thinned(rows: Sequence[Any], kept: Any = None) -> Iterator[Any]:
    """Evenly chosen rows, the first, the last and one that must not be missing among them."""
    stride = max(-(-len(rows) // ROWS), 1)
    for index, row in enumerate(rows):
        if index % stride == 0 or index == len(rows) - 1 or row is kept:
            yield row


def _plain(value: float) -> float | None:
    """A number that JSON cannot write becomes null."""
    return value if isfinite(value) else None
