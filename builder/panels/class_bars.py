"""How many samples each class has, as bars: what is rare shows at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from builder.texts import tr
from builder.theme import GRID, Theme, font

_ROW = 22  # pixels
_NAME_SHARE = 0.3  # of the width
_NUMBER = 64  # pixels


class ClassBars(QWidget):
    """A row for each class: its name, a bar, and the number of its samples."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: Sequence[str] = ()
        self._counts: Sequence[int] = ()
        self.setAccessibleName(tr("Samples of each class"))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def show_counts(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Shows the samples of each class."""
        self._names, self._counts = names, counts
        self.setMinimumHeight(len(counts) * _ROW + GRID)
        rows = (f"{name}: {count:,}" for name, count in zip(names, counts, strict=True))
        self.setAccessibleDescription(", ".join(rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("caption"))
        metrics, most = painter.fontMetrics(), max(self._counts, default=0) or 1
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = GRID + min(widest, round(_NAME_SHARE * self.width())) + GRID
        room = max(self.width() - left - _NUMBER - GRID, 1)
        for row, (name, count) in enumerate(zip(self._names, self._counts, strict=True)):
            top = GRID // 2 + row * _ROW
            if not QRect(0, top, self.width(), _ROW).intersects(event.rect()):
                continue
            painter.setPen(self._theme.color(self._theme.text))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 2 * GRID)
            area = QRect(GRID, top, left - 2 * GRID, _ROW)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
            width = max(round(room * count / most), 1 if count else 0)
            bar = QRect(left, top + 4, width, _ROW - 8)
            painter.fillRect(bar, self._theme.color(self._theme.plot_train))
            painter.setPen(self._theme.color(self._theme.text_muted))
            painter.drawText(
                QRect(left + width + GRID, top, _NUMBER, _ROW), Qt.AlignmentFlag.AlignVCenter, f"{count:,}"
            )
        painter.end()
