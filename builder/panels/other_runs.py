"""Earlier runs whose curves are drawn over those of the run that is shown: which, in which colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from builder.icons import icon
from builder.panels.chart_specs import CurveSpec
from builder.panels.elided import ElidedLabel
from builder.panels.flow import FlowLayout
from builder.texts import tr
from builder.theme import GRID, Theme, font

if TYPE_CHECKING:
    from builder.panels.history import History

RUN_COLORS = ("plot_run1", "plot_run2", "plot_run3", "plot_run4")  # taken in turn
_NAME_WIDTH = 200  # pixels at most
_ANY_WIDTH = 16_777_215  # pixels; what Qt has for no limit
_RAW = "plot_train_raw"  # the colour of what is drawn smoothed too


@dataclass(frozen=True)
class OtherRun:
    """A run that is drawn over another.

    Args:
        folder: of the run.
        name: what it is called.
        color: token of the theme.
        history: its curves, which may still grow.
    """

    folder: Path
    name: str
    color: str
    history: History

    def curves(self, specs: Sequence[CurveSpec]) -> list[CurveSpec]:
        """How its curves are drawn in a chart; what is drawn smoothed too is left out."""
        return [replace(spec, color=self.color) for spec in specs if spec.color != _RAW]


def next_color(others: Iterable[OtherRun]) -> str:
    """The colour that the fewest of some runs have."""
    taken = [each.color for each in others]
    return min(RUN_COLORS, key=taken.count)


class RunLegend(QWidget):
    """Names the runs that are drawn over the one that is shown; each can be taken away.

    Signals:
        removed(Path): a run is not to be drawn any more.
    """

    removed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._others = theme, tuple[OtherRun, ...]()
        self._chips: list[QWidget] = []
        self._flow = FlowLayout(self)
        self.hide()

    @property
    def has_runs(self) -> bool:
        """Whether there is any run to name."""
        return bool(self._others)

    def row_width(self) -> int:
        """How many pixels all names take beside each other."""
        widths = [chip.sizeHint().width() for chip in self._chips]
        return sum(widths) + max(len(widths) - 1, 0) * self._flow.spacing()

    def stay_in_a_row(self) -> None:
        """Keeps all names beside each other."""
        self.setFixedWidth(self.row_width())

    def flow_freely(self) -> None:
        """Puts the names into as many rows as it takes."""
        self.setMinimumWidth(0)
        self.setMaximumWidth(_ANY_WIDTH)

    def picture(self, width: int, run: str, *, with_others: bool) -> QPixmap | None:
        """The names alone, for a picture of the run that is so many pixels wide; None for no name.

        Args:
            width: in pixels.
            run: what the run that is shown is called.
            with_others: whether those are named that are drawn over it.
        """
        others = self._others if with_others else ()
        names = [f"<b>{escape(run)}</b>"] if run else []
        names += (f"{dot(self._theme, other.color)} {escape(other.name)}" for other in others)
        if not names:
            return None
        label = QLabel("&nbsp; ".join(names), wordWrap=True)
        label.setFont(font("caption"))
        label.setMargin(GRID // 2)
        label.setFixedSize(width, label.heightForWidth(width))
        return label.grab()

    def show_runs(self, others: Sequence[OtherRun]) -> None:
        """Names these runs."""
        self._others = tuple(others)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(other) for other in others]
        for chip in self._chips:
            self._flow.addWidget(chip)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.show_runs(self._others)

    def _chip(self, other: OtherRun) -> QWidget:
        chip = QWidget(self)
        mark = QLabel(dot(self._theme, other.color), chip)
        label = ElidedLabel(other.name, chip)
        for each in (mark, label):
            each.setFont(font("caption"))
        label.setMaximumWidth(_NAME_WIDTH)
        button = QToolButton(chip)
        button.setIcon(icon("close"))
        button.setAutoRaise(True)
        button.setProperty("role", "inline")
        text = tr("Takes the curves of run {name} away", name=other.name)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(lambda: self.removed.emit(other.folder))
        row = QHBoxLayout(chip)
        row.setContentsMargins(0, 0, GRID, 0)
        row.setSpacing(GRID // 2)
        for each in (mark, label, button):
            row.addWidget(each)
        return chip


def dot(theme: Theme, color: str) -> str:
    """A dot in a colour of the theme, as HTML."""
    return f'<span style="color:{getattr(theme, color)}">●</span>'
