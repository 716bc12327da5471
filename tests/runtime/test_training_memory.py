"""Predicted training memory, held against what PyTorch's CPU allocator hands out in a real step.

Measured are the allocator's bytes at their peak, as the profiler reports them: tensors and what kernels ask
for themselves. Weights, buffers, optimizer state and the batch, which were there before, come on top.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from codegen.exporting.samples import Samples
from codegen.live import build
from graph.catalog.settings import FROZEN
from graph.cost_memory import training_memory
from graph.cost_trace import LOWER, trace
from graph.document import Project
from graph.inference import Inference
from graph.templates import template, templates
from tests.graph.builders import chain
from tests.graph.networks import NETWORKS

BATCH = 32
STATES = {"SGD": 0, "Adam": 2, "AdamW": 2}
PRECISIONS = ("float32", "amp-bfloat16")
TEMPLATES = [entry.name for entry in templates()]
BACKBONES = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "densenet121", "squeezenet1_1", "swin_t")


def peak_of(step: Callable[[], None]) -> int:
    """Bytes that the allocator has handed out at most while a step runs, beyond those before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    live = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


def loss_of(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    """A loss of everything that a network gives, as of scores of classes along the last dim."""
    parts = [output.flatten(0, -2) for output in (outputs if isinstance(outputs, tuple) else (outputs,))]
    targets = (torch.zeros(len(part), dtype=torch.long) for part in parts)
    losses = [functional.cross_entropy(part, target) for part, target in zip(parts, targets, strict=True)]
    return torch.stack(losses).sum()


def frozen(project: Project, where: str) -> Project:
    """The network with its weights frozen in all layers but the last, or but the first and the last."""
    graph = project.graph
    learning = [node for node in graph.nodes.values() if graph.catalog[node.type].param(FROZEN.name)]
    for node in learning[where == "middle" : -1]:
        node.params[FROZEN.name] = True
    return project


def measured(project: Project, optimizer_type: str, precision: str, batch: int = BATCH) -> int:
    """Bytes at the peak of the second training step, when the optimizer has its state."""
    module, lower = build(project, seed=0).module.train(), LOWER.get(precision)
    inputs = Samples(project).inputs(batch)
    optimizer = getattr(torch.optim, optimizer_type)(module.parameters(), lr=0.01, fused=True)

    def step() -> None:
        with torch.autocast("cpu", dtype=getattr(torch, lower)) if lower else nullcontext():
            outputs = module(*inputs)
            loss = loss_of(outputs)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    weights = sum(parameter.nbytes for parameter in module.parameters())
    trained = sum(parameter.nbytes for parameter in module.parameters() if parameter.requires_grad)
    others = sum(tensor.nbytes for tensor in (*module.buffers(), *inputs))
    return weights + trained * STATES[optimizer_type] + others + peak_of(step)


def predicted(project: Project, optimizer_type: str, precision: str, batch: int = BATCH) -> int:
    inference = Inference(project.graph)
    assert not inference.problems()
    memory = training_memory(trace(inference, precision), STATES[optimizer_type])
    (leading, *_) = Samples(project).inputs(batch)
    peak = memory.peak(batch, {"T": leading.shape[-1]})
    assert peak is not None
    return peak


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("name", "optimizer_type"), [*((name, "AdamW") for name in TEMPLATES), ("MLP", "SGD"), ("CNN", "SGD")]
)
def test_a_template_trains_in_the_memory_that_is_predicted(name, optimizer_type, precision):
    project = template(name).project()
    truth = measured(project, optimizer_type, precision)
    assert predicted(project, optimizer_type, precision) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_larger_network_trains_in_the_memory_that_is_predicted(name, precision):
    project = NETWORKS[name]()
    truth = measured(project, "AdamW", precision)
    assert predicted(project, "AdamW", precision) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("where", ["front", "middle"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_partly_frozen_network_trains_in_the_memory_that_is_predicted(name, where, precision):
    project = frozen(NETWORKS[name](), where)
    truth = measured(project, "AdamW", precision)
    assert predicted(project, "AdamW", precision) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("type_name", ["RNN", "GRU", "LSTM", "TransformerEncoderLayer"])
def test_a_sequence_layer_frozen_between_others_trains_in_the_memory_that_is_predicted(type_name, precision):
    params = {"nhead": 4} if "Transformer" in type_name else {"hidden_size": 64}
    layers = (("Linear", {"out_features": 48}), (type_name, {**params, "frozen": True}), "LastStep", "Linear")
    project = Project(graph=chain(("Input", {"shape": [28, 28]}), *layers, "Output"))
    truth = measured(project, "AdamW", precision)
    assert predicted(project, "AdamW", precision) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["MLP", "CNN", "SmallCNN", "LSTMClassifier", "GRUClassifier", "TinyRNN"])
def test_a_frozen_template_with_a_trained_head_trains_in_the_memory_that_is_predicted(name, precision):
    project = frozen(template(name).project(), "front")
    truth = measured(project, "Adam", precision)
    assert predicted(project, "Adam", precision) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("batch", "optimizer_type"), [(8, "SGD"), (64, "Adam"), (128, "AdamW")])
@pytest.mark.parametrize("name", ["SmallCNN", "LSTMClassifier", "GPT", "FrozenBackbone"])
def test_a_batch_of_any_size_trains_in_the_memory_that_is_predicted(name, batch, optimizer_type, precision):
    project = template(name).project()
    truth = measured(project, optimizer_type, precision, batch)
    assert predicted(project, optimizer_type, precision, batch) == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("is_frozen", [False, True], ids=["trained", "frozen"])
@pytest.mark.parametrize("model", BACKBONES)
def test_a_backbone_trains_in_the_memory_that_is_predicted(model, is_frozen, precision):
    params = {"model": model, "head": "replace", "frozen": is_frozen}
    graph = chain(("Input", {"shape": [3, 96, 64]}), ("Backbone", params), "Output")
    project = Project(graph=graph)
    truth = measured(project, "AdamW", precision)
    assert predicted(project, "AdamW", precision) == pytest.approx(truth, rel=0.1)


def test_what_is_inside_own_code_is_not_guessed():
    project = template("MLP").project()
    *others, last = trace(Inference(project.graph))
    memory = training_memory([*others, replace(last, is_known=False)], STATES["AdamW"])
    assert memory.peak(BATCH) is None
