"""Finds out before the first step whether graph, data and loss go together, and which node is at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from graph.catalog.spec import Boundary
from graph.document import Graph, Node, Project
from graph.inference import Inference
from graph.shapes import FLOATS, Shape, TensorSpec
from runtime.data.fit import FitError, bound, check_input, check_outputs
from runtime.data.load import InputDtype
from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.failure import TrainingFailure
from runtime.loss_spec import LossSpec, OutputNeed, needs_of
from runtime.options import Option

NUMBER_WORDS = {1: "one", 2: "two", 3: "three"}


@dataclass(frozen=True)
class Ends:
    """What goes into a model and what comes out of it.

    Args:
        input_node: id of the Input.
        output_nodes: ids of the nodes that feed the Outputs, in the order of the Outputs.
        input: one batch as the model takes it.
        outputs: one batch as the model gives it, for each Output.
    """

    input_node: str
    output_nodes: tuple[str, ...]
    input: TensorSpec
    outputs: tuple[TensorSpec, ...]

    @property
    def input_dtype(self) -> InputDtype:
        """What the data has to be prepared as."""
        return "int64" if self.input.dtype == "int64" else "float32"


def find_ends(project: Project, loss: Option[LossSpec]) -> Ends:
    """The one input and the outputs of a project without errors.

    Raises:
        TrainingFailure: the graph has an error, not exactly one Input, or not the Outputs of the loss.
    """
    graph = project.graph
    inference = Inference(graph)
    for problem in inference.problems():
        if problem.is_error:
            raise TrainingFailure(problem.message, node=problem.node)
    ends = [node for node in graph.nodes.values() if isinstance(graph.catalog[node.type].code, Boundary)]
    entrance = _only_input([node for node in ends if not graph.catalog[node.type].inputs])
    exits = [node for node in ends if not graph.catalog[node.type].outputs]
    _check_number(exits, loss)
    (entering,) = inference.result(entrance.id).outputs.values()
    leaving = [tensor for node in exits for tensor in inference.result(node.id).inputs.values()]
    assert entering is not None
    outputs = tuple(tensor for tensor in leaving if tensor is not None)
    return Ends(entrance.id, tuple(_feeding(inference.computed, node) for node in exits), entering, outputs)


def check_model(data: TrainData, loss: Option[LossSpec], ends: Ends) -> None:
    """Nothing, if the data suits the model's input, and the model's outputs suit loss and targets.

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
    _check_dtypes(loss, ends)
    try:
        check_outputs(data, loss, [bound(_sizes(tensor.shape), known) for tensor in ends.outputs])
    except FitError as error:
        raise TrainingFailure(str(error), node=ends.output_nodes[error.output]) from error


def check_ranges(model: nn.Module, inputs: Tensor, loss: Option[LossSpec], ends: Ends) -> None:
    """Nothing, if the model's answers to one batch lie where the loss needs them.

    It changes neither the model nor the random numbers that are drawn later.

    Raises:
        TrainingFailure: they do not, such as a BCELoss on numbers that are no probabilities.
    """
    needs = needs_of(loss).outputs
    if not any(need.is_limited for need in needs):
        return
    devices = [inputs.device.index or 0] if inputs.is_cuda else []
    with torch.random.fork_rng(devices=devices), torch.inference_mode():
        was_training = model.training
        model.eval()
        try:
            answers = model(inputs)
        finally:
            model.train(was_training)
    for need, node, answer in zip(needs, ends.output_nodes, _several(answers), strict=True):
        _check_range(need, answer, loss.type, node)


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


def _check_dtypes(loss: Option[LossSpec], ends: Ends) -> None:
    for need, node, tensor in zip(needs_of(loss).outputs, ends.output_nodes, ends.outputs, strict=True):
        if tensor.dtype not in FLOATS:
            raise TrainingFailure(
                f"The model gives {tensor} of {tensor.dtype} for {need.name}. {loss.type} expects float32, "
                "so that gradients can flow. Leave out what changes the dtype, such as ArgMax or Cast.",
                node=node,
            )


def _check_number(exits: Sequence[Node], loss: Option[LossSpec]) -> None:
    needs = needs_of(loss).outputs
    if len(exits) == len(needs):
        return
    count, names = len(needs), ", ".join(node.name for node in exits) or "none"
    roles = ", ".join(need.describe() for need in needs)
    order = ", in the order they were added" if count > 1 else ""
    change = "Add Outputs" if len(exits) < count else "Remove the others"
    raise TrainingFailure(
        f"The graph has {len(exits)} Output {'node' if len(exits) == 1 else 'nodes'} ({names}). {loss.type} "
        f"expects exactly {NUMBER_WORDS[count]}: {roles}{order}. {change}, or choose another loss.",
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


def _several(answers: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return answers if isinstance(answers, tuple) else (answers,)


def _sizes(shape: Shape) -> list[int | str]:
    """The dims after the batch; a symbol stands for any size."""
    return [dim if isinstance(dim, int) else str(dim) for dim in shape[1:]]
