"""Every way to change a project. An edit is data; applying it gives the edit that takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.blocks import reached
from graph.connection import Origins, refusal
from graph.document import Edge, Edit, EditError, Graph, Node, PortRef, Position, Project, apply_all

if TYPE_CHECKING:
    from graph.catalog.params import Value

MAX_NAME_LENGTH = 80


@dataclass(frozen=True)
class AddNodes:
    """Adds nodes and the edges among them or to nodes that are there.

    Args:
        nodes: with ids not yet in use.
        edges: each end in `nodes` or in the graph.
        node_indices: where the nodes shall stand in the file; at the end if None.
        edge_indices: likewise for the edges.

    Raises:
        EditError: an id is in use, an edge cannot be, or a block would contain itself.
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge] = ()
    node_indices: Sequence[int] | None = None
    edge_indices: Sequence[int] | None = None

    @property
    def label(self) -> str:
        return f"Add {self.nodes[0].name}" if len(self.nodes) == 1 else f"Add {len(self.nodes)} nodes"

    def apply(self, project: Project) -> Edit:
        ids = [node.id for node in self.nodes]
        refuse_taken_ids(project.graph, ids)
        if self.node_indices is None:  # what a file had and undo puts back is a Problem, not a refusal
            refuse_recursion(project, [node.type for node in self.nodes])
        project.graph.insert_nodes(self.nodes, self.node_indices)
        try:
            if self.edge_indices is None:
                self._connect(project.graph)
            else:
                project.graph.insert_edges(self.edges, self.edge_indices)
        except EditError:
            project.graph.delete_nodes(ids)
            raise
        return RemoveNodes(tuple(ids))

    def _connect(self, graph: Graph) -> None:
        """Joins the ports by the rule of `Connect`, all or none."""
        origins: Origins = {}
        made: list[Edge] = []
        for edge in self.edges:
            if reason := refusal(graph, edge.source, edge.target, origins):
                graph.delete_edges(made)
                raise EditError(reason)
            made.append(Edge(edge.source, edge.target))
            graph.insert_edges(made[-1:])


@dataclass(frozen=True)
class RemoveNodes:
    """Removes nodes together with their edges.

    Raises:
        EditError: one of the nodes is not there.
    """

    node_ids: Sequence[str]

    @property
    def label(self) -> str:
        return "Delete node" if len(self.node_ids) == 1 else f"Delete {len(self.node_ids)} nodes"

    def apply(self, project: Project) -> Edit:
        graph, gone = project.graph, dict.fromkeys(self.node_ids)
        require_nodes(project, gone)
        nodes, edges = tuple(graph.nodes.values()), graph.edges
        going = [edge for i in gone for edge in (*graph.incoming(i).values(), *graph.outgoing(i))]
        edge_indices, node_indices = graph.delete_edges(going), graph.delete_nodes(gone)
        return AddNodes(
            tuple(nodes[index] for index in node_indices),
            tuple(edges[index] for index in edge_indices),
            node_indices,
            edge_indices,
        )


@dataclass(frozen=True)
class Connect:
    """Joins an output port to an input port.

    Raises:
        EditError: the ports do not fit, the input is taken, or the edge would close a cycle.
    """

    source: PortRef
    target: PortRef

    label = "Connect"

    def apply(self, project: Project) -> Edit:
        if reason := refusal(project.graph, self.source, self.target):
            raise EditError(reason)
        project.graph.insert_edges([Edge(self.source, self.target)])
        return Disconnect((Edge(self.source, self.target),))


@dataclass(frozen=True)
class Disconnect:
    """Removes edges.

    Raises:
        EditError: one of the edges is not there.
    """

    edges: Sequence[Edge]

    @property
    def label(self) -> str:
        return "Delete edge" if len(self.edges) == 1 else f"Delete {len(self.edges)} edges"

    def apply(self, project: Project) -> Edit:
        missing = next((e for e in self.edges if project.graph.edge_into(e.target) != e), None)
        if missing is not None:
            raise EditError(f"There is no edge from {missing.source} to {missing.target}.")
        ordered = tuple(edge for edge in project.graph.edges if edge in set(self.edges))
        return _RestoreEdges(ordered, project.graph.delete_edges(ordered))


@dataclass(frozen=True)
class _RestoreEdges:
    edges: Sequence[Edge]
    indices: Sequence[int]

    label = "Restore edges"

    def apply(self, project: Project) -> Edit:
        project.graph.insert_edges(self.edges, self.indices)
        return Disconnect(self.edges)


@dataclass(frozen=True)
class MoveNodes:
    """Puts nodes, frames and notes at new positions, in canvas units.

    Args:
        positions: by id.
        what: what the undo menu calls one of them.

    Raises:
        EditError: one of them is not there.
    """

    positions: Mapping[str, Position]
    what: str = "node"

    @property
    def label(self) -> str:
        count = len(self.positions)
        return f"Move {self.what}" if count == 1 else f"Move {count} {self.what}s"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        missing = next((each for each in self.positions if graph.kind_of(each) is None), None)
        if missing is not None:
            raise EditError(f"There is no {self.what} {missing}.")
        before = {item_id: _move(graph, item_id, to) for item_id, to in self.positions.items()}
        return MoveNodes(before, self.what)


