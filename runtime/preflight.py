"""Finds out before the first step whether graph, data and loss go together, and which node is at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from graph.catalog.code import Boundary
from graph.document import Graph, Node, Project
from graph.inference import Inference
from graph.problems import message
from graph.refusals import refusals
from graph.shapes import FLOATS, Shape, TensorSpec
from runtime.data.fit import FitError, bound, check_input, check_outputs
from runtime.data.load import InputDtype
from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.failure import TrainingFailure
from runtime.heads import Head, heads_of
from runtime.loss_spec import LossSpec, OutputNeed, needs_of
from runtime.options import Option, join
from runtime.plan import TrainingPlan
from runtime.processor import processor

NUMBER_WORDS = {1: "one", 2: "two", 3: "three"}


@dataclass(frozen=True)
class Ends:
    """What goes into a model and what comes out of it.

    Args:
        input_node: id of the Input.
        output_nodes: ids of the nodes that feed the Outputs, in the order of the Outputs.
        input: one batch as the model takes it.
        outputs: one batch as the model gives it, for each Output.
        heads: what each Output learns by a loss of its own; empty where one loss takes them all.
    """

    input_node: str
    output_nodes: tuple[str, ...]
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]
    heads: tuple[Head, ...] = ()

    @property
    def input_dtype(self) -> InputDtype:
        """What the data has to be prepared as."""
        return "int64" if self.input.dtype == "int64" else "float32"


@dataclass(frozen=True)
class _Pair:
    """A loss, and the outputs that it takes.

    Args:
        path: of the loss in the plan.
        who: the Output that it belongs to, as a message begins; empty where it takes them all.
        nodes: that feed the outputs.
        outputs: one batch of each.
        data: what it compares with; None while that is not read.
    """

    loss: Option[LossSpec]
    path: str
    who: str
    nodes: tuple[str, ...]
    outputs: tuple[TensorSpec, ...]
    data: TrainData | None = None


def find_ends(project: Project, plan: TrainingPlan) -> Ends:
    """The one input and the outputs of a project without errors, and what they learn.

    Raises:
        TrainingFailure: the graph has an error, not exactly one Input, or not the Outputs of the loss.
        PlanError: what an Output learns does not suit.
    """
    graph = project.graph
    inference = Inference(graph)
    for problem in inference.problems():
        if problem.is_error:
            raise TrainingFailure(problem.message, node=problem.node)
    ends = [node for node in graph.nodes.values() if isinstance(graph.catalog[node.type].code, Boundary)]
    entrance = _only_input([node for node in ends if not graph.catalog[node.type].inputs])
    exits = [node for node in ends if not graph.catalog[node.type].outputs]
    heads = heads_of(plan, [(node.id, node.name) for node in exits])
    if not heads:
        _check_number(exits, plan)
    (entering,) = inference.result(entrance.id).outputs.values()
    leaving = [tensor for node in exits for tensor in inference.result(node.id).inputs.values()]
    assert entering is not None
    outputs = tuple(tensor for tensor in leaving if tensor is not None)
    feeding = tuple(_feeding(inference.computed, node) for node in exits)
    return Ends(entrance.id, feeding, entering, outputs, heads)


def check_model(data: TrainData, plan: TrainingPlan, ends: Ends) -> None:
    """Nothing, if the data suits the model's input, and each loss its outputs and targets.

    Raises:
        TrainingFailure: they do not fit; it names the node to change.
        PlanError: a parameter of the loss does not fit.
    """
    entering = _sizes(ends.input.shape)
    try:
        check_input(data, entering)
    except DataError as error:
        raise TrainingFailure(str(error), node=ends.input_node) from error
    known = {
        name: size for name, size in zip(entering, data.input_shape, strict=True) if isinstance(name, str)
    }
    _check_heads(data, ends)
    for pair in _pairs(plan, ends, data):
        _check_dtypes(pair)
        _check_pair(pair, known)


def check_precision(project: Project, plan: TrainingPlan, device: torch.device) -> None:
    """Nothing, if PyTorch can train every layer in the plan's precision.

    Raises:
        TrainingFailure: it cannot; it names the first layer that stands in the way.
    """
    inference = Inference(project.graph)
    for refusal in refusals(inference, plan.precision, device.type, processor()):
        name = project.graph.nodes[refusal.node].name
        text = message(name, refusal.what, refusal.expected, f"Set precision = {refusal.instead}")
        raise TrainingFailure(text, node=refusal.node)


def _check_heads(data: TrainData, ends: Ends) -> None:
    """Refuses Outputs that the targets were not made for, as a network edited during a run may have."""
    learnt, there = ([each.head.output for each in data.heads], [head.output for head in ends.heads])
    if learnt != there:
        names = ", ".join(each.head.name for each in data.heads) or "none by itself"
        raise TrainingFailure(
            f"The run learns the Outputs {names}, but the network has "
            f"{', '.join(head.name for head in ends.heads) or 'none by itself'}. "
            "Expected the same Outputs in the same order. Stop the run and start another one for that."
        )


def _check_pair(pair: _Pair, known: Mapping[str, int]) -> None:
    assert pair.data is not None, "the data was read"
    shapes = [bound(_sizes(tensor.shape), known) for tensor in pair.outputs]
    try:
        check_outputs(pair.data, pair.loss, shapes, pair.path)
    except FitError as error:
        raise TrainingFailure(f"{pair.who}{error}", node=pair.nodes[error.output]) from error
    except DataError as error:
        raise TrainingFailure(f"{pair.who}{error}", node=pair.nodes[0]) if pair.who else error from None


def _pairs(plan: TrainingPlan, ends: Ends, data: TrainData | None = None) -> list[_Pair]:
    """What is compared with what."""
    if not ends.heads:
        return [_Pair(plan.loss, "loss", "", ends.output_nodes, ends.outputs, data)]
    known = [None] * len(ends.heads) if data is None else [data.of_head(each) for each in data.heads]
    rows = zip(ends.heads, ends.output_nodes, ends.outputs, known, strict=True)
    return [
        _Pair(head.loss, join(head.path, "loss"), f"{head.name}: ", (node,), (tensor,), of_head)
        for head, node, tensor, of_head in rows
    ]


def check_answers(answers: Sequence[Tensor], plan: TrainingPlan, ends: Ends) -> None:
    """Nothing, if a model's answers to one batch lie where the losses need them.

    Raises:
        TrainingFailure: they do not, such as a BCELoss on numbers that are no probabilities.
    """
    pairs = _pairs(plan, ends)
    needs = [need for pair in pairs for need in needs_of(pair.loss).outputs]
    losses = [pair.loss.type for pair in pairs for _ in pair.nodes]
    for need, loss, node, answer in zip(needs, losses, ends.output_nodes, answers, strict=True):
        _check_range(need, answer, loss, node)


def _check_range(need: OutputNeed, answer: Tensor, loss: str, node: str) -> None:
    if not need.is_limited or not answer.numel():
        return
    low, high = (float(limit) for limit in answer.aminmax())
    if low < need.low or high > need.high:
        raise TrainingFailure(
            f"The model's {need.name} lie between {low:.4g} and {high:.4g} for the first batch. "
            f"{loss} expects numbers {need.range_text}. {need.remedy}, or choose another loss.",
            node=node,
        )


def _check_dtypes(pair: _Pair) -> None:
    for need, node, tensor in zip(needs_of(pair.loss).outputs, pair.nodes, pair.outputs, strict=True):
        if tensor.dtype not in FLOATS:
            raise TrainingFailure(
                f"{pair.who}The model gives {tensor} of {tensor.dtype} for {need.name}. {pair.loss.type} "
                "expects float32, so that gradients can flow. "
                "Leave out what changes the dtype, such as ArgMax or Cast.",
                node=node,
            )


def _check_number(exits: Sequence[Node], plan: TrainingPlan) -> None:
    needs = needs_of(plan.loss).outputs
    if len(exits) == len(needs):
        return
    count, names = len(needs), ", ".join(node.name for node in exits) or "none"
    roles = ", ".join(need.describe() for need in needs)
    order = ", in the order they were added" if count > 1 else ""
    change = "Add Outputs" if len(exits) < count else "Remove the others"
    own = "give each Output a loss of its own" if len(exits) > 1 else "choose another loss"
    raise TrainingFailure(
        f"The graph has {len(exits)} Output {'node' if len(exits) == 1 else 'nodes'} ({names}). "
        f"{plan.loss.type} expects exactly {NUMBER_WORDS[count]}: {roles}{order}. {change}, or {own}.",
        node=exits[count].id if len(exits) > count else None,
    )


def _only_input(nodes: Sequence[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    names = ", ".join(node.name for node in nodes) or "none"
    raise TrainingFailure(
        f"The graph has {len(nodes)} Input nodes ({names}). Training expects exactly one. "
        f"{'Remove the others' if nodes else 'Add one Input'}.",
        node=nodes[1].id if nodes else None,
    )


def _feeding(graph: Graph, node: Node) -> str:
    (edge,) = graph.incoming(node.id).values()
    return edge.source.node


def _sizes(shape: Shape) -> list[int | str]:
    """The dims after the batch; a symbol stands for any size."""
    return [dim if isinstance(dim, int) else str(dim) for dim in shape[1:]]
