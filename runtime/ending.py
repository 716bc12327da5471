"""Why a run is over, in words."""

from __future__ import annotations

from runtime.goals import Goals
from runtime.plan import TrainingPlan
from runtime.progress import Progress


def is_stale(progress: Progress, goals: Goals) -> bool:
    """Whether early stopping ends the run."""
    return goals.patience is not None and progress.stale_epochs >= goals.patience


def is_out_of_steps(plan: TrainingPlan, progress: Progress) -> bool:
    """Whether the plan's steps are used up."""
    return plan.max_steps is not None and progress.step >= plan.max_steps


def is_out_of_time(plan: TrainingPlan, seconds: float) -> bool:
    """Whether the plan's minutes are used up after so many seconds."""
    return plan.max_minutes is not None and seconds >= 60 * plan.max_minutes


def end_reason(plan: TrainingPlan, progress: Progress, goals: Goals, seconds: float) -> str | None:
    """Why a run is over after so many seconds; empty after its last epoch, None while it goes on."""
    if is_stale(progress, goals):
        duration = f"{progress.stale_epochs} epoch{'s' if progress.stale_epochs > 1 else ''}"
        return f"Stopped early: {goals.stopping.metric} was not better for {duration}."
    is_judged = progress.judged == progress.step  # else it was stopped before it was
    if is_judged and is_out_of_steps(plan, progress):
        return f"Reached max_steps = {plan.max_steps:,}."
    if is_judged and is_out_of_time(plan, seconds):
        return f"Reached max_minutes = {plan.max_minutes:g}."
    return "" if progress.epoch > plan.epochs else None


def with_remarks(reason: str, plan: TrainingPlan, progress: Progress, restored: int | None) -> str:
    """A reason with what else there is to know of the run.

    Args:
        reason: why it is over.
        plan: how steps without finite gradients were dealt with.
        progress: how many there were.
        restored: the epoch whose weights were put back, if any.
    """
    texts = [reason]
    if restored is not None:
        texts.append(f"The weights are those of epoch {restored}, the best.")
    skipped = progress.skipped_in_all
    if skipped and plan.on_nonfinite == "skip":
        texts.append(f"{skipped:,} {'step was' if skipped == 1 else 'steps were'} left out as not finite.")
    return " ".join(filter(None, texts))
