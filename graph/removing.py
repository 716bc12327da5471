"""Everything that is selected, removed in one step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from graph.annotation_edits import RemoveAnnotations
from graph.catalog.code import Alias
from graph.document import Edge, Edit, Graph, PortRef
from graph.edits import Batch, Connect, Disconnect, RemoveNodes


def removal(graph: Graph, ids: Iterable[str], edges: Iterable[Edge] = ()) -> Edit | None:
    """The edit that removes nodes, frames, notes and edges; None for nothing.

    Where only points go that an edge runs through, the edge stays.
    """
    chosen = list(dict.fromkeys(ids))
    nodes = tuple(each for each in chosen if each in graph.nodes)
    others = tuple(each for each in chosen if each not in graph.nodes)
    gone = tuple(e for e in edges if e.source.node not in nodes and e.target.node not in nodes)
    edits: list[Edit] = [Disconnect(gone)] if gone else []
    edits += [RemoveNodes(nodes)] if nodes else []
    edits += [RemoveAnnotations(others)] if others else []
    label = edits[0].label if len(edits) == 1 else f"Delete {len(chosen) + len(gone)} items"
    edits += [Connect(edge.source, edge.target) for edge in _healed(graph, set(nodes), set(gone))]
    return edits[0] if len(edits) == 1 else Batch(label, edits) if edits else None


def _healed(graph: Graph, gone: Collection[str], cut: Collection[Edge]) -> Iterator[Edge]:
    """Edges in place of those that ran through points which are gone."""
    for edge in graph.edges if any(_is_point(graph, each) for each in gone) else ():
        if edge.source.node in gone and edge.target.node not in gone and edge not in cut:
            source = _origin(graph, edge.source, gone, cut)
            if source is not None and source.node not in gone:
                yield Edge(source, edge.target)


def _origin(graph: Graph, ref: PortRef, gone: Collection[str], cut: Collection[Edge]) -> PortRef | None:
    """Where an edge comes from, before all points that are gone; None if it comes from nowhere."""
    seen: set[str] = set()
    while ref.node in gone and ref.node not in seen:
        seen.add(ref.node)
        incoming = list(graph.incoming(ref.node).values())
        if not _is_point(graph, ref.node) or len(incoming) != 1 or incoming[0] in cut:
            return None
        ref = incoming[0].source
    return ref


def _is_point(graph: Graph, node_id: str) -> bool:
    spec = graph.catalog.get(graph.nodes[node_id].type)
    return spec is not None and isinstance(spec.code, Alias)
