"""Another type in place of a node: what stays, and which types suit best there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.params import ParamError
from graph.catalog.spec import LayerSpec, default_stem
from graph.document import Edge, Edit, Graph, Node, PortRef, Project
from graph.edits import refuse_recursion, require_nodes
from graph.expressions import has_expressions

if TYPE_CHECKING:
    from graph.catalog.params import Value


@dataclass(frozen=True)
class ReplaceType:
    """Makes a node another type. Its id, place and marks stay, and its name if it is not just its type's.

    Edges stay whose ports the new type has too, or has others for; the rest go, and come back when undone.

    Args:
        node_id: the node.
        type: the new one.
        params: of the new type; None for those that both types share and that are valid for it.

    Raises:
        EditError: the node is not there, or a block would contain itself.
    """

    node_id: str
    type: str
    params: Mapping[str, Value] | None = None

    @property
    def label(self) -> str:
        return f"Replace with {self.type}"

    def apply(self, project: Project) -> Edit:
        require_nodes(project, [self.node_id])
        refuse_recursion(project, [self.type])
        graph, node = project.graph, project.graph.nodes[self.node_id]
        new = replacement(graph, node, self.type, self.params)
        moves = moved_edges(graph, node, new)
        removed = [edge for edge in graph.edges if edge in moves]
        places = {edge: index for index, edge in enumerate(graph.edges)}
        inserted: list[Edge] = []
        indices: list[int] = []
        for gone, edge in enumerate(removed):
            if (target := moves[edge]) is not None:
                indices.append(places[edge] - (gone - len(inserted)))
                inserted.append(target)
        return _Swap(new, tuple(removed), tuple(inserted), indices).apply(project)


@dataclass(frozen=True)
class _Swap:
    """Puts a node in place of the one with its id, and some of its edges in place of others.

    Args:
        node: the node.
        removed: edges, in the order of the file.
        inserted: likewise.
        indices: where those shall stand.
    """

    node: Node
    removed: Sequence[Edge]
    inserted: Sequence[Edge]
    indices: Sequence[int]

    label = "Replace node"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        indices = graph.delete_edges(self.removed)
        before = graph.replace_node(self.node)
        graph.insert_edges(self.inserted, self.indices)
        return _Swap(before, self.inserted, self.removed, indices)


def replacement(graph: Graph, node: Node, type_name: str, params: Mapping[str, Value] | None = None) -> Node:
    """A node of another type in place of one; arguments as of `ReplaceType`."""
    spec = graph.catalog.get(type_name)
    if params is None:
        params = _shared_params(node, graph.catalog.get(node.type), spec) if spec else node.params
    old_stem, stem = _stem(graph, node.type), _stem(graph, type_name)
    is_usual = re.fullmatch(rf"{re.escape(old_stem)}\d+", node.name)
    name = graph.new_name(stem) if is_usual and stem != old_stem else node.name
    return node.with_(type=type_name, name=name, params=params)


def moved_edges(graph: Graph, node: Node, new: Node) -> dict[Edge, Edge | None]:
    """The edges of a node that a replacement moves to other ports, by what they were; None where they go."""
    spec = graph.catalog.get(new.type)
    if spec is None:  # nobody knows its ports
        return {}
    old, incoming = graph.catalog.get(node.type), graph.incoming(node.id)
    inputs = _matched(_in_order(incoming, old), spec.input_port_names(len(incoming)), _takes(spec))
    read = dict.fromkeys(edge.source.port for edge in graph.outgoing(node.id))
    first = [spec.first_output] if spec.first_output else []
    outputs = _matched(_in_order(read, old), first, _gives(spec, new))
    moves: dict[Edge, Edge | None] = {}
    for port, edge in incoming.items():
        if inputs[port] != port:
            target = inputs[port]
            moves[edge] = Edge(edge.source, PortRef(node.id, target), edge.extra) if target else None
    for edge in graph.outgoing(node.id):
        if outputs[edge.source.port] != edge.source.port:
            source = outputs[edge.source.port]
            moves[edge] = Edge(PortRef(node.id, source), edge.target, edge.extra) if source else None
    return moves


def _matched(
    ports: Iterable[str], free: Iterable[str], exists: Callable[[str], bool]
) -> dict[str, str | None]:
    """Where each port's edges go: to the port of the same name, or to the next that is free."""
    used = list(ports)
    found: dict[str, str | None] = {port: port for port in used if exists(port)}
    rest = iter([port for port in free if port not in found])
    return found | {port: next(rest, None) for port in used if port not in found}


def _in_order(ports: Iterable[str], spec: LayerSpec | None) -> list[str]:
    """Ports in the order in which a type has them; numbers count."""
    names = [port.name for port in (*spec.inputs, *spec.outputs)] if spec else []

    def rank(port: str) -> tuple[int, int, str]:
        stem, number = port.rstrip("0123456789"), len(port)
        name = port if port in names else stem
        return (names.index(name) if name in names else len(names), number, port)

    return sorted(ports, key=rank)


def _takes(spec: LayerSpec) -> Callable[[str], bool]:
    return lambda port: spec.input_port(port) is not None


def _gives(spec: LayerSpec, node: Node) -> Callable[[str], bool]:
    """Whether a node of a type has an output, as far as what is set tells."""

    def gives(name: str) -> bool:
        port = spec.output_port(name)
        return port is not None and (not port.when or bool(node.params.get(port.when)))

    return gives


def _shared_params(node: Node, old: LayerSpec | None, spec: LayerSpec) -> dict[str, Value]:
    """The parameters of a new node of a type, with the values of another that suit."""
    before = {**(old.defaults if old else {}), **node.params}
    values = spec.initial_params
    for name, value in before.items():
        param = spec.param(name)
        if param is None or value == values.get(name, param.default):
            continue
        if value is None and name not in node.params:
            continue
        try:
            if not (has_expressions(value) and param.is_computed):
                param.check(value)
        except ParamError:
            continue
        values[name] = value
    return values


def _stem(graph: Graph, type_name: str) -> str:
    spec = graph.catalog.get(type_name)
    return spec.stem if spec else default_stem(type_name)
