"""Commands on runs: a table of them, and what makes one another."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from builder.commands.base import CommandError, Commands, to_json
from graph.storage import SUFFIX, StorageError
from runtime.comparing import Comparison, compare
from runtime.run_summary import RunSummaries, RunSummary, run_folders
from runtime.runs import RUN_FILE

TITLES = ("run", "state", "started", "epochs", "steps", "best", "val loss", "time", "device", "parameters")
NONE = "-"


def register(commands: Commands) -> None:
    """Declares the commands."""
    runs = commands.add("runs", _runs, "list the runs in a folder")
    runs.add_argument("folder", type=Path, metavar="DIR", help="a folder of runs, or a project file")
    runs.add_argument("--json", action="store_true", help="print JSON")
    two = commands.add("compare", _compare, "tell what plan, network and result two runs differ in")
    two.add_argument("runs", nargs=2, type=Path, metavar="RUN")
    two.add_argument("--json", action="store_true", help="print JSON")


def _runs(options: argparse.Namespace) -> int:
    place: Path = options.folder
    if place.suffix == SUFFIX and place.is_file():
        place = place.with_suffix(".runs")
    elif not place.is_dir():
        raise CommandError(f"{place}: there is no such folder. Name one that runs were kept in.", 2)
    summaries = RunSummaries().of(run_folders(place))
    if options.json:
        print(to_json([_summary_json(summary) for summary in summaries]))
    elif not summaries:
        print(f"{place}: no runs. Train a project with --run-dir {place / 'first'}.")
    else:
        print("\n".join(_table([TITLES, *map(_row, summaries)])))
        for summary in summaries:
            if summary.reason:
                print(f"{summary.folder.name}: {summary.reason}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    for folder in options.runs:
        if not (folder / RUN_FILE).is_file():
            raise CommandError(f"{folder}: there is no run. Name a folder that a run was kept in.", 2)
    try:
        found = compare(*options.runs)
    except StorageError as error:
        raise CommandError(str(error), 2) from error
    print(to_json(_comparison_json(found)) if options.json else "\n".join(_comparison_lines(found)))
    return 0


def _summary_json(summary: RunSummary) -> dict[str, Any]:
    values = asdict(summary)
    return {"path": str(values.pop("folder")), "state": values.pop("status"), **values}


def _comparison_json(found: Comparison) -> dict[str, Any]:
    return {
        "runs": [_summary_json(each) for each in (found.first, found.second)],
        "plan": [asdict(each) for each in found.plan],
        "nodes": [asdict(each) for each in found.nodes],
        "network": list(found.network),
    }


def _row(run: RunSummary) -> tuple[str, ...]:
    return (
        run.name,
        run.status,
        run.started[:16].replace("T", " ") or NONE,
        f"{run.epoch}/{run.epochs}" if run.epochs else str(run.epoch),
        f"{run.step:,}",
        f"{run.metric} {run.best:.4g} (epoch {run.best_epoch})" if run.best is not None else NONE,
        NONE if run.val_loss is None else f"{run.val_loss:.4g}",
        NONE if run.seconds is None else f"{run.seconds:,.1f} s",
        run.device or NONE,
        NONE if run.parameters is None else f"{run.parameters:,}",
    )


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _comparison_lines(found: Comparison) -> Iterator[str]:
    names = (str(found.first.folder), str(found.second.folder))
    yield from _section("plan", names, [(each.path, each.before, each.after) for each in found.plan])
    nodes = [
        (f"{each.name} in {each.block}" if each.block else each.name, each.before or None, each.after or None)
        for each in found.nodes
    ]
    yield from _section("network", names, nodes)
    yield from (f"  {phrase}" for phrase in found.network)
    yield from _section("result", names, list(found.results()))


def _section(title: str, names: tuple[str, str], rows: Sequence[tuple[str, object, object]]) -> Iterator[str]:
    if not rows:
        yield f"{title}: the same"
        return
    yield from _table([(title, *names), *((f"  {name}", _text(one), _text(two)) for name, one, two in rows)])


def _text(value: object) -> str:
    if value is None or value == "":
        return NONE
    return f"{value:.6g}" if isinstance(value, float) else str(value)
