"""The graph from half way off: blocks with names, and edges as curves, drawn in batches, tile by tile.

What stands out, such as a selected layer or one that lies upon another, is drawn by itself, upon the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import floor
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen, QStaticText

from builder.canvas.edge_item import far_width
from builder.canvas.face import block_size
from builder.canvas.grid_index import Box, Cell, overlap, united
from builder.canvas.style import CORNER, EDGE_STATES, NAME_SCALE, ROUND_SCALE

if TYPE_CHECKING:
    from builder.canvas.node_item import NodeItem
    from builder.canvas.scene import CanvasScene

TILE = 768.0  # canvas units a tile is wide and high
MOST = 1024  # tiles that are kept, those in sight aside: more than twice what a screen of 4K shows

Color = int  # red, green, blue and opacity in one
EdgeLook = tuple[str, float]  # state and width
NameLook = tuple[int, Color]  # size of the font, and colour

Look, Drawn = TypeVar("Look"), TypeVar("Drawn")


@dataclass(slots=True)
class Names:
    """Names of one look."""

    font: QFont
    pen: QPen
    texts: list[tuple[Box, QPointF, QStaticText]] = field(
        default_factory=list
    )  # with the boxes of the blocks


@dataclass(slots=True)
class Tile:
    """What stands in one tile: the nodes and edges whose boxes have their top left corner in it.

    Attributes:
        size: of the font, at least, that its names were laid out for.
        apart: ids of the nodes that are drawn by themselves.
    """

    size: int
    edges: dict[EdgeLook, QPainterPath] = field(default_factory=dict)
    blocks: dict[Color, list[QRectF]] = field(default_factory=dict)
    names: dict[NameLook, Names] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)

    def add_edge(self, look: EdgeLook, path: QPainterPath) -> None:
        self.edges.setdefault(look, QPainterPath()).addPath(path)

    def add_node(self, item: NodeItem, box: Box) -> None:
        left, top, right, bottom = box
        block = QRectF(left, top, right - left, bottom - top)
        self.blocks.setdefault(item.block_color.rgba(), []).append(block)
        line, pen = item.block_name(self.size)
        names = self.names.setdefault((line.font.pixelSize(), pen.color().rgba()), Names(line.font, pen))
        names.texts.append((box, block.topLeft() + line.at, line.text))


class BlockView:
    """Draws a scene when names can be read on it, but nothing else.

    Tiles are made when they are first seen, and anew once the scene has said that something looks different
    where they are.
    """

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._tiles: dict[Cell, Tile] = {}

    def forget(self, boxes: Iterable[Box]) -> None:
        """Takes note that what has one of these boxes, or had it, looks different now."""
        for box in boxes:
            self._tiles.pop(_place(box), None)

    def forget_all(self) -> None:
        """Takes note that everything looks different now."""
        self._tiles.clear()

    def is_made(self, place: Cell, size: int) -> bool:
        """Whether a tile is there, with names laid out for a size of font as `block_size` tells it."""
        tile = self._tiles.get(place)
        return tile is not None and tile.size == size

    def make(self, place: Cell, size: int) -> None:
        """Makes a tile; arguments as of `is_made`."""
        self._tiles[place] = self._made(place, size)

    def seen(self, area: Box, scale: float) -> list[Tile]:
        """The tiles of which an area shows something, made for a scale."""
        places = dict.fromkeys(map(_place, self._scene.geometry.boxes_in(area)))
        size, tiles = block_size(scale), self._tiles
        while stale := [each for each in places if not self.is_made(each, size)]:
            for place in stale:
                self.make(place, size)
        if len(tiles) > MOST:
            self._tiles = {place: tiles[place] for place in places}
        return [tiles[place] for place in places]

    def paint_edges(self, painter: QPainter, seen: list[Tile], scale: float) -> None:
        """Draws the edges of tiles, those that stand out upon the others."""
        looks = _by_look(tile.edges for tile in seen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for state, width in sorted(looks, key=lambda look: EDGE_STATES.index(look[0])):
            painter.setPen(self._scene.style_.edge_pen(state, far_width(width, scale)))
            for path in looks[state, width]:
                painter.drawPath(path)

    def paint_nodes(self, painter: QPainter, seen: list[Tile], area: Box, scale: float) -> None:
        """Draws the nodes of tiles.

        Args:
            painter: set up for scene coordinates.
            seen: the tiles.
            area: what of them is to be drawn.
            scale: pixels for one canvas unit.
        """
        painter.setPen(Qt.PenStyle.NoPen)
        for color, blocks in _by_look(tile.blocks for tile in seen).items():
            painter.setBrush(QBrush(QColor.fromRgba(color)))
            _paint_blocks(painter, chain.from_iterable(blocks), scale)
        if scale >= NAME_SCALE:
            for names in _by_look(tile.names for tile in seen).values():
                _paint_names(painter, names, area)
        for node_id in self._scene.drawn_order(chain.from_iterable(tile.apart for tile in seen)):
            self._scene.nodes[node_id].paint(painter, scale)

    def _made(self, place: Cell, size: int) -> Tile:
        scene, geometry, tile = self._scene, self._scene.geometry, Tile(size)
        area = place[0] * TILE, place[1] * TILE, (place[0] + 1) * TILE, (place[1] + 1) * TILE
        for edge, box in geometry.edges_in(area).items():
            if _place(box) == place and edge != scene.hidden_edge:
                item = scene.edges[edge]
                tile.add_edge((item.state, item.width), item.path)
        cards = {node_id: box for node_id, box in geometry.nodes_in(area).items() if _place(box) == place}
        piled = self._piled(place, cards)
        for node_id, box in cards.items():
            item = scene.nodes[node_id]
            if item.is_plain and node_id not in piled:
                tile.add_node(item, box)
            else:
                tile.apart.append(node_id)
        return tile

    def _piled(self, place: Cell, cards: Mapping[str, Box]) -> set[str]:
        """Which cards of a tile touch another; has tiles made anew that took such a one for free."""
        around = united(cards.values())
        near = self._scene.geometry.nodes_in(around) if around else {}
        piled = _touching(near)
        for node_id in piled - cards.keys():
            beside = self._tiles.get(_place(near[node_id]))
            if beside is not None and node_id not in beside.apart:
                del self._tiles[_place(near[node_id])]
        return piled


def _place(box: Box) -> Cell:
    """The tile that draws what has this box."""
    return floor(box[0] / TILE), floor(box[1] / TILE)


def _touching(boxes: Mapping[str, Box]) -> set[str]:
    """Ids of the boxes that touch another."""
    found = set[str]()
    ordered = sorted(boxes.items(), key=lambda each: each[1])
    for index, (one, box) in enumerate(ordered):
        for other, there in ordered[index + 1 :]:
            if there[0] > box[2]:
                break
            if overlap(box, there):
                found |= {one, other}
    return found


def _by_look(parts: Iterable[Mapping[Look, Drawn]]) -> dict[Look, list[Drawn]]:
    """What is drawn alike, together."""
    looks = defaultdict[Look, list[Drawn]](list)
    for part in parts:
        for look, drawn in part.items():
            looks[look].append(drawn)
    return looks


def _paint_blocks(painter: QPainter, blocks: Iterable[QRectF], scale: float) -> None:
    if scale < ROUND_SCALE:
        painter.drawRects(list(blocks))
    else:
        for block in blocks:
            painter.drawRoundedRect(block, CORNER, CORNER)


def _paint_names(painter: QPainter, alike: list[Names], area: Box) -> None:
    painter.setFont(alike[0].font)
    painter.setPen(alike[0].pen)
    for box, at, text in chain.from_iterable(names.texts for names in alike):
        if overlap(box, area):
            painter.drawStaticText(at, text)
