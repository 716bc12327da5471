"""The edit that makes a project what another one is: graph, blocks and training plan, as one step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.document import Block, Edge, Edit, Frame, Graph, Node, Note, Project
from graph.shelf import ItemT, Shelf


@dataclass(frozen=True)
class Content:
    """What a graph holds, in the order of the file."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    frames: tuple[Frame, ...]
    notes: tuple[Note, ...]
    silenced: tuple[str, ...]
    extra: Mapping[str, Any]

    @classmethod
    def of(cls, graph: Graph) -> Content:
        """What a graph holds now."""
        return cls(
            tuple(graph.nodes.values()),
            tuple(graph.edges),
            tuple(graph.frames.values()),
            tuple(graph.notes.values()),
            graph.silenced,
            dict(graph.extra),
        )


@dataclass(frozen=True)
class Restore:
    """Puts the graph, the blocks and the training plan of another state in place of the present ones.

    What is the same in both stays as it is; the project keeps its name.

    Args:
        content: of the main graph.
        blocks: all there are to be; their graphs are never touched by later edits.
        training: the plan.
        label: what the undo menu calls it.
    """

    content: Content
    blocks: tuple[Block, ...]
    training: Mapping[str, Any]
    label: str = "Restore"

    @classmethod
    def of(cls, project: Project, label: str = "Restore") -> Restore:
        """The edit that leads to what a project holds now."""
        blocks = (block.with_(graph=block.graph.copy()) for block in project.blocks.values())
        return cls(Content.of(project.graph_of(None)), tuple(blocks), project.training, label)

    def apply(self, project: Project) -> Edit:
        before = Restore.of(project, self.label)
        with project.inside(None) as graph:
            _put_blocks(project, self.blocks)
            _become(graph, self.content)
        if project.training != self.training:
            project.training = self.training
            project.log.fields["training"] = None
        return before


def _put_blocks(project: Project, blocks: Sequence[Block]) -> None:
    """Takes out the blocks that are others, and puts in what is lacking; all, where their order differs."""
    wanted = {block.name: block for block in blocks}
    kept = [name for name, block in project.blocks.items() if name in wanted and _same(block, wanted[name])]
    if kept != [name for name in wanted if name in kept]:
        kept = []
    for name in [name for name in project.blocks if name not in kept]:
        project.delete_block(name)
    added = [(place, block) for place, block in enumerate(blocks) if block.name not in kept]
    if added:
        copies = [block.with_(graph=block.graph.copy()) for _, block in added]
        project.insert_blocks(copies, [place for place, _ in added])


def _same(one: Block, other: Block) -> bool:
    return one.params == other.params and Content.of(one.graph) == Content.of(other.graph)


def _become(graph: Graph, content: Content) -> None:
    nodes = {node.id: node for node in content.nodes}
    edges = dict.fromkeys(content.edges)
    is_ordered = _is_in_order(graph.nodes, nodes) and _is_in_order(graph.edges, edges)
    gone = [node_id for node_id in graph.nodes if node_id not in nodes or not is_ordered]
    going = dict.fromkeys(gone)
    graph.delete_edges(
        edge
        for edge in graph.edges
        if edge not in edges or edge.source.node in going or edge.target.node in going
    )
    graph.delete_nodes(gone)
    for node in [nodes[node_id] for node_id in graph.nodes]:
        before = graph.nodes[node.id]
        if node != before:
            graph.replace_node(node, "moved" if node == before.with_(position=node.position) else "updated")
    _insert_nodes(graph, content.nodes)
    _insert_edges(graph, content.edges)
    _fill(graph.frames, content.frames)
    _fill(graph.notes, content.notes)
    if graph.silenced != content.silenced:
        graph.silenced = content.silenced
        graph.log.fields["silenced"] = None
    graph.extra = dict(content.extra)


def _is_in_order(present: Iterable[object], wanted: Mapping[Any, object]) -> bool:
    """Whether what stays stands in the same order in both."""
    kept = [each for each in present if each in wanted]
    there = dict.fromkeys(kept)
    return kept == [each for each in wanted if each in there]


def _insert_nodes(graph: Graph, nodes: Sequence[Node]) -> None:
    added = [(place, node) for place, node in enumerate(nodes) if node.id not in graph.nodes]
    if added:
        graph.insert_nodes([node for _, node in added], [place for place, _ in added])


def _insert_edges(graph: Graph, edges: Sequence[Edge]) -> None:
    present = dict.fromkeys(graph.edges)
    added = [(place, edge) for place, edge in enumerate(edges) if edge not in present]
    if added:
        graph.insert_edges([edge for _, edge in added], [place for place, _ in added])


def _fill(shelf: Shelf[ItemT], items: Sequence[ItemT]) -> None:
    """Makes a shelf hold these items, in their order."""
    if tuple(shelf.values()) != items:
        shelf.delete(tuple(shelf))
        shelf.insert(items)
