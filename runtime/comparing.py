"""Two runs side by side: what of plan, network and result differs; needs no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph import storage
from graph.node_differences import NodeDifference, node_differences
from graph.project import Project
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.plan_changes import PlanDifference, mapping_differences, network_differences, plan_differences
from runtime.run_summary import RunSummaries, RunSummary
from runtime.runs import PROJECT_FILE

RESULTS = (  # of RunSummary, in the order in which they are told
    "status", "epoch", "step", "best", "best_epoch", "val_loss", "seconds", "parameters", "device",
)  # fmt: skip
WIRING = ("connects ", "takes ")  # begin what `network_differences` says of edges


@dataclass(frozen=True)
class Comparison:
    """What makes one run another.

    Args:
        first: one run.
        second: the other.
        plan: of the training, key by key.
        nodes: of the network, node by node.
        network: the same in words, with its edges.
    """

    first: RunSummary
    second: RunSummary
    plan: tuple[PlanDifference, ...]
    nodes: tuple[NodeDifference, ...]
    network: tuple[str, ...]

    @property
    def wiring(self) -> tuple[str, ...]:
        """What of the edges is another, in words, beside those of nodes that came or went."""
        return tuple(phrase for phrase in self.network if phrase.startswith(WIRING))

    def results(self) -> Iterator[tuple[str, object, object]]:
        """Every figure with its value in both runs, be they equal or not."""
        for name in RESULTS:
            yield name, getattr(self.first, name), getattr(self.second, name)


def compare(first: Path, second: Path) -> Comparison:
    """Reads two run folders.

    Raises:
        StorageError: the project of one of them cannot be read.
    """
    one, other = RunSummaries().of([first, second])
    before, after = (storage.load(folder / PROJECT_FILE) for folder in (first, second))
    return Comparison(
        one,
        other,
        plan=_plan_differences(before, after),
        nodes=node_differences(before, after),
        network=network_differences(before, after),
    )


def _plan_differences(before: Project, after: Project) -> tuple[PlanDifference, ...]:
    """With defaults as values, as long as both plans are good."""
    try:
        plans = [TrainingPlan.from_mapping(project.training) for project in (before, after)]
    except PlanError:
        return mapping_differences(before.training, after.training)
    return plan_differences(*plans)
