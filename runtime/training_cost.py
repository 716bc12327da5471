"""What a plan costs in memory, and what there is of it; needs no torch until a device is asked."""

from __future__ import annotations

from collections.abc import Mapping

from graph.catalog.params import Value
from graph.cost import Cost, TrainingRun
from graph.inference import Inference
from graph.model import Graph
from runtime.plan import PlanError, TrainingPlan


def usable_plan(training: Mapping[str, Value]) -> TrainingPlan:
    """The plan that a project's `training` stands for; the usual one while it has a mistake."""
    try:
        return TrainingPlan.from_mapping(training)
    except PlanError:
        return TrainingPlan()


def training_run(plan: TrainingPlan, device: str = "cpu") -> TrainingRun:
    """How a plan trains, as far as that changes the memory it takes.

    Args:
        plan: whose precision, optimizer and device count.
        device: the kind of device that `auto` stands for.
    """
    kind = device if plan.device == "auto" else plan.device.partition(":")[0]
    return TrainingRun(plan.precision, plan.optimizer.spec.states(plan.optimizer.params), kind)


def training_cost(graph: Graph, inference: Inference, plan: TrainingPlan, device: str = "cpu") -> Cost:
    """The costs of a graph that is trained by a plan."""
    return Cost(graph, inference, training_run(plan, device))
