"""A graph as a figure: where everything stands, how large it is, and its painting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPicture
from shiboken6 import delete

from builder.canvas.ports import CARD_WIDTH, COLUMN, card_height
from builder.figure.folding import folded, num_columns
from builder.figure.options import FigureOptions
from builder.figure.scene import FigureScene
from builder.figure.style import figure_style
from builder.session import Session
from graph.document import Edge

MARGIN = 8.0  # canvas units around the graph
POINT = 25.4 / 72  # millimetres
PRINT_UNIT = 0.6 * POINT  # millimetres of a canvas unit on paper: the smallest text then has 6 points
SCREEN_UNIT = 25.4 / 96  # and on the screen: a pixel
SMALLEST_TEXT = 10.0  # canvas units
NARROW_GAP = 40.0  # canvas units between folded columns that have no shapes between them
NOWHERE = (0.0, 0.0, 0.0, 0.0)


class Figure:
    """What is drawn of a graph, and how.

    Args:
        session: its graph that is shown now is drawn.
        options: how.
        node_ids: the nodes that are drawn, with the edges between them; all, without any.
    """

    def __init__(self, session: Session, options: FigureOptions, node_ids: Iterable[str] = ()) -> None:
        self.options = options
        self._session = session
        graph = session.graph
        self.node_ids = frozenset(node_ids) & graph.nodes.keys() or frozenset(graph.nodes)
        self._scene = FigureScene(session, figure_style(options.style))
        self._scene.place(i for i in graph.nodes if not self._scene.geometry.is_placed(i))
        if self.node_ids != graph.nodes.keys():
            self._scene.show_annotations(session.selected_annotations)
        if options.is_folded and options.width is not None and self.node_ids:
            self._fold(options.width)
        self.bounds = self._measured()
        self.unit = self._fitted_unit()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be drawn."""
        return not self.node_ids

    @property
    def size(self) -> tuple[float, float]:
        """Width and height on paper, in millimetres."""
        return self.bounds.width() * self.unit, self.bounds.height() * self.unit

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels, as the scale asks for."""
        scale = self.options.scale
        return round(self.bounds.width() * scale), round(self.bounds.height() * scale)

    @property
    def smallest_text(self) -> float:
        """Height of the smallest text on paper, in points."""
        return SMALLEST_TEXT * self.unit / POINT

    @property
    def background(self) -> str:
        """The colour behind the graph."""
        return self._scene.style_.theme.canvas

    def paint(self, painter: QPainter, has_background: bool = True) -> None:
        """Draws it in canvas units, its bounds from where they are."""
        scene = self._scene
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        if has_background:
            painter.fillRect(self.bounds, scene.style_.theme.color("canvas"))
        around = scene.annotations.bounds() or NOWHERE
        scene.annotations.paint_frames(painter, around, 1.0)
        edges = [scene.edges[edge] for edge in self._edges()]
        for edge in edges:
            edge.paint(painter, 1.0)
        if self.options.has_shapes:
            for edge in edges:
                edge.paint_label(painter)
        scene.annotations.paint_titles(painter, around, 1.0, once=True)
        scene.annotations.paint_notes(painter, around, 1.0)
        for node_id in scene.drawn_order(self.node_ids):
            scene.nodes[node_id].paint(painter, 1.0)

    def close(self) -> None:
        """Lets go of the session; nothing can be drawn any more."""
        delete(self._scene)

    def _edges(self) -> Iterator[Edge]:
        for edge in self._session.graph.edges:
            if edge.source.node in self.node_ids and edge.target.node in self.node_ids:
                yield edge

    def _fold(self, width: float) -> None:
        scene, gap = self._scene, float(COLUMN - CARD_WIDTH) if self.options.has_shapes else NARROW_GAP
        boxes = {node_id: scene.geometry.card(node_id) for node_id in self.node_ids}
        room = width / self._natural_unit() - 2 * MARGIN
        fold = folded(self._session.graph, boxes, num_columns(room, gap), gap)
        scene.show_at(fold.positions)
        scene.tracks = fold.tracks
        scene.show_annotations(())  # what they stood around stands elsewhere

    def _natural_unit(self) -> float:
        return PRINT_UNIT if self.options.style == "print" else SCREEN_UNIT

    def _fitted_unit(self) -> float:
        """Millimetres of a canvas unit: as usual, or less where the figure would be too wide."""
        usual, width = self._natural_unit(), self.options.width
        return usual if width is None else min(usual, width / max(self.bounds.width(), 1.0))

    def _measured(self) -> QRectF:
        """What the painting covers, and a margin."""
        if self.is_empty:
            return QRectF(0, 0, CARD_WIDTH, card_height(1))
        picture = QPicture()
        painter = QPainter(picture)
        self.paint(painter, has_background=False)
        painter.end()
        return QRectF(picture.boundingRect()).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


@contextmanager
def figure_of(session: Session, options: FigureOptions, node_ids: Iterable[str] = ()) -> Iterator[Figure]:
    """A figure that lets go of the session afterwards; arguments as of `Figure`."""
    figure = Figure(session, options, node_ids)
    try:
        yield figure
    finally:
        figure.close()
