"""What makes one plan another, and which of it a run can take up while it trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph import storage
from graph.differences import differences
from graph.project import Project
from runtime.options import PlanError, shown
from runtime.plan import TrainingPlan
from runtime.runs import PROJECT_FILE

# What cannot change while a run trains, and why.
FIXED: Mapping[str, str] = {
    "data": "the data is already read",
    "loss": "data and network were checked against it",
    "outputs": "data and network were checked against them",
    "batch_size": "the batches of the epoch are already drawn",
    "drop_last": "the batches of the epoch are already drawn",
    "sampler": "the batches of the epoch are already drawn",
    "accumulate_steps": "the steps of the epoch are already counted",
    "seed": "it only counts at the start",
    "device": "the network is already there",
    "tf32": "it holds for a whole run",
    "deterministic": "it holds for a whole run",
}


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """A key of a plan that has another value.

    Attributes:
        path: such as `optimizer.lr`.
        before: None where there was none.
        after: None where there is none now.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {shown(self.before)} -> {shown(self.after)}"


def plan_differences(before: TrainingPlan, after: TrainingPlan) -> tuple[PlanDifference, ...]:
    """Every key whose value differs, in the order of the plan; defaults count as values."""
    return mapping_differences(*(plan.to_mapping(defaults=True) for plan in (before, after)))


def mapping_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PlanDifference, ...]:
    """Likewise of plans as they are written down, be they good or not."""
    old, new = dict(_flat(before)), dict(_flat(after))
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        PlanDifference(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def project_differences(before: Project, after: Project) -> tuple[str, ...]:
    """Everything that makes a run's project another, in words: the network first, then the plan.

    Raises:
        PlanError: one of the plans has a mistake.
    """
    plans = (TrainingPlan.from_mapping(project.training) for project in (before, after))
    return (*network_differences(before, after), *map(str, plan_differences(*plans)))


def network_differences(before: Project, after: Project) -> tuple[str, ...]:
    """What makes one network another, in words; where things stand on the canvas makes no difference."""
    drawn = before.copy()
    drawn.name, drawn.training = after.name, after.training
    return tuple(differences(drawn, after))


def changes_since(run_dir: Path, project: Project) -> tuple[str, ...]:
    """What has changed between the project of a run and this one, each in words: `epochs: 5 -> 10`.

    Raises:
        StorageError: the run's project cannot be read.
        PlanError: one of the plans has a mistake.
    """
    return project_differences(storage.load(run_dir / PROJECT_FILE), project)


def require_changeable(before: TrainingPlan, after: TrainingPlan) -> None:
    """Nothing, if a run can take up the other plan while it trains.

    Raises:
        PlanError: for the first change that it cannot.
    """
    for difference in plan_differences(before, after):
        reason = FIXED.get(difference.path.partition(".")[0])
        if reason is not None:
            raise PlanError(
                difference.path,
                f"{difference.path} cannot change while a run trains: {reason}.",
                f"{shown(difference.before)} until its end",
                "Stop the run and start another one for that.",
            )


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else key)
    else:
        yield path, value
