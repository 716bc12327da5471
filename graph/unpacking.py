"""Unpacks an instance of a block into the nodes that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.annotations import shifted
from graph.block_params import REPEAT, REPEAT_SPEC
from graph.blocks import block_ports
from graph.catalog.params import ParamError, is_finite
from graph.document import Block, BlockParam, Edge, Edit, EditError, Graph, Node, PortRef, Position, Project
from graph.expressions import (
    EACH,
    MARK,
    Expression,
    ExpressionError,
    Literal,
    Name,
    evaluate,
    is_expression,
    is_listed,
    mapped,
    names,
    parse,
    substitute,
)
from graph.inserting import NODE_SPACING
from graph.rewriting import Rewrite

if TYPE_CHECKING:
    from graph.catalog.params import Value

MAX_NODES = 20_000  # that one instance may become
ENDS = ("Input", "Output")


@dataclass(frozen=True)
class Unpack:
    """Puts copies of what is inside a block in place of one instance; the block stays.

    A repeated instance becomes its repetitions in a row. Expressions are given the instance's parameters.
    Frames and notes inside come along with each.

    Raises:
        EditError: the node is no instance of a block, or how often it is repeated is not a number.
    """

    node_id: str

    label = "Unpack block"

    def apply(self, project: Project) -> Edit:
        node = project.graph.nodes.get(self.node_id)
        if node is None:
            raise EditError(f"There is no node {self.node_id}.")
        if node.type not in project.blocks:
            raise EditError(f"{node.name} is no block: there is nothing to unpack.")
        block = project.blocks[node.type]
        count, size = _repetitions(node), len(block.graph.nodes)
        if count * size > MAX_NODES:
            raise EditError(f"{node.name} comes to {count * size:,} nodes. Expected at most {MAX_NODES:,}.")
        return _Copies(project.graph, node, block, count).rewrite().apply(project)


class _Copies:
    """What takes the place of an instance.

    Args:
        graph: where the instance is; read, never written.
        node: the instance.
        block: what it is one of.
        count: how often it is repeated.
    """

    def __init__(self, graph: Graph, node: Node, block: Block, count: int) -> None:
        self._graph, self._node, self._block = graph, node, block
        entrances, exits = block_ports(block.graph)
        incoming = graph.incoming(node.id)
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._frames, self._notes = list(graph.frames.values()), list(graph.notes.values())
        self._frame_ids, self._note_ids = graph.new_ids("f"), graph.new_ids("t")
        self._ids, self._names = graph.new_ids(), {each.name for each in graph.nodes.values()} - {node.name}
        feeds = {end: incoming[port].source for end, port in entrances.items() if port in incoming}
        for number in range(count):
            results = self._copy(number, feeds, exits)
            first = next(iter(entrances), None)
            if first is not None and exits:
                carried = results.get(next(iter(exits)))
                feeds = {end: ref for end, ref in feeds.items() if end != first}
                feeds |= {first: carried} if carried is not None else {}
        self._results = {exits[end]: ref for end, ref in results.items()}

    def rewrite(self) -> Rewrite:
        """The whole graph with the copies in it, and room made for them."""
        shift, nodes = self._width() - NODE_SPACING, []
        behind = self._graph.reachable(self._node.id) if shift > 0 else set()
        for each in self._graph.nodes.values():
            if each.id == self._node.id:
                nodes += self._nodes
            elif each.id in behind:
                nodes.append(each.with_(position=(each.position[0] + shift, each.position[1])))
            else:
                nodes.append(each)
        edges = (*self._kept_edges(), *self._edges)
        return Rewrite(tuple(nodes), edges, tuple(self._frames), tuple(self._notes))

    def _kept_edges(self) -> Iterator[Edge]:
        for edge in self._graph.edges:
            if edge.target.node == self._node.id:
                continue
            if edge.source.node != self._node.id:
                yield edge
            elif (source := self._results.get(edge.source.port)) is not None:
                yield Edge(source, edge.target, edge.extra)

    def _copy(
        self, number: int, feeds: Mapping[str, PortRef], exits: Mapping[str, str]
    ) -> dict[str, PortRef]:
        """Adds one repetition; returns what its Outputs are given, by their ids.

        Args:
            number: which repetition.
            feeds: what the Inputs give, by their ids.
            exits: the Outputs.
        """
        body, values = self._block.graph, _given(self._node, self._block, number)
        ids = {node.id: next(self._ids) for node in body.nodes.values() if node.type not in ENDS}

        def outside(ref: PortRef) -> PortRef | None:
            return PortRef(ids[ref.node], ref.port) if ref.node in ids else feeds.get(ref.node)

        for node in body.nodes.values():
            if node.id in ids:
                at = self._place(node.position, number)
                copy = node.with_(id=ids[node.id], name=self._name(node), position=at)
                self._nodes.append(copy.with_(params=_substituted(node.params, values)))
        self._annotate(number)
        for edge in body.edges:
            source = outside(edge.source)
            if source is not None and edge.target.node in ids:
                self._edges.append(Edge(source, PortRef(ids[edge.target.node], edge.target.port), edge.extra))
        fed = {end: edge.source for end in exits for edge in body.incoming(end).values()}
        found = {end: outside(ref) for end, ref in fed.items()}
        return {end: ref for end, ref in found.items() if ref is not None}

    def _annotate(self, number: int) -> None:
        """Adds the frames and notes of one repetition."""
        body, by = self._block.graph, self._place((0.0, 0.0), number)
        frames, notes = shifted(body.frames.values(), by), shifted(body.notes.values(), by)
        self._frames += [frame.with_(id=next(self._frame_ids)) for frame in frames]
        self._notes += [note.with_(id=next(self._note_ids)) for note in notes]

    def _name(self, node: Node) -> str:
        name = node.name
        if name in self._names:
            name = self._graph.new_name(name.rstrip("0123456789") or node.type.lower(), self._names)
        self._names.add(name)
        return name

    def _place(self, position: Position, number: int) -> Position:
        left, top, width = self._extent()
        x, y = self._node.position
        return (x + position[0] - left + number * width, y + position[1] - top)

    def _width(self) -> float:
        """Canvas units that all repetitions take."""
        rights = [node.position[0] for node in self._nodes]
        return max(rights) - self._node.position[0] + NODE_SPACING if rights else NODE_SPACING

    def _extent(self) -> tuple[float, float, float]:
        """Left, top and width of what is inside."""
        nodes = self._block.graph.nodes.values()
        inner = [node.position for node in nodes if node.type not in ENDS] or [(0.0, 0.0)]
        left, right = min(x for x, _ in inner), max(x for x, _ in inner)
        return left, min(y for _, y in inner), right - left + NODE_SPACING


def _repetitions(node: Node) -> int:
    try:
        return int(REPEAT_SPEC.check(node.params.get(REPEAT, REPEAT_SPEC.default)))
    except ParamError as error:
        raise EditError(f"{node.name} is repeated {node.params[REPEAT]!r} times. Expected {error}.") from None


def _given(node: Node, block: Block, number: int) -> dict[str, Value]:
    """The parameters of one repetition as they are written, by name."""
    values = {param.name: _plain(param, node.params.get(param.name, param.default)) for param in block.params}
    listed = {name: value[EACH] for name, value in values.items() if is_listed(value)}
    return values | {name: each[min(number, len(each) - 1)] for name, each in listed.items() if each}


def _plain(param: BlockParam, value: Value) -> Value:
    """A number as the block counts with it: 2.0 for the 2 of a `float`."""
    return float(value) if param.kind == "float" and type(value) is int and is_finite(value) else value


def _substituted(params: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    """Parameters from inside a block as they read outside."""
    return {name: mapped(value, lambda text: rewritten(text, values)) for name, value in params.items()}


def rewritten(text: str, values: Mapping[str, Value]) -> Value:
    """What an expression comes to, or how it reads over the names outside; as it was if it has no value.

    Args:
        text: of the expression.
        values: what takes the place of names.
    """
    try:
        expression = parse(text)
        if isinstance(expression, Name):
            return values.get(expression.name, text)
        known = {name: _as_expression(values[name]) for name in names(expression) if name in values}
        whole = substitute(expression, known)
        return evaluate(whole, {}) if not names(whole) else f"{MARK}{whole}"
    except ExpressionError:
        return text


def _as_expression(value: Value) -> Expression:
    if is_expression(value):
        return parse(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError("counts with what is no number")
    return Literal(value)
