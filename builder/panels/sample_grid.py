"""Samples side by side, each with its target below: pictures, or curves of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from builder.texts import tr
from builder.theme import GRID, Theme, font

if TYPE_CHECKING:
    import numpy.typing as npt

PICTURE = QSize(72, 72)  # pixels
CURVES = QSize(160, 72)
COLORS = ("plot_train", "plot_val", "plot_lr", "plot_grad")  # of channels, again from the first


class SampleGrid(QWidget):
    """Fills the width with samples, row by row.

    Args:
        can_choose: whether one of them can be chosen, by mouse and keys.

    Signals:
        chosen(int): another sample is the chosen one, the first being 0.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, can_choose: bool = False) -> None:
        super().__init__(parent)
        self.current: int | None = None
        self._can_choose = can_choose
        if can_choose:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._images: list[QImage] = []
        self._lines: Sequence[npt.NDArray[Any]] = ()
        self._targets: Sequence[str] = ()
        self.setAccessibleName(tr("Samples"))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def show_pictures(self, pictures: Sequence[npt.NDArray[Any]], targets: Sequence[str]) -> None:
        """Shows images; each is 8-bit (H, W, 3)."""
        self._images, self._lines, self._targets = [_image(each) for each in pictures], (), targets
        self._refit()

    def show_lines(self, lines: Sequence[npt.NDArray[Any]], targets: Sequence[str]) -> None:
        """Shows sequences; each is (channels, length)."""
        self._images, self._lines, self._targets = [], lines, targets
        self._refit()

    def choose(self, index: int) -> None:
        """Makes a sample the chosen one."""
        if self._can_choose and 0 <= index < len(self._targets) and index != self.current:
            self.current = index
            self._describe()
            self.update()
            self.chosen.emit(index)

    def _describe(self) -> None:
        told = self._targets if self.current is None else [self._targets[self.current]]
        self.setAccessibleDescription(", ".join(told))

    def _refit(self) -> None:
        self.current = None
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self._describe()
        self.update()

    @property
    def _cell(self) -> QSize:
        return (CURVES if len(self._lines) else PICTURE) + QSize(GRID, self._line + GRID)

    @property
    def _line(self) -> int:
        return QFontMetrics(font("caption")).height()

    def _columns(self, width: int) -> int:
        return max((width - GRID) // self._cell.width(), 1)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-len(self._targets) // self._columns(width)) * self._cell.height() + GRID

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(event.size().width()))

    def rect_of(self, index: int) -> QRect:
        """Where a sample's picture is."""
        row, column = divmod(index, self._columns(self.width()))
        cell = self._cell
        size = CURVES if len(self._lines) else PICTURE
        return QRect(GRID + column * cell.width(), GRID + row * cell.height(), size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("caption"))
        metrics = painter.fontMetrics()
        for index, target in enumerate(self._targets):
            rect = self.rect_of(index)
            if not rect.adjusted(0, 0, 0, self._line).intersects(event.rect()):
                continue
            if self._images:
                self._paint_image(painter, rect, self._images[index])
            else:
                self._paint_lines(painter, QRectF(rect), self._lines[index])
            if index == self.current:
                self._paint_frame(painter, rect)
            painter.setPen(self._theme.color(self._theme.text_muted))
            below = QRect(rect.left(), rect.bottom() + 3, rect.width(), self._line)
            name = metrics.elidedText(target, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _paint_frame(self, painter: QPainter, rect: QRect) -> None:
        painter.setPen(QPen(self._theme.color(self._theme.accent), 2))
        painter.drawRect(rect.adjusted(-2, -2, 1, 1))

    def _paint_image(self, painter: QPainter, rect: QRect, image: QImage) -> None:
        is_small = image.width() < rect.width() and image.height() < rect.height()
        mode = (
            Qt.TransformationMode.FastTransformation
            if is_small
            else Qt.TransformationMode.SmoothTransformation
        )
        ratio = self.devicePixelRatioF()
        scaled = image.scaled(rect.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, mode)
        scaled.setDevicePixelRatio(ratio)
        size = scaled.deviceIndependentSize()
        painter.drawImage(
            QRectF(rect.center().x() - size.width() / 2 + 0.5, rect.top(), size.width(), size.height()),
            scaled,
        )

    def _paint_lines(self, painter: QPainter, rect: QRectF, channels: npt.NDArray[Any]) -> None:
        painter.fillRect(rect, self._theme.color(self._theme.surface))
        low, high = float(channels.min()), float(channels.max())
        across, up = rect.width() / max(channels.shape[1] - 1, 1), rect.height() / ((high - low) or 1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, values in enumerate(channels.tolist()):
            color = getattr(self._theme, COLORS[number % len(COLORS)])
            painter.setPen(QPen(self._theme.color(color), 1.2))
            points = [
                QPointF(rect.left() + step * across, rect.bottom() - (value - low) * up)
                for step, value in enumerate(values)
            ]
            painter.drawPolyline(QPolygonF(points))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            hit = self._at(event.pos())
            QToolTip.showText(event.globalPos(), self._targets[hit] if hit is not None else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit = self._at(event.position().toPoint())
        if hit is not None:
            self.choose(hit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._columns(self.width())
        step = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if step is None or self.current is None:
            super().keyPressEvent(event)
        else:
            self.choose(self.current + step)

    def _at(self, position: QPoint) -> int | None:
        return next((i for i in range(len(self._targets)) if self.rect_of(i).contains(position)), None)


def _image(pixels: npt.NDArray[Any]) -> QImage:
    height, width, _ = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
