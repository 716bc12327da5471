"""Makes a network fit its data: the Input's shape, the size of the last layer, and the loss, as one edit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from builder.panels.plan_edits import part_of
from builder.texts import later, tr
from graph.catalog.code import Boundary
from graph.document import Edit, Graph, Node, Project
from graph.edits import Batch, SetParams, SetTraining
from graph.lint.loss_rules import SIZE_PARAMS

if TYPE_CHECKING:
    from runtime.data.ends import SuitedEnds


def fitting_edit(project: Project, ends: SuitedEnds, vocabulary: int = 0) -> Batch | None:
    """What is to be changed; None if the network fits already.

    Where the graph has several Inputs or Outputs, or none, that end is left alone.

    Args:
        project: read, never changed.
        ends: what suits the data.
        vocabulary: tokens that an Embedding behind the Input has to know; 0 where there are none.
    """
    edits = [*_input_edits(project.graph, ends, vocabulary), *_output_edits(project.graph, ends)]
    if part_of(project.training, "loss")["type"] not in (ends.loss, *ends.other_losses):
        edits.append(SetTraining({**project.training, "loss": {"type": ends.loss}}, later("Set loss")))
    return Batch(later("Fit network to data"), edits) if edits else None


def left_alone(graph: Graph) -> str:
    """Why a network need not fit though nothing of it is to be changed; nothing where it does."""
    inputs, outputs = (_boundaries(graph, entering=entering) for entering in (True, False))
    if not inputs or not outputs:
        return tr("There is no network from an Input to an Output yet.")
    if len(inputs) > 1 or len(outputs) > 1:
        return tr("Several Inputs or Outputs are left as they are.")
    if _sized_before(graph, outputs[0]) is None:
        return tr("The Input fits. No layer before the Output has a size that can be set.")
    return ""


def _boundaries(graph: Graph, *, entering: bool) -> list[Node]:
    found = (node for node in graph.nodes.values() if node.type in graph.catalog)
    ends = (node for node in found if isinstance(graph.catalog[node.type].code, Boundary))
    return [node for node in ends if bool(graph.catalog[node.type].outputs) == entering]


def _input_edits(graph: Graph, ends: SuitedEnds, vocabulary: int) -> Iterator[Edit]:
    inputs = _boundaries(graph, entering=True)
    if len(inputs) != 1:
        return
    wanted = {"shape": list(ends.input_shape), "dtype": ends.input_dtype}
    yield from _set(graph, inputs[0], wanted)
    for edge in graph.outgoing(inputs[0].id):
        follower = graph.nodes[edge.target.node]
        if vocabulary and "num_embeddings" in _params_of(graph, follower):
            yield from _set(graph, follower, {"num_embeddings": vocabulary})


def _output_edits(graph: Graph, ends: SuitedEnds) -> Iterator[Edit]:
    outputs = _boundaries(graph, entering=False)
    sized = _sized_before(graph, outputs[0]) if len(outputs) == 1 else None
    if sized is not None:
        node, size = sized
        yield from _set(graph, node, {size: ends.outputs})


def _sized_before(graph: Graph, output: Node) -> tuple[Node, str] | None:
    """The layer that gives an Output its size, and the parameter that does; None where there is none."""
    node = _before(graph, output)
    while node is not None:
        size = next((name for name in SIZE_PARAMS if name in _params_of(graph, node)), None)
        if size is not None:
            return node, size
        node = _before(graph, node)
    return None


def _set(graph: Graph, node: Node, wanted: dict[str, object]) -> Iterator[Edit]:
    """The edit that gives a node these parameters, unless it has them."""
    usual = {param.name: param.default for param in graph.catalog[node.type].params}
    changed = {
        name: value
        for name, value in wanted.items()
        if _plain(node.params.get(name, usual.get(name))) != value
    }
    if changed:
        yield SetParams(node.id, changed)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _params_of(graph: Graph, node: Node) -> set[str]:
    return {param.name for param in graph.catalog[node.type].params} if node.type in graph.catalog else set()


def _before(graph: Graph, node: Node) -> Node | None:
    """The one node that feeds another; None where there are several, or none."""
    edges = list(graph.incoming(node.id).values())
    return graph.nodes[edges[0].source.node] if len(edges) == 1 else None
