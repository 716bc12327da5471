"""Which types suit best in place of a node."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from graph.catalog.spec import LayerSpec
from graph.document import Edge, Graph, Node, PortRef
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.replacing import moved_edges, replacement

MAX_READERS = 8  # that are looked at; more only take time
SAME, FITS, MISFITS_BEHIND, NEEDS_EDGES, DROPS_EDGES, MISFITS = range(6)  # best first


def replacements(graph: Graph, node_id: str, known: Inference) -> list[LayerSpec]:
    """The types that may take a node's place, those first that keep what flows valid.

    Among equals those of the node's category come first.

    Args:
        graph: where the node is.
        node_id: the node.
        known: about the graph.
    """
    node = graph.nodes[node_id]
    old = graph.catalog.get(node.type)
    specs = [spec for spec in graph.catalog.values() if spec.type != node.type]
    trials, category = _Trials(graph, node, known), old.category if old else None
    for spec in specs:
        trials.place(spec)
    ranks = trials.ranks()
    return sorted(specs, key=lambda spec: (ranks[spec.type], spec.category != category))


class _Trials:
    """Nodes of other types side by side, each fed and read like the one it would replace."""

    def __init__(self, graph: Graph, node: Node, known: Inference) -> None:
        self._graph, self._node, self._known = graph, node, known
        self._incoming, self._outgoing = graph.incoming(node.id).values(), tuple(graph.outgoing(node.id))
        readers = islice(dict.fromkeys(edge.target.node for edge in self._outgoing), MAX_READERS)
        self._readers = [graph.nodes[each] for each in readers]
        self._specs: list[LayerSpec] = []
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._dropping: set[str] = set()  # types that have no port for some edge
        self._stand_ins: dict[PortRef, str] = {}  # ids of what gives the same as outputs around

    def place(self, spec: LayerSpec) -> None:
        """Adds a node of a type, with copies of those that read from it."""
        new = replacement(self._graph, self._node, spec.type)
        moves = moved_edges(self._graph, self._node, new)
        if None in moves.values():
            self._dropping.add(spec.type)
        self._specs.append(spec)
        self._nodes.append(new.with_(id=_trial(spec), bypassed=False))
        for edge in self._incoming:
            if (after := moves.get(edge, edge)) is not None:
                self._edges.append(Edge(self._outside(edge.source), PortRef(_trial(spec), after.target.port)))
        for reader in self._readers:
            self._nodes.append(reader.with_(id=_copy(spec, reader)))
            self._edges += self._edges_into(reader, spec, moves)

    def ranks(self) -> dict[str, int]:
        """How well each type suits."""
        given = {each: self._known.output(ref) for ref, each in self._stand_ins.items()}
        bindings = {each: tensor for each, tensor in given.items() if tensor is not None}
        if len(bindings) < len(given):  # nobody knows what flows, but which edges stay
            return {spec.type: DROPS_EDGES if spec.type in self._dropping else FITS for spec in self._specs}
        outside = [Node(each, "Input", each) for each in given]
        trial = Graph([*outside, *self._nodes], self._edges, self._graph.catalog)
        inference = Inference(trial, bindings, self._known.env)
        return {spec.type: self._rank(spec, inference) for spec in self._specs}

    def _rank(self, spec: LayerSpec, inference: Inference) -> int:
        result = inference.result(_trial(spec))
        codes = {problem.code for problem in result.problems}
        if codes - {"not-connected"}:
            return MISFITS
        if codes or spec.type in self._dropping:
            return NEEDS_EDGES if codes else DROPS_EDGES
        readers = ((reader, inference.result(_copy(spec, reader))) for reader in self._readers)
        if not all(self._is_no_worse(reader, after) for reader, after in readers):
            return MISFITS_BEHIND
        before = self._known.result(self._node.id)
        return SAME if _first(result) is not None and _first(result) == _first(before) else FITS

    def _is_no_worse(self, reader: Node, result: NodeResult) -> bool:
        return not result.problems or bool(self._known.result(reader.id).problems)

    def _edges_into(self, reader: Node, spec: LayerSpec, moves: dict[Edge, Edge | None]) -> Iterator[Edge]:
        for port, edge in self._graph.incoming(reader.id).items():
            target, after = PortRef(_copy(spec, reader), port), moves.get(edge, edge)
            if edge.source.node != self._node.id:
                yield Edge(self._outside(edge.source), target)
            elif after is not None:
                yield Edge(PortRef(_trial(spec), after.source.port), target)

    def _outside(self, ref: PortRef) -> PortRef:
        """An output that gives the same as one of the graph."""
        return PortRef(self._stand_ins.setdefault(ref, f"from {ref}"), "out")


def _trial(spec: LayerSpec) -> str:
    return f"trial {spec.type}"


def _copy(spec: LayerSpec, reader: Node) -> str:
    return f"{spec.type} before {reader.id}"


def _first(result: NodeResult) -> object:
    """The shape and dtype of the first output."""
    tensor = next(iter(result.outputs.values()), None)
    return tensor and (tensor.shape, tensor.dtype)
