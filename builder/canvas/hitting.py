"""What lies at a place of the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from builder.canvas.annotation_layer import AnnotationHit
from builder.canvas.edge_item import EdgeItem
from builder.canvas.node_item import NodeItem
from builder.canvas.ports import Port

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

PORT_REACH = 12.0  # canvas units around a port that count as the port


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under the mouse: a port of a node, a node, an edge, a frame or note, or nothing."""

    node: NodeItem | None = None
    port: Port | None = None
    edge: EdgeItem | None = None
    annotation: AnnotationHit | None = None


NOTHING = Hit()


def hit_at(scene: CanvasScene, at: QPointF, reach: float = PORT_REACH) -> Hit:
    """What lies at a scene position; ports before nodes, those before notes, edges and frames."""
    around = (at.x() - reach, at.y() - reach, at.x() + reach, at.y() + reach)
    cards = [scene.nodes[i] for i in reversed(scene.drawn_order(scene.geometry.nodes_in(around)))]
    for card in cards:
        port = card.port_near(at, reach)
        if port is not None:
            return Hit(card, port)
    for card in cards:
        if card.card.contains(at - card.pos()):
            return Hit(card)
    note = scene.annotations.hit_note(at, reach)
    if note is not None:
        return Hit(annotation=note)
    edges = (scene.edges[edge] for edge in scene.geometry.edges_in(around))
    edge = next((edge for edge in edges if edge.is_at(at)), None)
    frame = scene.annotations.hit_frame(at, reach) if edge is None else None
    return Hit(edge=edge, annotation=frame) if edge or frame else NOTHING


def hit_of_selection(scene: CanvasScene) -> tuple[Hit, QPointF] | None:
    """What is selected, as if the mouse were on it, and where that is; None if nothing is."""
    session = scene.session
    for item_id in session.all_selected:
        is_node = item_id in session.graph.nodes
        hit = Hit(scene.nodes[item_id]) if is_node else Hit(annotation=AnnotationHit(item_id, "body"))
        return hit, scene.bounds([item_id]).center()
    for edge in scene.selected_edges:
        return Hit(edge=scene.edges[edge]), scene.edges[edge].label_at
    return None
