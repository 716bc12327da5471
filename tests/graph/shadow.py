"""A copy of a document, kept by listening only; and whether a graph's look-ups agree."""

from __future__ import annotations

from collections.abc import Mapping

from graph.changes import Delta
from graph.document import Block, Change, Document, Edge, Frame, Graph, Node, Note
from graph.shelf import ItemT


class ShadowGraph:
    """A copy of one graph, kept by its changes only."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: dict[str, Node] = dict(graph.nodes)
        self.edges: set[Edge] = set(graph.edges)
        self.frames: dict[str, Frame] = dict(graph.frames)
        self.notes: dict[str, Note] = dict(graph.notes)
        self.silenced = graph.silenced

    def follow(self, change: Change, graph: Graph) -> None:
        assert not set(change.added) & set(self.nodes)
        assert set(change.removed) | set(change.updated) | set(change.moved) <= set(self.nodes)
        assert set(change.disconnected) <= self.edges
        assert not set(change.connected) & self.edges
        for node_id in change.removed:
            del self.nodes[node_id]
        for node_id in (*change.added, *change.updated):
            self.nodes[node_id] = graph.nodes[node_id]
        for node_id in change.moved:
            self.nodes[node_id] = self.nodes[node_id].with_(position=graph.nodes[node_id].position)
        self.edges = (self.edges - set(change.disconnected)) | set(change.connected)
        _follow_delta(self.frames, change.frames, graph.frames)
        _follow_delta(self.notes, change.notes, graph.notes)
        if "silenced" in change.fields:
            self.silenced = graph.silenced

    def assert_equal(self, graph: Graph) -> None:
        assert self.nodes == graph.nodes
        assert self.edges == set(graph.edges)
        assert self.frames == dict(graph.frames)
        assert self.notes == dict(graph.notes)
        assert self.silenced == graph.silenced


def _follow_delta(items: dict[str, ItemT], delta: Delta, now: Mapping[str, ItemT]) -> None:
    assert not set(delta.added) & set(items)
    assert {*delta.removed, *delta.updated} <= set(items)
    for item_id in delta.removed:
        del items[item_id]
    items.update({item_id: now[item_id] for item_id in (*delta.added, *delta.updated)})


class ShadowBlock(ShadowGraph):
    """A copy of one block."""

    def __init__(self, block: Block) -> None:
        super().__init__(block.graph)
        self.params = block.params


class Shadow:
    """A copy of a document's project, kept by listening only."""

    def __init__(self, doc: Document) -> None:
        self._project = doc.project
        self.main = ShadowGraph(doc.graph)
        self.blocks = {name: ShadowBlock(block) for name, block in doc.project.blocks.items()}
        self.fields = {"name": doc.project.name, "training": doc.project.training}
        doc.subscribe(self.follow)

    def follow(self, change: Change) -> None:
        self.main.follow(change, self._project.graph)
        named = (field for field in change.fields if field in self.fields)
        self.fields |= {field: getattr(self._project, field) for field in named}
        for name in change.blocks_removed:
            del self.blocks[name]
        assert not set(change.blocks_added) & set(self.blocks)
        assert not set(change.blocks_added) & set(change.blocks)
        for name in change.blocks_added:
            self.blocks[name] = ShadowBlock(self._project.blocks[name])
        for name, inner in change.blocks.items():
            self.blocks[name].follow(inner, self._project.blocks[name].graph)
            if "params" in inner.fields:
                self.blocks[name].params = self._project.blocks[name].params

    def assert_equal(self, doc: Document) -> None:
        self.main.assert_equal(doc.graph)
        assert self.fields == {"name": doc.project.name, "training": doc.project.training}
        assert set(self.blocks) == set(doc.project.blocks)
        for name, block in doc.project.blocks.items():
            self.blocks[name].assert_equal(block.graph)
            assert self.blocks[name].params == block.params


def assert_consistent(graph: Graph) -> None:
    """Every look-up tells the same."""
    assert list(graph.nodes) == [n.id for n in graph.nodes.values()]
    for node_id in graph.nodes:
        assert set(graph.incoming(node_id).values()) == {e for e in graph.edges if e.target.node == node_id}
        assert set(graph.outgoing(node_id)) == {e for e in graph.edges if e.source.node == node_id}
    assert all(graph.edge_into(e.target) == e for e in graph.edges)
    ids = [*graph.nodes, *graph.frames, *graph.notes]
    assert len(ids) == len(set(ids))
