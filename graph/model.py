"""What a graph is made of: nodes, ports, edges, frames, notes, blocks, with look-ups both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from graph.annotations import Frame, Note, Position
from graph.catalog import CATALOG
from graph.changes import ChangeLog
from graph.shelf import Shelf, apart, merged, places

if TYPE_CHECKING:
    from graph.catalog.params import Value
    from graph.catalog.spec import LayerSpec


class PortRef(NamedTuple):
    """A port of a node, written `n1.out`. A tuple, as a large graph looks up a hundred thousand at a time."""

    node: str
    port: str

    def __str__(self) -> str:
        return f"{self.node}.{self.port}"

    @classmethod
    def parse(cls, text: str) -> PortRef:
        """Reads `n1.out`.

        Raises:
            ValueError: the text is not of that form.
        """
        node, dot, port = text.rpartition(".")
        if not (node and dot and port):
            raise ValueError(f"{text!r} is not a node id, a dot and a port name")
        return cls(node, port)


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection from an output port to an input port; an input takes one edge at most."""

    source: PortRef
    target: PortRef
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __hash__(self) -> int:
        return hash(self.target)  # where it alone ends; edges are looked up a lot


@dataclass(frozen=True, slots=True)
class Node:
    """A layer on the canvas. `params` holds only what was set; the catalogue knows the defaults.

    Args:
        silenced: the codes of the warnings that are not to be shown here.
        pinned: whether automatic layout and alignment leave it where it is.
        bypassed: whether it is left out of what is computed, its input going on to its readers.
    """

    id: str
    type: str
    name: str
    params: Mapping[str, Value] = field(default_factory=dict)
    position: Position = (0.0, 0.0)
    extra: Mapping[str, Any] = field(default_factory=dict)
    silenced: tuple[str, ...] = ()
    pinned: bool = False
    bypassed: bool = False

    def with_(self, **fields: Any) -> Node:
        """A copy with some fields replaced."""
        return replace(self, **fields)


