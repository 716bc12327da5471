"""The whole graph, small, in a corner of the canvas, with what of it is seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from builder.canvas.map_picture import MapPicture
from builder.canvas.view import CanvasView
from builder.canvas.zoom_view import ZOOM_STEP
from builder.texts import tr
from builder.theme import GRID, Theme

SIZE = QSize(26 * GRID, 18 * GRID)  # at most
SHARE = 4  # times as large is the canvas at least
LEAST = 0.5  # of that size; below it nothing could be told apart
MIN_FRAME = 8.0  # pixels that the rectangle of the view is wide and high at least
FAINT = 0.25  # of its opacity is left while cards lie under it


class Minimap(QWidget):
    """Shows layers in the colours of their families, frames, and the part that is seen; a drag moves that.

    It hides while all of the graph is in sight. It takes at most a quarter of the width and height of the
    canvas, and is smaller on a small one. Cards that lie under it shine through until the mouse comes to it.
    """

    def __init__(self, canvas: CanvasView, theme: Theme) -> None:
        super().__init__(canvas)
        self._canvas, self._theme = canvas, theme
        self.setObjectName("canvas.minimap")
        self.setAccessibleName(tr("Minimap"))
        self.setAccessibleDescription(tr("The whole graph. Drag to move what is seen; the wheel zooms."))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFixedSize(SIZE)
        self.picture = MapPicture(canvas.graph_scene, SIZE, self)
        self.picture.ready.connect(self.update)
        self._is_on, self._is_over_cards = True, False
        self._grip: QPointF | None = None  # from the mouse to the middle of what is seen, in pixels
        canvas.graph_scene.content_changed.connect(self._follow)
        canvas.looked_elsewhere.connect(self._follow)
        canvas.corner = self
        self.hide()

    @property
    def view_rect(self) -> QRectF:
        """Where it shows what is seen, in pixels."""
        seen = self.picture.to_picture.mapRect(self._canvas.visible_area)
        dx, dy = max(MIN_FRAME - seen.width(), 0) / 2, max(MIN_FRAME - seen.height(), 0) / 2
        return seen.adjusted(-dx, -dy, dx, dy)

    def switch(self, is_on: bool) -> None:
        """Shows it wherever there is something to see on it, or never."""
        self._is_on = is_on
        self._follow()

    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme; the canvas has it already."""
        self._theme = theme
        self.picture.note_change()

    @Slot()
    def _follow(self) -> None:
        """Shows where the view is now, if not all is in sight."""
        bounds = self.picture.bounds if self._is_on else QRectF()
        size = self._room()
        is_wanted = not (size.isEmpty() or bounds.isEmpty() or self._canvas.visible_area.contains(bounds))
        self.picture.pixel_ratio = self.devicePixelRatioF()
        if is_wanted and size != self.size():
            self.setFixedSize(size)
            self.picture.resize(size)
        self.picture.want(is_wanted)
        corner = self._canvas.viewport().geometry().bottomRight()
        self.move(corner.x() + 1 - self.width() - GRID, corner.y() + 1 - self.height() - GRID)
        self._is_over_cards = is_wanted and self._canvas.graph_scene.is_blocked(self._covered())
        self.setVisible(is_wanted)
        self.update()

    @property
    def is_faint(self) -> bool:
        """Whether it lets be seen what lies under it."""
        return self._is_over_cards and not self.underMouse() and self._grip is None

    def _covered(self) -> QRectF:
        """What of the scene it covers."""
        covered = self.geometry().translated(-self._canvas.viewport().pos())
        return self._canvas.mapToScene(covered).boundingRect()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def _room(self) -> QSize:
        """How large it is on a canvas of this size, in steps of the grid; empty where that is too small."""
        canvas = self._canvas.viewport()
        scale = min(1.0, canvas.width() / (SHARE * SIZE.width()), canvas.height() / (SHARE * SIZE.height()))
        if scale < LEAST:
            return QSize()
        return QSize(*(GRID * round(scale * side / GRID) for side in (SIZE.width(), SIZE.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setOpacity(FAINT if self.is_faint else 1.0)
        if self.picture.pixmap is None:
            painter.fillRect(self.rect(), theme.color("canvas"))
        else:
            painter.drawPixmap(self.rect(), self.picture.pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.setBrush(theme.color("accent", 0.12))
            painter.drawRoundedRect(self.view_rect, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(theme.color("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self.picture.pixmap is not None:
            frame, at = self.view_rect, event.position()
            self._grip = frame.center() - at if frame.contains(at) else QPointF()
            self._look_at(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self._look_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self._grip = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # or the canvas below would take it

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if turned := event.angleDelta().y():
            self._canvas.zoom_by(ZOOM_STEP ** (turned / 120))

    def _look_at(self, at: QPointF) -> None:
        """Moves what is seen to where the mouse has it."""
        if self._grip is None:
            return
        back, _ = self.picture.to_picture.inverted()
        shift = self._canvas.visible_area.center() - back.map(at + self._grip)
        self._canvas.pan_by((shift * self._canvas.zoom).toPoint())