@dataclass(frozen=True)
class SetParams:
    """Sets parameters of a node, and returns others to what they are when left out.

    Any JSON value is taken; what is wrong with it is a Problem, not a refusal, so that nothing typed is lost.

    Raises:
        EditError: the node is not there.
    """

    node_id: str
    values: Mapping[str, Value] = field(default_factory=dict)
    reset: Sequence[str] = ()

    @property
    def label(self) -> str:
        return f"Set {', '.join([*self.values, *self.reset])}"

    def apply(self, project: Project) -> Edit:
        require_nodes(project, [self.node_id])
        node = project.graph.nodes[self.node_id]
        params = _patched(node.params, self.values, self.reset)
        return _RestoreNode(project.graph.replace_node(node.with_(params=params)))


@dataclass(frozen=True)
class _RestoreNode:
    """Puts a node back as it was, even with what no edit gives, such as a name twice."""

    node: Node

    label = "Restore node"

    def apply(self, project: Project) -> Edit:
        return _RestoreNode(project.graph.replace_node(self.node))


@dataclass(frozen=True)
class RenameNode:
    """Gives a node another name.

    Raises:
        EditError: the name is empty, too long, or another node's.
    """

    node_id: str
    name: str

    @property
    def label(self) -> str:
        return f"Rename to {self.name}"

    def apply(self, project: Project) -> Edit:
        require_nodes(project, [self.node_id])
        name = self.name.strip()
        if not name or len(name) > MAX_NAME_LENGTH:
            raise EditError(f"A name has 1 to {MAX_NAME_LENGTH} characters.")
        other = project.graph.by_name(name)
        if other is not None and other.id != self.node_id:
            raise EditError(f"There already is a node called {name}.")
        return _RestoreNode(project.graph.replace_node(project.graph.nodes[self.node_id].with_(name=name)))


@dataclass(frozen=True)
class SetTraining:
    """Replaces the training plan's mapping."""

    training: Mapping[str, Any]
    label: str = "Change training plan"

    def apply(self, project: Project) -> Edit:
        before, project.training = project.training, self.training
        project.log.fields["training"] = None
        return SetTraining(before, self.label)


@dataclass(frozen=True)
class ChangeTraining:
    """Sets keys of the training plan; the others stay."""

    values: Mapping[str, Any]
    label: str = "Change training plan"

    def apply(self, project: Project) -> Edit:
        return SetTraining({**project.training, **self.values}, self.label).apply(project)


@dataclass(frozen=True)
class RenameProject:
    """Gives the project another name; the generated class is called after it.

    Raises:
        EditError: the name is empty or too long.
    """

    name: str
    label: str = "Rename project"

    def apply(self, project: Project) -> Edit:
        if not self.name.strip() or len(self.name) > MAX_NAME_LENGTH:
            raise EditError(f"A name has 1 to {MAX_NAME_LENGTH} characters.")
        return _RestoreProjectName(self.name.strip()).apply(project)


@dataclass(frozen=True)
class _RestoreProjectName:
    """Puts a project's name back as it was, even one that a file had too long."""

    name: str

    label = "Rename project"

    def apply(self, project: Project) -> Edit:
        before, project.name = project.name, self.name
        project.log.fields["name"] = None
        return _RestoreProjectName(before)


@dataclass(frozen=True)
class Batch:
    """Several edits as one step, all or none.

    Raises:
        EditError: one of them does not suit; the project is as before.
    """

    label: str
    edits: Sequence[Edit]

    def apply(self, project: Project) -> Edit:
        return apply_all(project, self.edits, self.label)


def refuse_taken_ids(graph: Graph, ids: Sequence[str]) -> None:
    """Nothing, if new nodes, frames and notes may have these ids.

    Raises:
        EditError: something has one of them already, or one stands there twice.
    """
    seen: set[str] = set()
    for item_id in ids:
        kind = graph.kind_of(item_id) or ("node" if item_id in seen else None)
        if kind is not None:
            raise EditError(f"There already is a {kind} with the id {item_id}.")
        seen.add(item_id)


def refuse_recursion(project: Project, types: Iterable[str]) -> None:
    """Nothing, if nodes of these types may stand in the graph that is edited.

    Raises:
        EditError: it is the graph of a block that one of them is or contains.
    """
    scope = project.scope
    for name in types:
        if scope is not None and name in project.blocks:
            if name == scope:
                raise EditError(f"{scope} cannot contain itself.")
            if scope in reached(name, project.blocks):
                raise EditError(f"{name} contains {scope}, so {scope} cannot contain {name}.")


def _move(graph: Graph, item_id: str, position: Position) -> Position:
    """Puts a node, a frame or a note at a position; returns where it was."""
    if item_id in graph.nodes:
        node = graph.nodes[item_id]
        graph.replace_node(node.with_(position=position), "moved")
        return node.position
    if item_id in graph.frames:
        return graph.frames.replace(graph.frames[item_id].with_(position=position)).position
    return graph.notes.replace(graph.notes[item_id].with_(position=position)).position


def require_nodes(project: Project, node_ids: Iterable[str]) -> None:
    """Nothing, if the graph that is edited has these nodes.

    Raises:
        EditError: it lacks one.
    """
    missing = next((node_id for node_id in node_ids if node_id not in project.graph.nodes), None)
    if missing is not None:
        raise EditError(f"There is no node {missing}.")


def _patched(
    params: Mapping[str, Value], values: Mapping[str, Value], reset: Sequence[str]
) -> dict[str, Value]:
    return {name: value for name, value in {**params, **values}.items() if name not in reset}
