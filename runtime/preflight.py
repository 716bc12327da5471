"""Finds out before the first step whether graph, data and loss go together, and which node is at fault."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog import CATALOG
from graph.document import Graph, Node, Project
from graph.inference import Inference
from graph.shapes import Shape, TensorSpec
from runtime.data.fit import check_fit
from runtime.data.load import InputDtype, TrainData
from runtime.data.raw import DataError
from runtime.failure import TrainingFailure
from runtime.options import Option
from runtime.plan_choices import LossSpec


@dataclass(frozen=True)
class Ends:
    """What goes into a model and what comes out of it.

    Args:
        input_node: id of the Input.
        output_node: id of the node that feeds the Output.
        input: one batch as the model takes it.
        output: one batch as the model gives it.
    """

    input_node: str
    output_node: str
    input: TensorSpec
    output: TensorSpec

    @property
    def input_dtype(self) -> InputDtype:
        """What the data has to be prepared as."""
        return "int64" if self.input.dtype == "int64" else "float32"


def find_ends(project: Project) -> Ends:
    """The one input and the one output of a project without errors.

    Raises:
        TrainingFailure: the graph has an error, or not exactly one Input and one Output.
    """
    graph = project.graph
    inference = Inference(graph)
    for problem in inference.problems():
        if problem.is_error:
            raise TrainingFailure(problem.message, node=problem.node)
    entrance = _only([node for node in graph.nodes.values() if not CATALOG[node.type].inputs], "Input")
    exit_ = _only([node for node in graph.nodes.values() if not CATALOG[node.type].outputs], "Output")
    (entering,) = inference.result(entrance.id).outputs.values()
    (leaving,) = inference.result(exit_.id).inputs.values()
    assert entering is not None
    assert leaving is not None
    return Ends(entrance.id, _feeding(graph, exit_), entering, leaving)


def check_model(data: TrainData, loss: Option[LossSpec], ends: Ends) -> None:
    """Nothing, if the data suits the model's input, and the model's output suits loss and targets.

    Raises:
        TrainingFailure: they do not fit; it names the node to change.
    """
    sample, answer = _sizes(ends.input.shape), _sizes(ends.output.shape)
    # The first check is given an input that fits, so that it can only find fault with the output.
    for node, input_shape in ((ends.output_node, data.input_shape), (ends.input_node, sample)):
        try:
            check_fit(data, loss, input_shape, answer)
        except DataError as error:
            raise TrainingFailure(str(error), node=node) from error


def _only(nodes: list[Node], type_name: str) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    names = ", ".join(node.name for node in nodes) or "none"
    raise TrainingFailure(
        f"The graph has {len(nodes)} {type_name} nodes ({names}). Training expects exactly one. "
        f"{'Remove the others' if nodes else f'Add one {type_name}'}.",
        node=nodes[1].id if nodes else None,
    )


def _feeding(graph: Graph, node: Node) -> str:
    (edge,) = graph.incoming(node.id).values()
    return edge.source.node


def _sizes(shape: Shape) -> list[int | str]:
    """The dims after the batch; a symbol stands for any size."""
    return [dim if isinstance(dim, int) else str(dim) for dim in shape[1:]]
