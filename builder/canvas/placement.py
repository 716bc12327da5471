"""Edits that put new layers on the canvas: free, joined to a port, or into an edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from operator import attrgetter

from builder.canvas.ports import COLUMN, HEADER_HEIGHT, ROW_HEIGHT
from builder.layer_search import order_after, usual_order
from builder.texts import later
from builder.theme import GRID
from graph.annotation_edits import AddAnnotations
from graph.annotations import shifted
from graph.cards import DOT, free_spot, is_dot
from graph.catalog.boundary import INPUT
from graph.catalog.spec import LayerSpec
from graph.connection import possible_dtypes, refusal
from graph.document import Edge, Edit, Graph, Node, PortRef, Position
from graph.edits import AddNodes, Batch, Disconnect
from graph.inference import Inference
from graph.inserting import InsertNode
from graph.shapes import TensorSpec

CARD_HEIGHT = HEADER_HEIGHT + ROW_HEIGHT
TRIAL = "trial of "


@dataclass(frozen=True)
class Placed:
    """A new node and the edit that adds it."""

    node_id: str
    edit: Edit


def snapped(position: Position) -> Position:
    """The nearest point of the grid."""
    return (round(position[0] / GRID) * GRID, round(position[1] / GRID) * GRID)


def place(graph: Graph, spec: LayerSpec, position: Position, joined_to: PortRef | None = None) -> Placed:
    """A new layer at a position, joined to a port where the two fit."""
    node = Node(
        id=next(graph.new_ids()),
        type=spec.type,
        name=graph.new_name(spec.stem),
        params=spec.initial_params,
        position=free_spot(graph, snapped(position)),
    )
    edge = _edge_to(graph, node, joined_to) if joined_to else None
    return Placed(node.id, AddNodes((node,), (edge,) if edge else ()))


def place_in_edge(graph: Graph, spec: LayerSpec, edge: Edge) -> Placed | None:
    """A new layer put into an edge; None for a layer that lacks an input or an output."""
    if spec.first_input is None or spec.first_output is None:
        return None
    node_id = next(graph.new_ids())
    return Placed(node_id, InsertNode(edge.target, spec.type, spec.initial_params))


def place_on_edge(graph: Graph, edge: Edge, at: Position) -> Placed:
    """A point in the middle of a position, which an edge then runs through."""
    spec = next(spec for spec in graph.catalog.values() if is_dot(spec))
    assert spec.first_input is not None
    assert spec.first_output is not None
    node_id = next(graph.new_ids())
    corner = snapped((at[0] - DOT / 2, at[1] - DOT / 2))
    node = Node(node_id, spec.type, graph.new_name(spec.stem), position=corner)
    through = (
        Edge(edge.source, PortRef(node_id, spec.first_input)),
        Edge(PortRef(node_id, spec.first_output), edge.target),
    )
    return Placed(
        node_id, Batch(later("Add reroute point"), (Disconnect((edge,)), AddNodes((node,), through)))
    )


def beside(graph: Graph, node_id: str) -> Position:
    """Where a node that follows another goes."""
    x, y = graph.nodes[node_id].position
    return (x + COLUMN, y)


def free_output(graph: Graph, node_id: str) -> PortRef | None:
    """The first output of a node if it feeds nothing yet."""
    spec = graph.catalog.get(graph.nodes[node_id].type)
    if spec is None or spec.first_output is None:
        return None
    ref = PortRef(node_id, spec.first_output)
    return None if any(edge.source == ref for edge in graph.outgoing(node_id)) else ref


def fitting(graph: Graph, ref: PortRef, known: Inference) -> list[LayerSpec]:
    """Layers that can be joined to a port without a problem, likeliest first.

    Args:
        graph: where the port is.
        ref: the port.
        known: about the graph.
    """
    spec = graph.catalog.get(graph.nodes[ref.node].type)
    if spec is None:
        return []
    trials = {
        each.type: edge for each in usual_order(graph.catalog) if (edge := _edge_to(graph, _trial(each), ref))
    }
    if spec.output_port(ref.port) is None:
        return [graph.catalog[name] for name in trials]
    given = known.output(ref)
    if given is None:
        return order_after(spec.category, [graph.catalog[name] for name in trials])
    inference = _tried_out(graph, given, trials, known)
    fits = [name for name in trials if _is_fine(inference, TRIAL + name)]
    return order_after(spec.category, [graph.catalog[name] for name in fits])


def misfits(graph: Graph, ref: PortRef, fits: Iterable[LayerSpec]) -> list[LayerSpec]:
    """Layers that can be joined to an output too, but not without a problem: all but those that fit."""
    known = {spec.type for spec in fits}
    others = [spec for spec in usual_order(graph.catalog) if spec.type not in known and spec.inputs]
    return [spec for spec in others if _edge_to(graph, _trial(spec), ref)]


def likely(graph: Graph, ref: PortRef, known: Inference) -> list[LayerSpec]:
    """Every layer, those first that fit a port; arguments as of `fitting`."""
    first = fitting(graph, ref, known)
    return [*first, *(spec for spec in usual_order(graph.catalog) if spec not in first)]


def _trial(spec: LayerSpec) -> Node:
    return Node(TRIAL + spec.type, spec.type, spec.stem, spec.initial_params)


def _tried_out(graph: Graph, given: TensorSpec, trials: Mapping[str, Edge], known: Inference) -> Inference:
    """What is known about the trial layers behind something that gives a tensor."""
    source = Node(TRIAL, INPUT.type, TRIAL)
    ref = PortRef(source.id, graph.catalog[source.type].first_output or "")
    nodes = [source, *(_trial(graph.catalog[name]) for name in trials)]
    edges = [Edge(ref, edge.target) for edge in trials.values()]
    return Inference(Graph(nodes, edges, graph.catalog), {source.id: given}, known.env)


def _is_fine(inference: Inference, node_id: str) -> bool:
    """Whether a trial layer's only faults are inputs still to be connected."""
    return all(problem.code == "not-connected" for problem in inference.result(node_id).problems)


