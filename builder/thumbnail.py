"""A network as a small picture, drawn by the canvas itself."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from shiboken6 import delete

from builder.canvas.painting import paint_graph
from builder.canvas.scene import CanvasScene
from builder.canvas.style import CanvasStyle
from builder.session import Session
from graph.document import Document, Project

MARGIN = 8.0  # pixels
MAX_SCALE = 0.5  # a network of few layers shows names, not the small print of cards


def paint_thumbnail(painter: QPainter, area: QRectF, project: Project, style: CanvasStyle) -> None:
    """Draws a project's main graph into an area as the canvas shows it from so far away."""
    session = Session(Document(project.copy()))
    scene = CanvasScene(session, style)
    bounds, room = _extent(scene), area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    if not bounds.isEmpty():
        scale = min(room.width() / bounds.width(), room.height() / bounds.height(), MAX_SCALE)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.translate(room.center())
        painter.scale(scale, scale)
        painter.translate(-bounds.center())
        paint_graph(painter, scene, bounds, scale, is_small=True)
    delete(scene)
    delete(session)


def _extent(scene: CanvasScene) -> QRectF:
    """The rectangle around all cards, and the edges that lead around them."""
    extent = scene.bounds()
    for edge in scene.session.graph.edges:
        extent = extent.united(scene.edges[edge].path.controlPointRect())
    return extent
