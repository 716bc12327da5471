"""The learning rate of a plan over the whole run, drawn before it starts."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.figures import number
from builder.panels.line_plot import Line, LinePlot, Picture
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme, font
from runtime.plan import LrCurve

STEPS_PER_EPOCH = 100  # how many there will be is known when the data is read; the curve looks the same
_HEIGHT = 96  # pixels
_ROOM = 1.08  # the axis goes so much higher than the curve


class LrPreview(QWidget):
    """The curve, and below it what it cannot show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = LinePlot(parent=self)
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.setAccessibleName(tr("Learning rate over the epochs"))
        self.title = QLabel(tr("Learning rate over the epochs"), self)
        self.note = QLabel(self, wordWrap=True)
        for label in (self.title, self.note):
            label.setFont(font("caption"))
            label.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID // 2, 0, 0)
        column.setSpacing(0)
        for widget in (self.title, self.plot, self.note):
            column.addWidget(widget)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.plot.set_theme(theme)

    def show_curve(self, curve: LrCurve, epochs: int) -> None:
        """Shows the curve of a plan."""
        self._draw(curve, epochs)
        self.note.setText(tr_made(curve.note))
        self.note.setVisible(bool(curve.note))

    def _draw(self, curve: LrCurve, epochs: int) -> None:
        points = [(step / STEPS_PER_EPOCH, lr) for step, lr in curve.points]
        top = max(lr for _, lr in points)
        self.plot.show_picture(
            Picture([Line(points, "plot_lr")], (0, max(epochs, 1)), (0, _ROOM * top or 1.0))
        )
        first, last = points[0][1], points[-1][1]
        text = tr(
            "Starts at {first}, reaches {top}, ends at {last}.",
            first=number(first), top=number(top), last=number(last),
        )  # fmt: skip
        self.plot.setToolTip(text)
        self.plot.setAccessibleDescription(text)
