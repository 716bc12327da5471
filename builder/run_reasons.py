"""Why something cannot be done with runs: what a disabled action says of itself."""

from __future__ import annotations

from collections.abc import Sequence

from builder.texts import later, tr
from runtime.run_summary import RunSummary

NOTHING_CHOSEN = later("No run is chosen in the Runs tab.")
ONE_EXPECTED = later("Several runs are chosen. Choose one.")
TWO_EXPECTED = later("Choose two runs in the Runs tab (Ctrl+click).")
GOING_ON = later("The run is going on. Stop it first.")
UNREADABLE = later("The folder of the run cannot be read.")


def why_not_one(runs: Sequence[RunSummary]) -> str:
    """What keeps exactly one run from being looked at; empty if nothing does."""
    if not runs:
        return tr(NOTHING_CHOSEN)
    if len(runs) > 1:
        return tr(ONE_EXPECTED)
    return tr(UNREADABLE) if runs[0].status == "damaged" else ""


def why_not_compared(runs: Sequence[RunSummary]) -> str:
    """Likewise for two."""
    if len(runs) != 2:
        return tr(TWO_EXPECTED)
    return tr(UNREADABLE) if any(run.status == "damaged" for run in runs) else ""


def why_not_shown(runs: Sequence[RunSummary]) -> str:
    """Likewise for the curves of any."""
    if not runs:
        return tr(NOTHING_CHOSEN)
    return tr(UNREADABLE) if all(run.status == "damaged" for run in runs) else ""


def why_not_deleted(runs: Sequence[RunSummary]) -> str:
    """Likewise for throwing any away."""
    if not runs:
        return tr(NOTHING_CHOSEN)
    return tr(GOING_ON) if any(run.status == "running" for run in runs) else ""


def why_not_renamed(runs: Sequence[RunSummary]) -> str:
    """Likewise for a name."""
    return why_not_one(runs) or (tr(GOING_ON) if runs[0].status == "running" else "")


def why_not_resumed(run: RunSummary | None, epochs: int) -> str:
    """Likewise for going on with one, None for a project that has none, to so many planned epochs."""
    if run is None:
        return tr("This project has no run yet.")
    match run.status:
        case "running":
            return tr("Run {name} is going on.", name=run.name)
        case "finished" if run.epochs is None or run.epoch < run.epochs:
            return tr("Run {name} is finished: its plan ended it before its last epoch.", name=run.name)
        case "finished" if epochs <= run.epochs:
            return tr(
                "Run {name} is finished: it has trained all its epochs. Raise Epochs above {epochs:,} in the "
                "training plan to train on.",
                name=run.name,
                epochs=run.epochs,
            )
        case "damaged":
            return tr(UNREADABLE)
    if not run.can_resume:
        return tr("Run {name} ended before it had saved anything to go on from.", name=run.name)
    return ""
