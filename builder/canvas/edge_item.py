"""An edge as a curve: thicker for larger tensors, with the shape that flows through it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QStaticText
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from builder.canvas.captions import dims_text, edge_width
from builder.canvas.face import static_text
from builder.canvas.ports import CARD_WIDTH, ROW_HEIGHT
from builder.canvas.routes import IsBlocked, middle, route
from builder.canvas.style import DETAIL_SCALE, CanvasStyle
from graph.document import Edge
from graph.shapes import TensorSpec

GRAB = 12.0  # width within which the mouse is on the edge
PADDING = 4.0


class EdgeItem(QGraphicsItem):
    """Shows one edge. The scene tells it where it runs and what flows through it."""

    def __init__(self, edge: Edge, style: CanvasStyle) -> None:
        super().__init__()
        self.edge = edge
        self._style = style
        self._tensor: TensorSpec | None = None
        self._width = edge_width(None)
        self._path = QPainterPath()
        self._bounds = QRectF()
        self._grab: QPainterPath | None = None
        self._label: QStaticText | None = None
        self._label_box: QRectF | None = None
        self._is_label_on_curve = False
        self.start, self.end = QPointF(), QPointF()
        self.is_selected = self.is_hovered = self.is_wrong = False
        self.setZValue(-1)

    @property
    def path(self) -> QPainterPath:
        """The curve, in scene coordinates."""
        return self._path

    @property
    def tensor(self) -> TensorSpec | None:
        """What flows through it; None while unknown."""
        return self._tensor

    @property
    def state(self) -> str:
        """How it is drawn: `selected`, `hover`, `error` or `normal`."""
        if self.is_selected:
            return "selected"
        return "error" if self.is_wrong else "hover" if self.is_hovered else "normal"

    def place(self, start: QPointF, end: QPointF, is_blocked: IsBlocked | None) -> None:
        """Runs it between two ports."""
        self.prepareGeometryChange()
        self.start, self.end = start, end
        self._path = route(start, end, is_blocked)
        self._grab, self._label_box = None, None
        self._bounds = self._path.controlPointRect().adjusted(-48, -24, 48, 36)

    def set_tensor(self, tensor: TensorSpec | None) -> None:
        """Shows what flows through it."""
        if tensor != self._tensor:
            self._tensor = tensor
            self._width, self._label = edge_width(tensor), None
            self.update()

    def set_wrong(self, is_wrong: bool) -> None:
        """Shows whether its target cannot take what flows through it."""
        if is_wrong != self.is_wrong:
            self.is_wrong = is_wrong
            self.update()

    def set_style(self, style: CanvasStyle) -> None:
        """Shows itself in another theme."""
        self._style, self._label = style, None
        self.update()

    def set_flags(self, **flags: bool) -> None:
        """Sets `is_selected` or `is_hovered`."""
        for name, value in flags.items():
            setattr(self, name, value)
        self.setZValue(-0.5 if self.is_selected or self.is_hovered else -1)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        if self._grab is None:
            stroker = QPainterPathStroker()
            stroker.setWidth(GRAB)
            self._grab = stroker.createStroke(self._path)
        return self._grab

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        scale = painter.worldTransform().m11()
        width = self._width if scale >= DETAIL_SCALE else max(self._width, 1.2 / scale)
        painter.setPen(self._style.edge_pen(self.state, round(width, 1)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        if scale >= DETAIL_SCALE:
            self._paint_label(painter)

    def _paint_label(self, painter: QPainter) -> None:
        style = self._style
        if self._label is None:
            self._label = static_text(dims_text(self._tensor), style.fonts["label"])
            self._label_box = None
        if self._label_box is None:
            self._label_box = self._placed_label(self._label)
        if self._is_label_on_curve:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.label_back)
            painter.drawRoundedRect(self._label_box, PADDING, PADDING)
        painter.setPen(style.error_text if self.is_wrong else style.muted)
        painter.setFont(style.fonts["label"])
        painter.drawStaticText(self._label_box.topLeft() + QPointF(PADDING, 0), self._label)

    def _placed_label(self, label: QStaticText) -> QRectF:
        """Above a level edge, upon a curved one; below the cards where the gap between them is too narrow."""
        width = label.size().width() + 2 * PADDING
        height = QFontMetricsF(self._style.fonts["label"]).height()
        centre, gap = middle(self._path), self.end.x() - self.start.x()
        is_level = abs(self.end.y() - self.start.y()) < 2 and abs(centre.y() - self.start.y()) < 2
        top = centre.y() - height / 2
        if 0 < gap < CARD_WIDTH and width - 2 * PADDING > gap:
            top = max(self.start.y(), self.end.y()) + ROW_HEIGHT / 2 + 2
        elif is_level:
            top = centre.y() - height - 4
        self._is_label_on_curve = top < centre.y() < top + height
        return QRectF(centre.x() - width / 2, top, width, height)
