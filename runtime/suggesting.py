"""Finds out about a project's data, network and device what a suggested plan is made from."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import torch

from graph.catalog.code import Boundary
from graph.catalog.embedding import learns_sparsely
from graph.cost_memory import largest_batch
from graph.document import Node
from graph.inference import Inference
from graph.project import Project
from graph.shapes import TensorSpec
from runtime.data.ends import suggest_ends
from runtime.data.preview import Preview, preview
from runtime.device import pick_device
from runtime.events import DataProgress
from runtime.free_memory import free_memory
from runtime.plan import TrainingPlan
from runtime.processor import multiplies_bfloat16
from runtime.suggestion import Advice, Situation, suggested
from runtime.suggestion_facts import DataFacts, DeviceFacts, EndFacts, NetworkFacts
from runtime.training_cost import training_cost

BFLOAT16_SINCE = (8, 0)  # CUDA's compute capability
SHARE = 2  # of the free memory half is planned for


def suggest_plan(project: Project, folder: Path | None) -> Generator[DataProgress, None, tuple[Advice, ...]]:
    """A plan that suits; run it with `yield from`.

    Args:
        project: without errors; read, never changed.
        folder: where relative paths of the plan start; the working directory when None.

    Raises:
        PlanError: the plan has a mistake.
        DataError: the data is missing, damaged or does not suit.
        DeviceError: the plan's device is not there.
    """
    plan = TrainingPlan.from_mapping(project.training)
    look = yield from preview(plan.data, count=64, seed=plan.seed, folder=folder)
    inference = Inference(project.graph)
    device = device_facts(plan.device)
    memory = training_cost(project.graph, inference, plan, device.kind).memory
    fits = largest_batch(memory, device.free // SHARE)
    return suggested(Situation(plan, data_facts(look), network_facts(project, inference), device, fits))


def data_facts(look: Preview) -> DataFacts:
    """What a look at the data says for a plan."""
    ends = suggest_ends(look)
    return DataFacts(
        loss=ends.loss,
        reason=ends.reason,
        output_shape=ends.output_shape,
        train_samples=look.train_samples,
        val_samples=look.val_samples,
        num_classes=look.num_classes,
        imbalance=look.imbalance,
        is_text=bool(look.vocabulary) and bool(look.target_shape),
        other_losses=ends.other_losses,
        spread=_spread(look),
    )


def _spread(look: Preview) -> float | None:
    """How far the numbers to predict lie apart, as far as the samples looked at tell."""
    if look.num_classes is not None or not look.targets.is_floating_point() or len(look.targets) < 2:
        return None
    return float(look.targets.reshape(len(look.targets), -1).std(dim=0).max())


def network_facts(project: Project, inference: Inference) -> NetworkFacts:
    """What the network is."""
    graph = project.graph
    nodes = [node for each in project.graphs() for node in each.nodes.values()]
    known = [(node, spec) for node in nodes if (spec := graph.catalog.get(node.type)) is not None]
    ends = [node for node in graph.nodes.values() if isinstance(graph.catalog[node.type].code, Boundary)]
    results = [inference.result(node.id) for node in ends]
    taken = [each for result in results for each in result.outputs.values()]
    given = [each for result in results for each in result.inputs.values()]
    return NetworkFacts(
        families=frozenset(spec.category for _, spec in known),
        outputs=len(given),
        taken=_sizes(taken),
        given=_sizes(given),
        is_pretrained=any(node.params.get("weights") for node in nodes),
        ends=_several(ends, inference),
        has_sparse_gradients=any(learns_sparsely(spec, node.params) for node, spec in known),
    )


def _several(boundaries: Sequence[Node], inference: Inference) -> tuple[EndFacts, ...]:
    """The Outputs, where there is more than one."""
    found = [
        EndFacts(node.id, node.name, _sizes([tensor]))
        for node in boundaries
        for tensor in inference.result(node.id).inputs.values()
    ]
    return tuple(found) if len(found) > 1 else ()


def device_facts(name: str) -> DeviceFacts:
    """Where a plan's device name leads.

    Raises:
        DeviceError: there is no such device.
    """
    device = pick_device(name)
    place, free = free_memory(str(device))
    if device.type != "cuda":
        has_bfloat16 = device.type == "cpu" and multiplies_bfloat16()
        return DeviceFacts(device.type, {"cpu": "the CPU"}.get(place, place), free, has_bfloat16)
    has_bfloat16 = torch.cuda.get_device_capability(device) >= BFLOAT16_SINCE
    return DeviceFacts("cuda", torch.cuda.get_device_name(device), free, has_bfloat16)


def _sizes(tensors: list[TensorSpec | None]) -> tuple[int, ...] | None:
    """The only tensor's shape without the batch, if all of it is known."""
    if len(tensors) != 1 or tensors[0] is None:
        return None
    sizes = tuple(dim for dim in tensors[0].shape[1:] if isinstance(dim, int))
    return sizes if len(sizes) == len(tensors[0].shape) - 1 else None
