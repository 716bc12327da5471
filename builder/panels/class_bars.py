"""A number for each class as bars: how many samples it has, or how likely it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from builder.overlays import percent
from builder.texts import tr
from builder.theme import GRID, Theme, font

_ROW = 22  # pixels
_NAME_SHARE = 0.3  # of the width
_NUMBER = 64  # pixels


class ClassBars(QWidget):
    """A row for each class: its name, a bar, and the number."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: Sequence[str] = ()
        self._values: Sequence[float] = ()
        self._texts: Sequence[str] = ()
        self._most = 1.0
        self.setAccessibleName(tr("Samples of each class"))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def show_counts(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Shows the samples of each class."""
        self._show(names, counts, [f"{count:,}" for count in counts], max(counts, default=0))

    def show_shares(self, names: Sequence[str], shares: Sequence[float]) -> None:
        """Shows how likely each class is."""
        self._show(names, shares, [percent(share) for share in shares], 1.0)

    def _show(self, names: Sequence[str], values: Sequence[float], texts: Sequence[str], most: float) -> None:
        self._names, self._values, self._texts, self._most = names, values, texts, most or 1.0
        self.setMinimumHeight(len(values) * _ROW + GRID)
        rows = (f"{name}: {text}" for name, text in zip(names, texts, strict=True))
        self.setAccessibleDescription(", ".join(rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font("caption"))
        metrics = painter.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = GRID + min(widest, round(_NAME_SHARE * self.width())) + GRID
        room = max(self.width() - left - _NUMBER - GRID, 1)
        for row, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            top = GRID // 2 + row * _ROW
            if not QRect(0, top, self.width(), _ROW).intersects(event.rect()):
                continue
            painter.setPen(self._theme.color(self._theme.text))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 2 * GRID)
            area = QRect(GRID, top, left - 2 * GRID, _ROW)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
            width = max(round(room * value / self._most), 1 if value else 0)
            bar = QRect(left, top + 4, width, _ROW - 8)
            painter.fillRect(bar, self._theme.color(self._theme.plot_train))
            painter.setPen(self._theme.color(self._theme.text_muted))
            painter.drawText(
                QRect(left + width + GRID, top, _NUMBER, _ROW),
                Qt.AlignmentFlag.AlignVCenter,
                self._texts[row],
            )
        painter.end()
