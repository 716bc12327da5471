"""What a plan costs in memory, and what there is of it; needs no torch until a device is asked."""

from __future__ import annotations

from collections.abc import Mapping

from graph.catalog.call import USUAL_PROCESSOR
from graph.catalog.params import Value
from graph.cost import Cost, TrainingRun
from graph.cost_memory import largest_batch
from graph.inference import Inference
from graph.model import Graph
from graph.pace import Pace, unpaced
from graph.project import Project
from runtime.free_memory import free_memory
from runtime.plan import PlanError, TrainingPlan
from runtime.processor import processor


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
    states = plan.optimizer.spec.states(plan.optimizer.params)
    copies = states + (plan.ema_decay is not None)
    return TrainingRun(plan.precision, copies, kind, processor() if kind == "cpu" else USUAL_PROCESSOR)


def training_cost(
    graph: Graph, inference: Inference, plan: TrainingPlan, device: str = "cpu", pace: Pace = unpaced
) -> Cost:
    """The costs of a graph that is trained by a plan, worked out at a pace."""
    return Cost(graph, inference, training_run(plan, device), pace)


def shortage(project: Project, plan: TrainingPlan, device: str, samples: int) -> str | None:
    """What to tell somebody whose batches need more memory than there is; None if they fit or nobody knows.

    Args:
        project: without errors.
        plan: how it is trained.
        device: where.
        samples: that there are to train on; no batch has more.
    """
    size = min(plan.batch_size, samples)
    memory = training_cost(project.graph, Inference(project.graph), plan, device.partition(":")[0]).memory
    peak, (place, free) = memory.peak(size), free_memory(device)
    if peak is None or peak <= free:
        return None
    fits = largest_batch(memory, free)
    hint = f"Set batch_size = {fits:,} or less." if fits else "Use a smaller network or another device."
    return (
        f"A step with batch_size = {size:,} takes about {peak / 2**30:,.1f} GiB, "
        f"and {place} has {free / 2**30:,.1f} GiB free. {hint}"
    )
