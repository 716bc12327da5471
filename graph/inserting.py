"""A new layer put into an edge or behind an output, with room for it on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.cards import free_spot
from graph.document import Edge, Edit, EditError, Graph, Node, PortRef, Position, Project, apply_all
from graph.edits import AddNodes, Connect, Disconnect, MoveNodes

if TYPE_CHECKING:
    from graph.catalog.params import Value

NODE_SPACING = 220.0  # canvas units between neighbouring nodes


@dataclass(frozen=True)
class InsertNode:
    """Puts a new layer into the edge that feeds an input, and makes room for it on the canvas.

    Args:
        target: the input.
        type: of the new layer; its first input and first output are used.
        params: of the new layer.

    Raises:
        EditError: nothing feeds the input, or the layer does not fit there.
    """

    target: PortRef
    type: str
    params: Mapping[str, Value] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Insert {self.type}"

    def apply(self, project: Project) -> Edit:
        edge = project.graph.edge_into(self.target)
        if edge is None:
            raise EditError(f"Nothing feeds {self.target}.")
        edits = edits_between(project.graph, edge.source, self.target, self.type, self.params)
        return apply_all(project, edits, self.label)


@dataclass(frozen=True)
class AppendNode:
    """Puts a new layer behind an output, to the right of what has it.

    Args:
        source: the output.
        type: of the new layer; its first input is used.

    Raises:
        EditError: there is no such node, or the layer takes nothing.
    """

    source: PortRef
    type: str

    @property
    def label(self) -> str:
        return f"Add {self.type}"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        spec, before = graph.catalog.get(self.type), graph.nodes.get(self.source.node)
        if before is None:
            raise EditError(f"There is no node {self.source.node!r}.")
        if spec is None or spec.first_input is None:
            raise EditError(f"{self.type} is no layer that fits behind another.")
        x, y = before.position
        position = free_spot(graph, (x + NODE_SPACING, y))
        new = Node(next(graph.new_ids()), self.type, graph.new_name(spec.stem), spec.initial_params, position)
        edge = Edge(self.source, PortRef(new.id, spec.first_input))
        return apply_all(project, [AddNodes((new,), (edge,))], self.label)


def edits_between(
    graph: Graph, source: PortRef, target: PortRef, type_name: str, params: Mapping[str, Value]
) -> list[Edit]:
    """What puts a new layer between an output and an input, in place of any edge that feeds the input.

    Raises:
        EditError: the type has no input or no output, or is none.
    """
    spec, fed_by = graph.catalog.get(type_name), graph.edge_into(target)
    if spec is None or spec.first_input is None or spec.first_output is None:
        raise EditError(f"{type_name} is no layer that fits into an edge.")
    before, after = graph.nodes[source.node], graph.nodes[target.node]
    name, position = graph.new_name(spec.stem), behind(before, after)
    new = Node(next(graph.new_ids()), type_name, name, params, position)
    return [
        MoveNodes(room_behind(graph, before, after)),
        *([Disconnect((fed_by,))] if fed_by else []),
        AddNodes((new,)),
        Connect(source, PortRef(new.id, spec.first_input)),
        Connect(PortRef(new.id, spec.first_output), target),
    ]


def leads_back(source: Node, target: Node) -> bool:
    """Whether an edge runs to the left, as from the end of a row to the beginning of the next."""
    return target.position[0] < source.position[0]


def behind(source: Node, target: Node) -> Position:
    """Where a node that comes between two others goes: half way down, or on in the row if it ends there."""
    x, y = source.position
    return (x + NODE_SPACING, y if leads_back(source, target) else (y + target.position[1]) / 2)


def room_behind(graph: Graph, source: Node, target: Node, more: float = 0.0) -> dict[str, Position]:
    """Positions that leave a node's width between two nodes, for the second and all that follows from it.

    Where the second stands further left, as at the end of a row, there is room behind the first already.

    Args:
        graph: where both are.
        source: the first.
        target: the second.
        more: canvas units that are left beyond a node's width, for what is wider.
    """
    shift = source.position[0] + 2 * NODE_SPACING + more - target.position[0]
    if shift <= 0 or leads_back(source, target):
        return {}
    behind = graph.reachable(target.id)
    return {n.id: (n.position[0] + shift, n.position[1]) for n in graph.nodes.values() if n.id in behind}
