"""Draws what an area of a scene shows, as closely as its scale lets one see."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from builder.canvas.boxes import box_of
from builder.canvas.card_pictures import CardPictures
from builder.canvas.edge_plus import paint_plus
from builder.canvas.node_item import OVERHANG
from builder.canvas.scene import CanvasScene
from builder.canvas.style import DETAIL_SCALE, EDGE_STATES, NAME_SCALE

HEAVY_CARDS, HEAVY_BLOCKS = 16, 80  # in sight, from which on a repaint of them all takes half a frame

HEAVY_FAR = 1500  # likewise of blocks without names


def paint_graph(
    painter: QPainter,
    scene: CanvasScene,
    area: QRectF,
    scale: float,
    *,
    is_small: bool = False,
    pictures: CardPictures | None = None,
) -> None:
    """Draws the frames, notes, edges and nodes of a scene.

    Args:
        painter: set up for scene coordinates.
        scene: what is drawn.
        area: the part of it, in scene coordinates.
        scale: pixels for one canvas unit: cards up close, further away blocks with names, then blocks alone.
        is_small: keeps every edge the curve that it is, however far away; for graphs of few nodes.
        pictures: of cards, on a screen that shows the same again and again.
    """
    scene.annotations.paint_frames(painter, box_of(area), scale)
    if scale < NAME_SCALE and not is_small:
        scene.annotations.paint_notes(painter, box_of(area), scale)
        scene.far.paint(painter, box_of(area))
        scene.annotations.paint_titles(painter, box_of(area), scale)
        if scene.hovered_edge in scene.edges and scene.hovered_edge is not None:
            scene.edges[scene.hovered_edge].paint(painter, scale)
        if scene.hovered in scene.nodes and scene.hovered is not None:
            scene.nodes[scene.hovered].paint(painter, scale)
    else:
        area = area.adjusted(-OVERHANG, -OVERHANG, OVERHANG, OVERHANG)
        if scale < DETAIL_SCALE:
            _paint_blocks(painter, scene, area, scale)
        else:
            _paint_cards(painter, scene, area, scale, pictures)


def is_heavy(scene: CanvasScene, area: QRectF, scale: float) -> bool:
    """Whether drawing an area takes so long that it cannot be done for every step of a zoom."""
    if scale >= NAME_SCALE:
        most = HEAVY_CARDS if scale >= DETAIL_SCALE else HEAVY_BLOCKS
        return len(scene.geometry.nodes_in(box_of(area))) > most
    return scene.far.count_in(box_of(area)) > HEAVY_FAR


def _paint_blocks(painter: QPainter, scene: CanvasScene, area: QRectF, scale: float) -> None:
    box = box_of(area)
    seen = scene.blocks.seen(box, scale)
    scene.blocks.paint_edges(painter, seen, scale)
    scene.annotations.paint_titles(painter, box, scale)
    scene.annotations.paint_notes(painter, box, scale)
    scene.blocks.paint_nodes(painter, seen, box, scale)


def _paint_cards(
    painter: QPainter, scene: CanvasScene, area: QRectF, scale: float, pictures: CardPictures | None
) -> None:
    box = box_of(area)
    seen = [edge for edge in scene.geometry.edges_in(box) if edge != scene.hidden_edge]
    ordered = sorted(seen, key=lambda edge: EDGE_STATES.index(scene.state_of(edge)))
    edges = [item for item in map(scene.edges.__getitem__, ordered) if item.area.intersects(area)]
    for edge in edges:
        edge.paint(painter, scale)
    for edge in edges:
        edge.paint_label(painter)
    scene.annotations.paint_titles(painter, box, scale)
    scene.annotations.paint_notes(painter, box, scale)
    items = [scene.nodes[node_id] for node_id in scene.drawn_order(scene.geometry.nodes_in(box))]
    if pictures is not None:
        pictures.paint(painter, items, scale)
    for item in items if pictures is None else ():
        item.paint(painter, scale)
    if scene.hovered_edge in scene.edges and scene.hovered_edge is not None:
        paint_plus(painter, scene.edges[scene.hovered_edge], scene.style_)
