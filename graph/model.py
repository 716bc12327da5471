"""What a graph is made of: nodes, ports, edges, with look-ups both ways, and word of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from graph.catalog.params import Value

Position = tuple[float, float]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, order=True)
class PortRef:
    """A port of a node, written `n1.out`."""

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


@dataclass(frozen=True, slots=True)
class Node:
    """A layer on the canvas. `params` holds only what was set; the catalogue knows the defaults."""

    id: str
    type: str
    name: str
    params: Mapping[str, Value] = field(default_factory=dict)
    position: Position = (0.0, 0.0)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def with_(self, **fields: Any) -> Node:
        """A copy with some fields replaced."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit did: ids of nodes, edges, and names of project fields (`name`, `training`)."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    connected: tuple[Edge, ...] = ()
    disconnected: tuple[Edge, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def is_structural(self) -> bool:
        """Whether nodes or edges came or went."""
        return bool(self.added or self.removed or self.connected or self.disconnected)


class ChangeLog:
    """Collects what the mutations of one edit add up to."""

    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}  # id -> "added" | "removed" | "updated" | "moved"
        self.edges: dict[Edge, bool] = {}  # edge -> connected?
        self.fields: dict[str, None] = {}

    def node(self, node_id: str, what: str) -> None:
        before = self.nodes.get(node_id)
        if before == "added" and what in ("updated", "moved"):
            return
        if before == "added" and what == "removed":
            del self.nodes[node_id]
            return
        if before == "updated" and what == "moved":
            return
        self.nodes[node_id] = "updated" if (before, what) == ("removed", "added") else what

    def edge(self, edge: Edge, connected: bool) -> None:
        if self.edges.pop(edge, connected) == connected:
            self.edges[edge] = connected

    def take(self) -> Change:
        """What was collected; the log is empty afterwards."""
        groups: dict[str, list[str]] = {"added": [], "removed": [], "updated": [], "moved": []}
        for node_id, what in self.nodes.items():
            groups[what].append(node_id)
        change = Change(
            **{what: tuple(ids) for what, ids in groups.items()},
            connected=tuple(edge for edge, connected in self.edges.items() if connected),
            disconnected=tuple(edge for edge, connected in self.edges.items() if not connected),
            fields=tuple(self.fields),
        )
        for collected in (self.nodes, self.edges, self.fields):
            collected.clear()
        return change


class Graph:
    """Nodes and edges, with look-ups in both directions. Only edits call the methods that change it."""

    def __init__(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> None:
        self.log = ChangeLog()
        self.frames: tuple[Any, ...] = ()
        self.notes: tuple[Any, ...] = ()
        self.extra: dict[str, Any] = {}
        self._nodes: dict[str, Node] = {}
        self._edges: dict[PortRef, Edge] = {}
        self._incoming: dict[str, dict[str, Edge]] = {}
        self._outgoing: dict[str, dict[PortRef, Edge]] = {}
        self.insert_nodes(nodes)
        self.insert_edges(edges)
        self.log.take()

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Nodes by id, in the order of the file."""
        return self._nodes

    @property
    def edges(self) -> Sequence[Edge]:
        """All edges, in the order of the file."""
        return tuple(self._edges.values())

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

    def new_ids(self) -> Iterator[str]:
        """Unused node ids: `n1`, `n2`, ..."""
        return (node_id for n in count(len(self._nodes) + 1) if (node_id := f"n{n}") not in self._nodes)

    def new_name(self, stem: str, taken: Iterable[str] = ()) -> str:
        """An unused node name: `conv1`, `conv2`, ..."""
        used = {node.name for node in self._nodes.values()} | set(taken)
        return next(name for n in count(1) if (name := f"{stem}{n}") not in used)

    def insert_nodes(self, nodes: Iterable[Node], indices: Sequence[int] | None = None) -> None:
        """Adds nodes at the end, or so that they stand at the given indices."""
        added = {node.id: node for node in nodes}
        self._nodes = _merged(self._nodes, added, indices)
        for node_id in added:
            self._incoming[node_id] = {}
            self._outgoing[node_id] = {}
            self.log.node(node_id, "added")

    def delete_nodes(self, node_ids: Iterable[str]) -> list[int]:
        """Removes nodes that have no edges left; returns the indices they stood at."""
        gone = dict.fromkeys(node_ids)
        indices = [index for index, node_id in enumerate(self._nodes) if node_id in gone]
        for node_id in gone:
            del self._nodes[node_id], self._incoming[node_id], self._outgoing[node_id]
            self.log.node(node_id, "removed")
        return indices

    def replace_node(self, node: Node, what: str = "updated") -> Node:
        """Puts a node in place of the one with its id; returns the earlier one."""
        before = self._nodes[node.id]
        self._nodes[node.id] = node
        self.log.node(node.id, what)
        return before

    def insert_edges(self, edges: Iterable[Edge], indices: Sequence[int] | None = None) -> None:
        """Adds edges at the end, or so that they stand at the given indices."""
        added = {edge.target: edge for edge in edges}
        self._edges = _merged(self._edges, added, indices)
        for edge in added.values():
            self._incoming[edge.target.node][edge.target.port] = edge
            self._outgoing[edge.source.node][edge.target] = edge
            self.log.edge(edge, True)

    def delete_edges(self, edges: Iterable[Edge]) -> list[int]:
        """Removes edges; returns the indices they stood at."""
        gone = {edge.target: edge for edge in edges}
        indices = [index for index, target in enumerate(self._edges) if target in gone]
        for target, edge in gone.items():
            del self._edges[target], self._incoming[target.node][target.port]
            del self._outgoing[edge.source.node][target]
            self.log.edge(edge, False)
        return indices


def _merged(base: dict[K, V], added: dict[K, V], indices: Sequence[int] | None) -> dict[K, V]:
    if indices is None or all(index >= len(base) for index in indices):
        return base | added
    at = dict(zip(indices, added.items(), strict=True))
    kept = iter(base.items())
    return dict(at[i] if i in at else next(kept) for i in range(len(base) + len(added)))
