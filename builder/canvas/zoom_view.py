"""A view onto a wide plane: pans, zooms at the cursor, and lays a quiet grid behind everything."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QInputDevice,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QRegion,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from builder.canvas.stand_in import StandIn, parts_of
from builder.canvas.style import CanvasStyle

MIN_SCALE, MAX_SCALE = 0.04, 3.0  # a graph too large to be seen at the first is shown smaller still
FIT_MAX_SCALE = 1.0
FIT_MARGIN = 40  # pixels around what is fitted
ZOOM_STEP = 1.2
PLANE = QRectF(-1e5, -1e5, 2e5, 2e5)  # canvas units that can always be reached
HALO = 6.0  # pixels that what is emphasised stands out at any zoom
DOTS = 32  # canvas units between grid dots, four steps of the grid; wider far out
MIN_DOT_GAP = 24.0  # pixels on screen
DOTS_MORE = 16  # of a row or column are made at once: to draw dots in vain costs less than to make others


class ZoomView(QGraphicsView):
    """Shows a scene without scroll bars.

    Signals:
        looked_elsewhere(): another part of the plane is seen now, or another size.

    Attributes:
        corner: what lies upon the lower right corner of the viewport, flush with it.
    """

    looked_elsewhere = Signal()

    def __init__(self, scene: QGraphicsScene, style: CanvasStyle, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.corner: QWidget | None = None
        self.look = style
        self._dots = QPolygonF()
        self._dots_key = 0, 0, 0.0  # columns, rows, and how far they are apart
        self._pan_from: QPoint | None = None
        self._least = MIN_SCALE  # the scale at which all was seen last
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # a plane is panned alike in every language
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setSceneRect(PLANE)
        self._parts: list[QRect] = []
        self._last_seen: tuple[QTransform, QSize] | None = None
        self._stand_in = StandIn(self._draw_part, self._is_heavy, self)
        self._stand_in.ready.connect(self.viewport().update)

    def paint_content(self, painter: QPainter, area: QRectF, scale: float) -> None:
        """Draws what lies on the plane; for a subclass to fill.

        Args:
            painter: set up for scene coordinates.
            area: what is to be drawn, in scene coordinates.
            scale: pixels for one canvas unit.
        """

    def is_heavy(self, area: QRectF) -> bool:
        """Whether an area takes so long to draw that a zoom needs a picture to stand in; for a subclass."""
        return False

    @Slot(object)
    def content_changed(self, areas: Sequence[QRectF] | None = None) -> None:
        """Has areas repainted where something looks different now, or everything without any given."""
        halo = HALO / self.zoom
        grown = [area.adjusted(-halo, -halo, halo, halo) for area in areas or ()]
        self._stand_in.note_change(grown if areas is not None else None)
        if areas is None:
            self.viewport().update()
        for area in grown:
            self.viewport().update(self.viewportTransform().mapRect(area).toAlignedRect())

    @property
    def zoom(self) -> float:
        """Pixels on screen for one canvas unit."""
        return self.transform().m11()

    @property
    def visible_area(self) -> QRectF:
        """What is seen, in scene coordinates."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def picture(self) -> QPixmap:
        """What is seen of the plane, without what lies upon it; a grab would lay the window out anew."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        with QPainter(picture) as painter:
            self._draw_part(painter, self.viewport().rect(), self.viewportTransform())
        return picture

    def pan_by(self, delta: QPoint) -> None:
        """Moves the content by pixels."""
        bars = self.horizontalScrollBar(), self.verticalScrollBar()
        before = [bar.value() for bar in bars]
        with QSignalBlocker(bars[0]), QSignalBlocker(bars[1]):  # else what is seen would be shifted twice
            for bar, by in zip(bars, (delta.x(), delta.y()), strict=True):
                bar.setValue(bar.value() - by)
        dx, dy = (old - bar.value() for old, bar in zip(before, bars, strict=True))
        if dx or dy:
            self.scrollContentsBy(dx, dy)

    @property
    def is_panned(self) -> bool:
        """Whether the mouse holds the plane."""
        return self._pan_from is not None

    def begin_pan(self, at: QPoint) -> None:
        """The mouse takes the plane at a position of the viewport."""
        self._pan_from = at
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def pan_to(self, at: QPoint) -> None:
        """Moves what the mouse holds to another position of the viewport."""
        if self._pan_from is not None:
            self.pan_by(at - self._pan_from)
            self._pan_from = at

    def end_pan(self) -> None:
        """The mouse lets go of the plane."""
        self._pan_from = None

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zooms; what lies at a position of the viewport, its centre if None, stays there."""
        at = at if at is not None else self.viewport().rect().center()
        wanted = min(max(self.zoom * factor, min(MIN_SCALE, self._least)), MAX_SCALE)
        fixed = self.mapToScene(at)
        self._stand_in.begin_zoom()
        self.setTransform(QTransform.fromScale(wanted, wanted))
        self.pan_by(at - self.mapFromScene(fixed))

    def zoom_in(self) -> None:
        self.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        self.zoom_by(1 / ZOOM_STEP)

    def zoom_reset(self) -> None:
        self.zoom_by(1 / self.zoom)

    def fit_area(self, area: QRectF) -> None:
        """Shows all of an area, at most at actual size, in the middle; nothing, at actual size."""
        if area.isEmpty():
            self.zoom_reset()
            return
        self.setSceneRect(PLANE.united(area.adjusted(-5000, -5000, 5000, 5000)))
        width = max(self.viewport().width() - 2 * FIT_MARGIN, 1)
        height = max(self.viewport().height() - 2 * FIT_MARGIN, 1)
        self._least = scale = min(width / area.width(), height / area.height(), FIT_MAX_SCALE)
        self.setTransform(QTransform.fromScale(scale, scale))
        self.centerOn(area.center())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms at the cursor, two fingers pan; Ctrl always zooms, Shift pans sideways."""
        held, angle = event.modifiers(), event.angleDelta()
        is_touch = (
            event.device().type() == QInputDevice.DeviceType.TouchPad or not event.pixelDelta().isNull()
        )
        if held & Qt.KeyboardModifier.ShiftModifier and not is_touch:
            self.pan_by(QPoint(angle.y() or angle.x(), 0))
        elif is_touch and not held & Qt.KeyboardModifier.ControlModifier:
            self.pan_by(event.pixelDelta() if not event.pixelDelta().isNull() else angle)
        elif angle.y():
            self.zoom_by(ZOOM_STEP ** (angle.y() / 120), event.position().toPoint())
        event.accept()

    def event(self, event: QEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            at = self.viewport().mapFromGlobal(event.globalPosition()).toPoint()
            self.zoom_by(1 + event.value(), at)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._stand_in.look_at(self.viewportTransform(), self.viewport().size(), self.devicePixelRatioF())
        self._parts = parts_of(event.region())
        super().paintEvent(event)
        seen = QTransform(self.viewportTransform()), self.viewport().size()
        if seen != self._last_seen:
            self._last_seen = seen
            self.looked_elsewhere.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Shifts what is there, in two parts beside what lies near the corner, and draws what is around that.

        Qt repaints all of a widget that is scrolled while another lies upon it.
        """
        if self.corner is None or self.corner.isHidden():
            super().scrollContentsBy(dx, dy)
            return
        mode = self.viewportUpdateMode()
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        super().scrollContentsBy(dx, dy)
        self.setViewportUpdateMode(mode)
        width, height = self.viewport().width(), self.viewport().height()
        covered = self.corner.geometry().translated(-self.viewport().pos())
        left, top = covered.left(), covered.top()
        for part in (QRect(0, 0, width, top), QRect(0, top, left, height - top)):
            self.viewport().scroll(dx, dy, part)
        self.viewport().update(QRegion(left, top, width - left, height - top).subtracted(QRegion(covered)))

    def drawBackground(self, painter: QPainter, area: QRectF) -> None:
        """Draws everything, part by part: Qt tells only the rectangle around them all."""
        for part in self._parts:
            painter.save()
            painter.setClipRect(self.mapToScene(part).boundingRect())
            self._draw(painter, part)
            painter.restore()

    def _draw(self, painter: QPainter, part: QRect) -> None:
        area = self.mapToScene(part).boundingRect()
        painter.fillRect(area, self.look.canvas)
        if not self._stand_in.paint(painter):
            self._paint_plane(painter, area, self.zoom)

    def _draw_part(self, painter: QPainter, part: QRect, view: QTransform) -> None:
        """Draws a part of the viewport onto another device, as it is seen with a transform."""
        area = view.inverted()[0].mapRect(QRectF(part))
        painter.setTransform(view)
        painter.setClipRect(area)
        painter.fillRect(area, self.look.canvas)
        painter.setRenderHints(self.renderHints())
        self._paint_plane(painter, area, view.m11())

    def _is_heavy(self) -> bool:
        return self.is_heavy(self.visible_area)

    def _paint_plane(self, painter: QPainter, area: QRectF, scale: float) -> None:
        self._paint_grid(painter, area, scale)
        self.paint_content(painter, area, scale)

    def _paint_grid(self, painter: QPainter, area: QRectF, scale: float) -> None:
        step = float(DOTS)
        while step * scale < MIN_DOT_GAP:
            step *= 4
        columns, rows = int(area.width() / step) + 2, int(area.height() / step) + 2
        known_columns, known_rows, known_step = self._dots_key
        if step != known_step:
            known_columns = known_rows = 0
        if columns > known_columns or rows > known_rows:
            columns, rows = (
                ceil(max(both) / DOTS_MORE) * DOTS_MORE
                for both in ((columns, known_columns), (rows, known_rows))
            )
            self._dots_key = columns, rows, step
            self._dots = QPolygonF([QPointF(x * step, y * step) for x in range(columns) for y in range(rows)])
        corner = QPointF(floor(area.left() / step) * step, floor(area.top() / step) * step)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # square dots, at a tenth of the cost
        painter.setPen(self.look.grid)
        pixel = 1 / painter.deviceTransform().m11()
        painter.translate(corner - QPointF(pixel, pixel) / 2)
        for dx, dy in ((pixel, 0.0), (0.0, pixel), (-pixel, 0.0), (0.0, -pixel)):  # around each dot's centre
            painter.drawPoints(self._dots)  # of one pixel: of two they would cost seven times as much
            painter.translate(dx, dy)
        painter.translate(QPointF(pixel, pixel) / 2 - corner)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
