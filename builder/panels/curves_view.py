"""The curves of a run: its charts, which scroll once they would be too low to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.panels.other_runs import RunLegend
from builder.scrolling import scrolling
from builder.texts import tr
from builder.theme import GRID

if TYPE_CHECKING:
    from builder.panels.chart_grid import ChartGrid


class CurvesView(QWidget):
    """Holds the charts, and above them what names the runs where the bar has no room for it."""

    def __init__(self, legend: RunLegend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend = legend
        self._grid: ChartGrid | None = None
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(GRID // 2)
        self._rows.addWidget(legend)
        self.area = scrolling(self._rows, self)
        self.area.setAccessibleName(tr("Curves"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.area)

    def hold_legend(self) -> None:
        """Puts the names of the runs above the charts."""
        self._legend.flow_freely()
        if self._legend.parentWidget() is not self.area.widget():
            self._rows.insertWidget(0, self._legend)

    def hold_charts(self, grid: ChartGrid) -> None:
        """Puts the charts in."""
        self._grid = grid
        self._rows.addWidget(grid, 1)

    @property
    def follows(self) -> bool:
        """Whether all steps are shown as they come."""
        return self._grid is None or self._grid.follows

    def picture(self) -> QPixmap:
        """All charts, those out of sight too."""
        return self.grab() if self._grid is None else self._grid.picture()


def below_names(picture: QPixmap, legend: RunLegend, run: str, *, with_others: bool) -> QPixmap:
    """A picture of a run below its name.

    Args:
        picture: of one of the views.
        legend: names the other runs.
        run: what the run that is shown is called; empty for no name.
        with_others: whether the other runs are in the picture.
    """
    width = round(picture.deviceIndependentSize().width())
    names = legend.picture(width, run, with_others=with_others)
    return picture if names is None else _stacked([names, picture])


def _stacked(parts: list[QPixmap]) -> QPixmap:
    """Pictures of one width below each other."""
    ratio = parts[0].devicePixelRatio()
    picture = QPixmap(parts[0].width(), sum(part.height() for part in parts))
    picture.setDevicePixelRatio(ratio)
    painter, top = QPainter(picture), 0.0
    for part in parts:
        painter.drawPixmap(QPointF(0, top), part)
        top += part.height() / ratio
    painter.end()
    return picture
