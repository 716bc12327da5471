"""A figure as it will be, made small."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from builder.figure.drawing import Figure
from builder.texts import tr, tr_count
from builder.theme import GRID, Theme

CHECKS = 8  # pixels of a square that shows through where there is nothing


class FigurePreview(QWidget):
    """Shows a figure on a sheet, as large as there is room; drawn once, not at every repaint."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._figure: Figure | None = None
        self._picture: QPixmap | None = None
        self.setAccessibleName(tr("Preview of the figure"))
        self.setMinimumSize(320, 240)

    def sizeHint(self) -> QSize:
        return QSize(520, 400)

    def show_figure(self, figure: Figure) -> None:
        """Shows this figure from now on, which must live as long."""
        self._figure, self._picture = figure, None
        self.setAccessibleDescription(tr_count("{count} layer", "{count} layers", len(figure.node_ids)))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._theme.color("canvas"))
        if self._figure is None or self._figure.is_empty:
            painter.setPen(self._theme.color("text_muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("There are no layers to draw."))
            return
        sheet = self._sheet(self._figure)
        if self._picture is None:
            self._picture = self._drawn(self._figure, sheet.size().toSize())
        painter.drawPixmap(sheet.topLeft(), self._picture)
        painter.setPen(self._theme.color("border_strong"))
        painter.drawRect(sheet.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _sheet(self, figure: Figure) -> QRectF:
        room, bounds = QRectF(self.rect()).adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID), figure.bounds
        factor = min(room.width() / bounds.width(), room.height() / bounds.height(), 1.0)
        sheet = QRectF(0, 0, max(bounds.width() * factor, 1.0), max(bounds.height() * factor, 1.0))
        sheet.moveCenter(room.center())
        return QRectF(QPointF(sheet.topLeft().toPoint()), sheet.size().toSize().expandedTo(QSize(1, 1)))

    def _drawn(self, figure: Figure, size: QSize) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(figure.background)
        painter = QPainter(picture)
        if figure.options.is_transparent:
            _paint_checks(painter, size)
        factor = size.width() / figure.bounds.width()
        painter.scale(factor, factor)
        painter.translate(-figure.bounds.topLeft())
        figure.paint(painter, has_background=False)
        painter.end()
        return picture


def _paint_checks(painter: QPainter, size: QSize) -> None:
    """The pattern by which programs show that there is nothing."""
    light, dark = QColor("#ffffff"), QColor("#dcdfe5")
    for y in range(0, size.height(), CHECKS):
        for x in range(0, size.width(), CHECKS):
            is_dark = (x + y) // CHECKS % 2
            painter.fillRect(x, y, CHECKS, CHECKS, dark if is_dark else light)