class Graph:
    """Nodes and edges, with look-ups in both directions. Only edits call the methods that change it.

    Args:
        nodes: in the order of the file.
        edges: likewise.
        catalog: the types that its nodes may have; one for all graphs of a project, with its blocks.
        frames: in the order of the file; ids of nodes, frames and notes are all different.
        notes: likewise.
    """

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        edges: Iterable[Edge] = (),
        catalog: Mapping[str, LayerSpec] = CATALOG,
        frames: Iterable[Frame] = (),
        notes: Iterable[Note] = (),
    ) -> None:
        self.catalog = catalog
        self.version = 0  # another after every change of what is computed
        self.log = ChangeLog()
        self.frames: Shelf[Frame] = Shelf(self.log.frames)
        self.notes: Shelf[Note] = Shelf(self.log.notes)
        self.silenced: tuple[str, ...] = ()  # codes of warnings about the graph as a whole
        self.extra: dict[str, Any] = {}
        self._nodes: dict[str, Node] = {}
        self._types: Counter[str] = Counter()
        self._edges: dict[PortRef, Edge] = {}
        self._incoming: dict[str, dict[str, Edge]] = {}
        self._outgoing: dict[str, dict[PortRef, Edge]] = {}
        self._own: set[str] | None = None  # nodes whose edges no copy shares; None for all
        self.insert_nodes(nodes)
        self.insert_edges(edges)
        self.frames.insert(frames)
        self.notes.insert(notes)
        self.log.take()

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Nodes by id, in the order of the file."""
        return self._nodes

    @property
    def types(self) -> Mapping[str, int]:
        """How many nodes there are of each type that any has."""
        return self._types

    @property
    def edges(self) -> Sequence[Edge]:
        """All edges, in the order of the file."""
        return tuple(self._edges.values())

    @property
    def num_edges(self) -> int:
        return len(self._edges)

    def nodes_apart(self, other: Graph) -> tuple[list[Node], list[Node]]:
        """The nodes that only this graph has, or has otherwise, and those of the other; quick for a copy."""
        return apart(self._nodes, other._nodes)

    def edges_apart(self, other: Graph) -> tuple[list[Edge], list[Edge]]:
        """The edges that only this graph has, and those of the other; quick for a copy."""
        return apart(self._edges, other._edges)

    def edge_into(self, target: PortRef) -> Edge | None:
        """The edge that feeds an input port."""
        return self._edges.get(target)

    def incoming(self, node_id: str) -> Mapping[str, Edge]:
        """Edges into a node, by input port."""
        return self._incoming[node_id]

    def outgoing(self, node_id: str) -> Iterable[Edge]:
        """Edges out of a node."""
        return self._outgoing[node_id].values()

    def by_name(self, name: str) -> Node | None:
        """The first node with this name."""
        return next((node for node in self._nodes.values() if node.name == name), None)

    def successors(self, node_id: str) -> Iterator[str]:
        return (edge.target.node for edge in self._outgoing[node_id].values())

    def predecessors(self, node_id: str) -> Iterator[str]:
        return (edge.source.node for edge in self._incoming[node_id].values())

    def reachable(self, start: str) -> set[str]:
        """Ids of a node and of all nodes that edges lead to from it."""
        seen, queue = {start}, [start]
        while queue:
            fresh = [n for n in self.successors(queue.pop()) if n not in seen]
            seen.update(fresh)
            queue.extend(fresh)
        return seen

    def copy(self) -> Graph:
        """A graph of its own with the same nodes and edges, which both share as they never change.

        It is cheap also for very many: what leads to and from a node is shared until one of both changes it.
        To be called in the thread that edits this graph, which `Project.copy` sees to: what is shared is
        noted here.
        """
        twin = Graph((), (), self.catalog, self.frames.values(), self.notes.values())
        twin._nodes, twin._edges = dict(self._nodes), dict(self._edges)
        twin._types = Counter(self._types)
        twin._incoming, twin._outgoing = dict(self._incoming), dict(self._outgoing)
        self._own, twin._own = set(), set()
        twin.silenced, twin.extra = self.silenced, dict(self.extra)
        return twin

    def kind_of(self, item_id: str) -> str | None:
        """`node`, `frame` or `note`; None if nothing has this id."""
        shelves = {"node": self._nodes, "frame": self.frames, "note": self.notes}
        return next((kind for kind, shelf in shelves.items() if item_id in shelf), None)

    def new_ids(self, letter: str = "n") -> Iterator[str]:
        """Unused ids: `n1`, `n2`, ... for nodes, with another letter for frames and notes."""
        first = len(self._nodes) + 1 if letter == "n" else 1
        return (item_id for n in count(first) if self.kind_of(item_id := f"{letter}{n}") is None)

    def new_name(self, stem: str, taken: Iterable[str] = ()) -> str:
        """An unused node name: `conv1`, `conv2`, ..."""
        used = {node.name for node in self._nodes.values()} | set(taken)
        return next(name for n in count(1) if (name := f"{stem}{n}") not in used)

    def insert_nodes(self, nodes: Iterable[Node], indices: Sequence[int] | None = None) -> None:
        """Adds nodes at the end, or so that they stand at the given indices."""
        added = {node.id: node for node in nodes}
        if indices is None:
            self._nodes.update(added)
        else:
            self._nodes = merged(self._nodes, added, indices)
        self._types.update(node.type for node in added.values())
        for node_id in added:
            self._incoming[node_id] = {}
            self._outgoing[node_id] = {}
            self._note(node_id, "added")

    def delete_nodes(self, node_ids: Iterable[str]) -> list[int]:
        """Removes nodes that have no edges left; returns the indices they stood at."""
        gone = dict.fromkeys(node_ids)
        indices = places(self._nodes, gone)
        for node_id in gone:
            self._uncount(self._nodes[node_id].type)
            del self._nodes[node_id], self._incoming[node_id], self._outgoing[node_id]
            self._note(node_id, "removed")
        return indices

    def replace_node(self, node: Node, what: str = "updated") -> Node:
        """Puts a node in place of the one with its id; returns the earlier one."""
        before = self._nodes[node.id]
        self._nodes[node.id] = node
        if node.type != before.type:
            self._types[node.type] += 1
            self._uncount(before.type)
        self._note(node.id, what)
        return before

    def insert_edges(self, edges: Iterable[Edge], indices: Sequence[int] | None = None) -> None:
        """Adds edges at the end, or so that they stand at the given indices."""
        added = {edge.target: edge for edge in edges}
        if indices is None:
            self._edges.update(added)  # one after the other is quick too, as a paste needs it
        else:
            self._edges = merged(self._edges, added, indices)
        self._take_own(added.values())
        for edge in added.values():
            self._incoming[edge.target.node][edge.target.port] = edge
            self._outgoing[edge.source.node][edge.target] = edge
            self._note_edge(edge, connected=True)

    def delete_edges(self, edges: Iterable[Edge]) -> list[int]:
        """Removes edges; returns the indices they stood at."""
        gone = {edge.target: edge for edge in edges}
        indices = places(self._edges, gone)
        self._take_own(gone.values())
        for target, edge in gone.items():
            del self._edges[target], self._incoming[target.node][target.port]
            del self._outgoing[edge.source.node][target]
            self._note_edge(edge, connected=False)
        return indices

    def _take_own(self, edges: Iterable[Edge]) -> None:
        """Gives the ends of edges that are about to change look-ups that no copy shares."""
        if self._own is None:
            return
        ends = (node_id for edge in edges for node_id in (edge.source.node, edge.target.node))
        for node_id in dict.fromkeys(ends):
            if node_id not in self._own:
                self._own.add(node_id)
                self._incoming[node_id] = dict(self._incoming[node_id])
                self._outgoing[node_id] = dict(self._outgoing[node_id])

    def _uncount(self, type_name: str) -> None:
        self._types[type_name] -= 1
        if not self._types[type_name]:
            del self._types[type_name]

    def _note(self, node_id: str, what: str) -> None:
        self.version += what != "moved"
        self.log.nodes.note(node_id, what)

    def _note_edge(self, edge: Edge, connected: bool) -> None:
        self.version += 1
        self.log.edge(edge, connected)


@dataclass(frozen=True, slots=True)
class BlockParam:
    """What every instance of a block may set, and the block's own nodes read in expressions.

    Args:
        name: a Python name.
        kind: `int`, `float`, `bool` or `str`.
        default: the value when an instance leaves it out.
        help: one line for the form.
        extra: keys of a file that this version does not know.
    """

    name: str
    kind: str
    default: Value
    help: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """A graph that nodes stand for: those whose type is its name. Its Inputs and Outputs are their ports."""

    name: str
    graph: Graph = field(default_factory=Graph)
    params: tuple[BlockParam, ...] = ()

    def with_(self, **fields: Any) -> Block:
        """The block with some fields replaced; the graph stays the same one unless it is replaced."""
        return replace(self, **fields)
