"""The one rule on what stands in a frame, and what goes along with nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from graph.annotations import Frame, Position, Size
from graph.cards import card_size
from graph.model import Graph

SizeOf = Callable[[str], Size]  # a node's id to the size of its card


def contents(graph: Graph, frame_id: str, size_of: SizeOf | None = None) -> tuple[str, ...]:
    """Ids of what stands in a frame: nodes and notes by their centres, other frames if they lie inside whole.

    Args:
        graph: where the frame is.
        frame_id: the frame.
        size_of: how large cards are, where somebody knows better than `card_size`.
    """
    frame = graph.frames[frame_id]
    return (
        *_nodes_in(graph, frame, size_of or partial(card_size, graph)),
        *(note.id for note in graph.notes.values() if _has_centre(frame, note.position, note.size)),
        *(other.id for other in graph.frames.values() if other.id != frame_id and _is_around(frame, other)),
    )


def with_contents(graph: Graph, ids: Iterable[str], size_of: SizeOf | None = None) -> tuple[str, ...]:
    """The ids, and those of what stands in the frames among them."""
    found: dict[str, None] = {}
    for item_id in ids:
        found[item_id] = None
        if item_id in graph.frames:
            found.update(dict.fromkeys(contents(graph, item_id, size_of)))
    return tuple(found)


def companions(graph: Graph, node_ids: Iterable[str], size_of: SizeOf | None = None) -> tuple[str, ...]:
    """Ids of the frames around some of the nodes and no others, and of the frames and notes in those."""
    chosen, found = set(node_ids), dict[str, None]()
    for frame in graph.frames.values():
        inside = set(_nodes_in(graph, frame, size_of or partial(card_size, graph)))
        if inside and inside <= chosen:
            found[frame.id] = None
    within = with_contents(graph, found, size_of)
    return tuple(item_id for item_id in within if item_id not in graph.nodes)


def piece(graph: Graph, ids: Iterable[str]) -> Graph:
    """A graph of its own with some nodes, the edges among them, and the frames and notes that belong to them.

    Args:
        graph: read, never written.
        ids: the nodes; also of frames and notes that come along anyway.
    """
    chosen = set(ids)
    chosen.update(companions(graph, chosen & graph.nodes.keys()))
    return Graph(
        [node for node in graph.nodes.values() if node.id in chosen],
        [edge for edge in graph.edges if edge.source.node in chosen and edge.target.node in chosen],
        graph.catalog,
        [frame for frame in graph.frames.values() if frame.id in chosen],
        [note for note in graph.notes.values() if note.id in chosen],
    )


def frame_around(boxes: Iterable[tuple[Position, Size]], margin: float, head: float) -> tuple[Position, Size]:
    """Position and size of a frame with some boxes in it.

    Args:
        boxes: at least one.
        margin: canvas units around them.
        head: further ones above, for the title.
    """
    corners = [(x, y, x + width, y + height) for (x, y), (width, height) in boxes]
    left, top, right, bottom = zip(*corners, strict=True)
    x, y = min(left) - margin, min(top) - margin - head
    return (x, y), (max(right) + margin - x, max(bottom) + margin - y)


def _nodes_in(graph: Graph, frame: Frame, size_of: SizeOf) -> list[str]:
    nodes = graph.nodes.values()
    return [node.id for node in nodes if _has_centre(frame, node.position, size_of(node.id))]


def _has_centre(frame: Frame, position: Position, size: Size) -> bool:
    """Whether the centre of something lies in a frame."""
    x, y = position[0] + size[0] / 2, position[1] + size[1] / 2
    left, top = frame.position
    return left <= x < left + frame.size[0] and top <= y < top + frame.size[1]


def _is_around(frame: Frame, other: Frame) -> bool:
    """Whether a frame holds another whole; of two in the same place neither does."""
    if (frame.position, frame.size) == (other.position, other.size):
        return False
    starts = all(mine <= theirs for mine, theirs in zip(frame.position, other.position, strict=True))
    ends = all(
        mine + length >= theirs + width
        for mine, length, theirs, width in zip(
            frame.position, frame.size, other.position, other.size, strict=True
        )
    )
    return starts and ends
