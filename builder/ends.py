"""Where a network begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.code import Boundary
from graph.model import Graph, Node


@dataclass(frozen=True)
class Ends:
    """Where samples enter a network, and where it gives its results, in their order."""

    inputs: tuple[Node, ...] = ()
    outputs: tuple[Node, ...] = ()


def ends_of(graph: Graph) -> Ends:
    """The Inputs and Outputs of a network; a large one takes some milliseconds."""
    types = {each for each in graph.types if _is_end_type(each, graph)}
    ends = [node for node in graph.nodes.values() if node.type in types]
    is_output = {node.id: bool(graph.catalog[node.type].inputs) for node in ends}
    return Ends(
        tuple(node for node in ends if not is_output[node.id]),
        tuple(node for node in ends if is_output[node.id]),
    )


def is_end(node: Node, graph: Graph) -> bool:
    """Whether a node is an Input or an Output."""
    return _is_end_type(node.type, graph)


def _is_end_type(type_name: str, graph: Graph) -> bool:
    spec = graph.catalog.get(type_name)
    return spec is not None and isinstance(spec.code, Boundary)
