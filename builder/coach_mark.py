"""A small bubble that points at a part of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from builder.hint_memory import Hint
from builder.icons import icon
from builder.texts import tr
from builder.theme import GRID, Theme, font

WIDTH = 33 * GRID  # pixels
TIP = GRID  # pixels that the tip stands out
CROSS = 12  # pixels
Covered = Callable[[QRect], int]


class CoachMark(QWidget):
    """A title, a line of text, and a cross; it takes no focus by itself.

    Signals:
        closed(str): the cross was pressed; the id of the hint.
    """

    closed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.hint: Hint | None = None
        self._tip: QPoint | None = None  # where it points, in its own coordinates
        self.title, self.text = QLabel(self), QLabel(self)
        self.title.setFont(font("strong"))
        self.text.setProperty("role", "muted")
        self.text.setWordWrap(True)
        self.close_button = QToolButton(self)
        self.close_button.setIcon(icon("close"))
        self.close_button.setIconSize(QSize(CROSS, CROSS))
        self.close_button.setToolTip(tr("Do not show this again"))
        self.close_button.setAccessibleName(tr("Close the hint"))
        self.close_button.clicked.connect(self._close)
        grid = QGridLayout(self)
        grid.setContentsMargins(2 * GRID, GRID + TIP, GRID, GRID + GRID // 2 + TIP)
        grid.setSpacing(GRID // 2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.close_button, 0, 1)
        grid.addWidget(self.text, 1, 0)
        grid.setColumnStretch(0, 1)
        self.setFixedWidth(WIDTH)
        self.hide()

    def point_at(
        self, hint: Hint, target: QRect, *, covered: Covered | None, spared: QRect | None = None
    ) -> None:
        """Shows a hint.

        Args:
            hint: what it says.
            target: the part of the parent that it is about.
            covered: given where it stands within that part instead of pointing at it: how much it would
                cover at a place of the parent.
            spared: what it does not cover, as far as it still points at its target.
        """
        is_new = self.hint is not hint or self.isHidden()
        self.hint = hint
        self.title.setText(tr(hint.title))
        self.text.setText(tr(hint.text))
        self.setAccessibleName(tr(hint.title))
        self.setAccessibleDescription(tr(hint.text))
        self.setFixedHeight(self.layout().heightForWidth(WIDTH))
        self._place(target, covered=covered, spared=spared)
        self.show()
        self.raise_()
        if is_new:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(1, TIP, -1, -TIP)
        shape = QPainterPath()
        shape.addRoundedRect(body, GRID, GRID)
        if self._tip is not None:
            shape = shape.united(self._tip_path(body))
        painter.setPen(QPen(self._theme.color("accent"), 1.5))
        painter.setBrush(self._theme.color("raised"))
        painter.drawPath(shape)
        painter.end()

    def _tip_path(self, body: QRectF) -> QPainterPath:
        assert self._tip is not None
        is_up = self._tip.y() < self.height() / 2
        base = body.top() + 1 if is_up else body.bottom() - 1
        tip = QPointF(self._tip.x(), 1 if is_up else self.height() - 1)
        path = QPainterPath()
        path.addPolygon(QPolygonF([tip, QPointF(tip.x() - TIP, base), QPointF(tip.x() + TIP, base), tip]))
        return path

    def _place(self, target: QRect, *, covered: Covered | None, spared: QRect | None) -> None:
        """Stands below its target where there is room, as what explains a thing stands above it mostly."""
        room = self.parentWidget().rect().adjusted(GRID, GRID, -GRID, -GRID)
        x = max(room.left(), min(target.center().x() - WIDTH // 2, room.right() - WIDTH))
        if spared is not None:
            x = _beside(spared, x, target.center().x())
        if covered is not None:
            self._tip = None
            self.move(min(self._spots(target, x), key=covered).topLeft())
            return
        is_below = target.bottom() + 1 + self.height() <= room.bottom()
        y = target.bottom() + 1 if is_below else target.top() - self.height()
        across = max(2 * GRID, min(target.center().x() - x, WIDTH - 2 * GRID))
        self._tip = QPoint(across, 0 if is_below else self.height())
        self.move(x, y)

    def _spots(self, target: QRect, x: int) -> list[QRect]:
        """Where it can stand within its target, the best first; the last corner is the minimap's."""
        left, right = target.left() + GRID, target.right() - WIDTH - GRID
        top, bottom = target.top() + GRID, target.bottom() - self.height() - GRID
        corners = ((x, bottom), (left, bottom), (x, top), (left, top), (right, top))
        return [QRect(QPoint(*corner), QSize(WIDTH, self.height())) for corner in corners]

    def _close(self) -> None:
        if self.hint is not None:
            self.closed.emit(self.hint.id)


def _beside(spared: QRect, x: int, tip: int) -> int:
    """The left edge nearest to a wanted one at which something is spared, and the tip is still its own."""
    if x > spared.right() or x + WIDTH < spared.left():
        return x
    if spared.center().x() < tip:
        return min(spared.right() + 1 + GRID, tip - 2 * GRID)
    return max(spared.left() - GRID - WIDTH, tip + 2 * GRID - WIDTH)
