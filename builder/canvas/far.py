"""The graph from afar: a coloured block a node and a line an edge, drawn in batches, tile by tile."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import floor
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen

from builder.canvas.grid_index import Box, overlap, united
from builder.canvas.heat import Heat, ramp_color
from builder.canvas.node_item import severity_of
from graph.catalog.spec import LayerSpec
from graph.document import Edge, Position

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene
    from builder.canvas.style import CanvasStyle

TILE = 4096.0  # canvas units a tile is wide and high
BUDGET = 0.006  # seconds for tiles made anew in one repaint; the others follow in the next ones
RINGS = {"selected": 9.0, "error": 4.0}  # pixels of the pen around a block, in the order of drawing

HEAT = "heat "  # before the level of a marked block, where others have their family
HEATS = 12  # colours of marked blocks

Place = tuple[int, int]
MOVING: Place = (sys.maxsize, 0)  # nothing can stand there: what is being moved has a tile of its own


def tile_at(corner: Position) -> Place:
    """The tile in which a card's corner lies."""
    return floor(corner[0] / TILE), floor(corner[1] / TILE)


def _shapes() -> QPainterPath:
    """Room for shapes that may overlap. A path is drawn at half of what a list of them costs to be read."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


@dataclass
class Tile:
    """What stands in one tile, and how it was drawn last.

    Attributes:
        members: ids of the nodes whose corner lies in it; it also draws the edges that leave them.
        is_stale: whether it is to be made anew.
    """

    members: dict[str, None] = field(default_factory=dict)
    is_stale: bool = True
    extent: Box | None = None
    blocks: dict[str, QPainterPath] = field(default_factory=dict)  # by layer family, or level of heat
    rings: dict[str, QPainterPath] = field(default_factory=dict)  # by what they emphasise
    lines: dict[str, QPainterPath] = field(default_factory=dict)  # by state of the edge


class FarView:
    """Draws a scene when nothing on a card could be read."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._tiles: dict[Place, Tile] = {}
        self._place_of: dict[str, Place] = {}
        self._rest = QTimer(scene, singleShot=True, interval=0)
        self._rest.timeout.connect(self._make_rest)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was changed is drawn as it is now."""
        return not any(tile.is_stale for tile in self._tiles.values())

    @property
    def tiles(self) -> Iterable[Tile]:
        """What it draws."""
        return self._tiles.values()

    def touch(self, node_id: str) -> None:
        """Has a node, which may be new or elsewhere, drawn anew with the edges that leave it."""
        geometry = self._scene.geometry
        place = MOVING if geometry.is_elsewhere(node_id) else tile_at(geometry.corner(node_id))
        before = self._place_of.get(node_id)
        if before != place:
            self._leave(node_id)
            self._place_of[node_id] = place
            self._tiles.setdefault(place, Tile()).members[node_id] = None
        self._tiles[place].is_stale = True

    def drop(self, node_id: str) -> None:
        """Takes a node away."""
        self._leave(node_id)
        self._place_of.pop(node_id, None)

    def repaint(self, node_ids: Iterable[str]) -> None:
        """Has nodes that stand where they stood drawn anew."""
        for place in {self._place_of[each] for each in node_ids if each in self._place_of}:
            self._tiles[place].is_stale = True

    def touch_all(self) -> None:
        """Has everything drawn anew."""
        for tile in self._tiles.values():
            tile.is_stale = True

    def clear(self) -> tuple[object, ...]:
        """Takes everything away; gives what there was."""
        drawn = self._tiles, self._place_of
        self._tiles, self._place_of = {}, {}
        return drawn

    def count_in(self, area: Box) -> int:
        """About how many nodes an area shows."""
        return sum(
            len(tile.members)
            for (x, y), tile in self._tiles.items()
            if overlap((x * TILE, y * TILE, (x + 1) * TILE, (y + 1) * TILE), area)
        )

    def make(self, until: float) -> bool:
        """Makes stale tiles anew until a time of `perf_counter`, one at least.

        Returns:
            Whether none is left.
        """
        for tile in self._tiles.values():
            if tile.is_stale:
                self._make(tile)
                if perf_counter() > until:
                    return self.is_complete
        return True

    def extent_of(self, place: Place) -> Box | None:
        """Makes a tile, if there is one, and tells what it covers."""
        tile = self._tiles.get(place)
        if tile is None:
            return None
        self._make(tile)
        return tile.extent

    def paint(self, painter: QPainter, area: Box) -> None:
        """Draws what an area shows; a tile for which there was no time is drawn as it was, until later."""
        if not self.make(perf_counter() + BUDGET):
            self._rest.start()
        seen = [tile for tile in self._tiles.values() if tile.extent and overlap(tile.extent, area)]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for state in ("normal", "error", "selected", "cut"):
            painter.setPen(self._scene.style_.far_edge_pen(state))
            _draw(painter, (tile.lines.get(state) for tile in seen))
        self._paint_rings(painter, seen)
        self.paint_blocks(painter, seen)
        painter.restore()

    def _paint_rings(self, painter: QPainter, seen: list[Tile]) -> None:
        for token, width in RINGS.items():
            painter.setPen(_ring(self._scene.style_.emphasis[token], width))
            _draw(painter, (tile.rings.get(token) for tile in seen))

    def paint_blocks(self, painter: QPainter, seen: list[Tile], is_small: bool = False) -> None:
        """Draws the blocks of tiles, nothing else.

        Args:
            painter: set up for scene coordinates.
            seen: the tiles.
            is_small: gives each block an outline, without which those under a pixel would be lost.
        """
        painter.setPen(Qt.PenStyle.NoPen)
        for category in dict.fromkeys(name for tile in seen for name in tile.blocks):
            brush = _brush(self._scene.style_, category)
            painter.setBrush(brush)
            if is_small:
                painter.setPen(QPen(brush.color(), 0))
            _draw(painter, (tile.blocks.get(category) for tile in seen))

    def _make_rest(self) -> None:
        """Makes what there was no time for, and has it shown once all of it is there."""
        if self.make(perf_counter() + BUDGET):
            self._scene.repaint()
        else:
            self._rest.start()

    def _make(self, tile: Tile) -> None:
        blocks, rings = defaultdict[str, QPainterPath](_shapes), defaultdict[str, QPainterPath](_shapes)
        scene = self._scene
        graph, marks_of = scene.session.graph, scene.session.marks_of
        boxes = []
        for node_id in tile.members:
            left, top, right, bottom = box = scene.geometry.card(node_id)
            rect = left, top, right - left, bottom - top
            node = graph.nodes[node_id]
            spec = None if node.bypassed else graph.catalog.get(node.type)
            blocks[_kind(scene.heat, node_id, spec)].addRect(*rect)
            if severity_of(marks_of(node_id)) == "error":
                rings["error"].addRect(*rect)
            if node_id in scene.selected:
                rings["selected"].addRect(*rect)
            boxes.append(box)
        tile.is_stale, tile.blocks, tile.rings = False, blocks, rings
        tile.lines = self._make_lines(tile, boxes)
        tile.extent = united(boxes)

    def _make_lines(self, tile: Tile, boxes: list[Box]) -> dict[str, QPainterPath]:
        """The lines of the edges that a tile draws; adds what they cover to the boxes."""
        lines = defaultdict[str, QPainterPath](_shapes)
        state_of, ends_of = self._scene.state_of, self._scene.geometry.ends
        for edge in self._edges_of(tile):
            x0, y0, x1, y1 = ends_of(edge)
            line = lines[_line_state(state_of(edge))]
            line.moveTo(x0, y0)
            line.lineTo(x1, y1)
            boxes.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
        return lines

    def _edges_of(self, tile: Tile) -> Iterator[Edge]:
        """What leaves its nodes, and of nodes that are being moved what leads to them too."""
        graph, moves, hidden = (
            self._scene.session.graph,
            tile is self._tiles.get(MOVING),
            self._scene.hidden_edge,
        )
        is_elsewhere = self._scene.geometry.is_elsewhere
        for node_id in tile.members:
            for edge in graph.outgoing(node_id):
                if (moves or not is_elsewhere(edge.target.node)) and edge != hidden:
                    yield edge
            for edge in graph.incoming(node_id).values() if moves else ():
                if not is_elsewhere(edge.source.node) and edge != hidden:
                    yield edge

    def _leave(self, node_id: str) -> None:
        place = self._place_of.get(node_id)
        if place is not None:
            tile = self._tiles[place]
            del tile.members[node_id]
            tile.is_stale = True
            if not tile.members:
                del self._tiles[place]


def _kind(heat: Heat | None, node_id: str, spec: LayerSpec | None) -> str:
    """What the colour of a block stands for: its family, or how strong an overlay marks it."""
    if heat is None:
        return spec.category if spec else ""
    level = heat.level(node_id)
    return f"{HEAT}{round(level * HEATS)}" if level is not None else ""


def _brush(style: CanvasStyle, kind: str) -> QBrush:
    if kind.startswith(HEAT):
        return QBrush(ramp_color(style.theme, int(kind.removeprefix(HEAT)) / HEATS))
    return style.family_of(kind).brush


def _draw(painter: QPainter, paths: Iterable[QPainterPath | None]) -> None:
    for path in paths:
        if path is not None:
            painter.drawPath(path)


def _line_state(state: str) -> str:
    return "normal" if state == "hover" else state  # what the mouse is on is drawn by itself


def _ring(brush: QBrush, width: float) -> QPen:
    pen = QPen(brush.color(), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def touched_by(scene: CanvasScene, node_ids: Iterable[str]) -> set[str]:
    """These nodes and those that edges lead from to them: whose tiles draw those edges."""
    graph = scene.session.graph
    known = [node_id for node_id in node_ids if node_id in graph.nodes]
    return {*known, *(before for node_id in known for before in graph.predecessors(node_id))}
