"""The learning rate of a plan over the whole run, drawn before it starts."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.axes import AxesStyle, draw_axes, step_ticks, value_ticks
from builder.panels.figures import number
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme, font, light
from runtime.plan import LrCurve, TrainingPlan, lr_curve

STEPS_PER_EPOCH = 100  # how many there will be is known when the data is read; the curve looks the same
_HEIGHT = 96  # pixels
_ROOM = 1.08  # the axis goes so much higher than the curve


class LrPreview(QWidget):
    """The curve, and below it what it cannot show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = _Plot(self)
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
        self.plot.theme = theme
        self.plot.update()

    def show_plan(self, plan: TrainingPlan | None) -> None:
        """Shows a plan's curve; hides for None, a plan that cannot be read."""
        self.setVisible(plan is not None)
        if plan is None:
            return
        curve = lr_curve(plan, STEPS_PER_EPOCH)
        self.plot.show_curve(curve, plan.epochs)
        self.note.setText(tr_made(curve.note))
        self.note.setVisible(bool(curve.note))


class _Plot(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = light()
        self._points: list[tuple[float, float]] = []  # (epochs, learning rate)
        self._epochs = 1.0
        self.setFixedHeight(_HEIGHT)

    def show_curve(self, curve: LrCurve, epochs: int) -> None:
        points = [(step / STEPS_PER_EPOCH, lr) for step, lr in curve.points]
        if (points, epochs) == (self._points, self._epochs):
            return
        self._points, self._epochs = points, max(epochs, 1)
        first, top, last = points[0][1], max(lr for _, lr in points), points[-1][1]
        self.setToolTip(
            tr(
                "Starts at {first}, reaches {top}, ends at {last}.",
                first=number(first), top=number(top), last=number(last),
            )
        )  # fmt: skip
        self.setAccessibleName(tr("Learning rate over the epochs"))
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._points:
            return
        style = AxesStyle(
            self.theme.color(self.theme.border_strong),
            self.theme.color(self.theme.text_muted),
            font("caption"),
        )
        metrics = QFontMetricsF(style.font)
        top = _ROOM * max(lr for _, lr in self._points) or 1.0
        height = self.height() - 1.6 * metrics.height() - GRID
        ticks = value_ticks(0, top, height)
        left = max((metrics.horizontalAdvance(text) for _, text in ticks), default=0.0) + GRID + 2
        frame = QRectF(left, GRID, self.width() - left - GRID, height)

        def place(epoch: float, lr: float) -> QPointF:
            return QPointF(
                frame.left() + frame.width() * epoch / self._epochs, frame.bottom() - height * lr / top
            )

        painter = QPainter(self)
        rows = [(round(place(0, value).y()) + 0.5, text) for value, text in ticks]
        painter.setPen(QPen(self.theme.color(self.theme.plot_grid), 1))
        painter.drawLines([QLineF(frame.left(), y, frame.right(), y) for y, _ in rows])
        columns = [(place(value, 0).x(), text) for value, text in step_ticks(0, self._epochs, frame.width())]
        draw_axes(painter, frame, style, columns, rows)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.color(self.theme.plot_lr), 1.5, Qt.PenStyle.SolidLine))
        painter.drawPolyline(QPolygonF([place(*point) for point in self._points]))
        painter.end()
