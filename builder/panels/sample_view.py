"""Samples to look at, whatever they are: pictures and curves side by side, rows and texts in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QTableView, QWidget

from builder.panels.figure_table import as_figures
from builder.panels.figures import number
from builder.panels.sample_grid import SampleGrid
from builder.panels.text_table import TextTable
from builder.texts import tr
from builder.theme import Theme

if TYPE_CHECKING:
    from builder.panels.shown_samples import ShownSamples


class SampleView(QStackedWidget):
    """Shows samples with their captions.

    Args:
        can_choose: whether one of them can be chosen.

    Signals:
        chosen(int): another sample is the chosen one.

    Attributes:
        grid: shows pictures and curves.
        rows: shows the rest.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, can_choose: bool = False) -> None:
        super().__init__(parent)
        self.grid, self.rows = SampleGrid(theme, can_choose=can_choose), TextTable(self)
        self.table = text_view(self.rows, tr("Samples"))
        self._scroll = scrolled(self.grid)
        self.addWidget(self._scroll)
        self.addWidget(self.table)
        if can_choose:
            self.grid.chosen.connect(self._tell)
            self.table.selectionModel().currentRowChanged.connect(lambda row: self.chosen.emit(row.row()))

    def show_samples(self, samples: ShownSamples, caption: str) -> None:
        """Shows some samples.

        Args:
            samples: what they are.
            caption: what their captions are, as the title of a column.
        """
        if samples.pictures:
            self.grid.show_pictures(samples.pictures, samples.captions)
        elif samples.lines:
            self.grid.show_lines(samples.lines, samples.captions)
        elif samples.texts:
            self.rows.show([tr("Text"), caption], list(zip(samples.texts, samples.captions, strict=True)))
        else:
            pairs = zip(samples.captions, samples.rows, strict=True)
            self.rows.show([caption, *samples.titles], [(said, *map(number, row)) for said, row in pairs])
        self.setCurrentIndex(0 if samples.pictures or samples.lines else 1)

    def choose(self, index: int) -> None:
        """Makes a sample the chosen one."""
        if self.currentIndex() == 0:
            self.grid.choose(index)
        else:
            self.table.setCurrentIndex(self.rows.index(index, 0))

    def take_focus(self) -> None:
        """Lets keys choose samples."""
        (self.table if self.currentIndex() else self.grid).setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _tell(self, index: int) -> None:
        rect = self.grid.rect_of(index)
        self._scroll.ensureVisible(rect.center().x(), rect.center().y(), rect.width(), rect.height())
        self.chosen.emit(index)


def scrolled(content: QWidget) -> QScrollArea:
    """A widget with as much of its height in view as there is room for."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(content)
    return scroll


def text_view(model: TextTable, name: str) -> QTableView:
    """A table of texts."""
    table = QTableView(accessibleName=name)
    table.setModel(model)
    as_figures(table)
    return table