def _edge_to(graph: Graph, node: Node, ref: PortRef) -> Edge | None:
    """The edge between a port and a node that is not in the graph yet; None if they do not fit."""
    first_in, first_out = graph.catalog[node.type].first_input, graph.catalog[node.type].first_output
    theirs = graph.catalog.get(graph.nodes[ref.node].type)
    if theirs is None:
        return None
    if theirs.output_port(ref.port) is not None:
        if first_in is None:
            return None
        edge = Edge(ref, PortRef(node.id, first_in))
        port = graph.catalog[node.type].input_port(first_in)
        return edge if port and set(port.dtypes) & set(possible_dtypes(graph, ref)) else None
    if first_out is None:
        return None
    edge = Edge(PortRef(node.id, first_out), ref)
    pair = Graph([node, graph.nodes[ref.node]], catalog=graph.catalog)
    return edge if refusal(pair, edge.source, edge.target) is None and graph.edge_into(ref) is None else None


def copies(graph: Graph, fragment: Graph, shift: Position) -> tuple[Edit, tuple[str, ...]]:
    """An edit that adds a copy of a piece of a graph under fresh ids and names, and all those ids."""
    ids, new_nodes = {}, []
    fresh, names = graph.new_ids(), _Names(graph)
    for node in fragment.nodes.values():
        ids[node.id] = next(fresh)
        name = names.take(node)
        position = (node.position[0] + shift[0], node.position[1] + shift[1])
        new_nodes.append(node.with_(id=ids[node.id], name=name, position=position))
    new_edges = tuple(
        Edge(PortRef(ids[e.source.node], e.source.port), PortRef(ids[e.target.node], e.target.port))
        for e in fragment.edges
    )
    nodes = [AddNodes(tuple(new_nodes), new_edges)] if new_nodes else []
    drawn = _annotation_copies(graph, fragment, shift, ids.values())
    added = (*ids.values(), *(each.id for each in (*drawn.frames, *drawn.notes)))
    edits = [*nodes, *([drawn] if added[len(ids) :] else [])]
    return (edits[0] if len(edits) == 1 else Batch(edits[0].label, edits)), added


def _annotation_copies(
    graph: Graph, fragment: Graph, shift: Position, taken: Iterable[str]
) -> AddAnnotations:
    """The edit that adds copies of the frames and notes."""
    used = set(taken)
    frame_ids = (each for each in graph.new_ids("f") if each not in used)
    note_ids = (each for each in graph.new_ids("t") if each not in used)
    frames = [frame.with_(id=next(frame_ids)) for frame in shifted(fragment.frames.values(), shift)]
    notes = [note.with_(id=next(note_ids)) for note in shifted(fragment.notes.values(), shift)]
    return AddAnnotations(frames, notes)


class _Names:
    """Names for copies: their own where that is free, else the next number of its stem."""

    def __init__(self, graph: Graph) -> None:
        self._taken = set(map(attrgetter("name"), graph.nodes.values()))
        self._counts: dict[str, Iterator[int]] = {}

    def take(self, node: Node) -> str:
        """A name for a copy of a node, which nobody else gets."""
        name = node.name
        if name in self._taken:
            stem = name.rstrip("0123456789") or node.type.lower()
            numbers = self._counts.setdefault(stem, count(1))
            name = next(each for n in numbers if (each := f"{stem}{n}") not in self._taken)
        self._taken.add(name)
        return name
