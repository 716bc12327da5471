"""A chart of a few curves over training steps: cheap to repaint, readable in both themes.

What the curves are under the mouse stands in the line of the title, and the step on the axis: a low chart has
no room for a box beside the crosshair, which is there only for values that do not fit into the line.

Cost per repaint at 1,240 x 330 pixels in four charts (2-core machine): 0.6 ms while the ranges stay, 4 ms
when they change; pyqtgraph's auto range would re-lay the axes on every new point and cost 25 ms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QResizeEvent, QTextDocumentFragment
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from builder.panels.axes import AxesStyle, log_ticks, value_ticks
from builder.panels.chart_specs import ChartSpec, CurveSpec
from builder.panels.curve import NOTHING, Curve, Span, View
from builder.panels.figures import number
from builder.panels.history import History, Series
from builder.panels.legend import Legend, Value
from builder.panels.live_plot import LivePlot
from builder.panels.other_runs import OtherRun, dot
from builder.texts import tr
from builder.theme import GRID, Theme, font

_AXIS_WIDTH = 52  # pixels; one width for all charts, so that their x-axes stand below each other
_AXIS_HEIGHT = 20  # pixels; with its name 14 more, where there is room
_ROOM_FOR_NAME = 220  # pixels of a chart's height
_NEAR = 4  # pixels between the crosshair and a mark that is told
_HEAD = 7  # pixels above the plot: half of the number at the top of an axis
_MARGIN = 0.06  # of the y-range, above and below the curves
_ALIKE = 1e-6  # of a value; what is nearer to another is the same but for rounding
_CONSTANT = 0.25  # of a constant, or of a decade, is seen above and below it
_SLACK = 1.7  # the y-range is taken in once it is that many times larger than the curves need

_EMPTY = (0.0, 1.0)  # the values beside a chart without curves


class Chart(QWidget):
    """One chart with its title, legend and crosshair readout.

    Attributes:
        title: names the chart and the curves that have begun.
        log_action: makes the y-axis logarithmic; for where the spec says that it can be.

    Signals:
        hovered(float): the step under the mouse; NaN when it left.
        ranged(float, float): the user zoomed or panned along the steps, to this range; the y-axis always
            fits what is seen.
        all_asked(): the user wants to see all steps again.
        menu_asked(Chart, QPoint): the user wants to see what can be done with it, there on the screen.
    """

    hovered = Signal(float)
    ranged = Signal(float, float)
    all_asked = Signal()
    menu_asked = Signal(object, QPoint)

    def __init__(self, spec: ChartSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._theme = theme
        self._history: History | None = None
        self._named: list[CurveSpec] | None = None  # the curves that the legend names
        self._view: View | None = None
        self._outdated: Span = NOTHING  # the steps between which the picture is
        self._fitted: tuple[float, float] | None = None  # the values that the y-axis was last made to show
        self.title = Legend(self)
        self.log_action = QAction(tr("Logarithmic axis"), self)
        self.log_action.setIconText(tr("log"))
        self.log_action.setCheckable(True)
        self.log_action.toggled.connect(self._set_log)
        self.log_button = QToolButton(self)
        self.log_button.setDefaultAction(self.log_action)
        self.log_button.setFont(font("caption"))
        self._curves: list[Curve] = []
        self._others: Sequence[OtherRun] = ()
        self._owners: dict[Curve, OtherRun] = {}  # of the curves that are another run's
        self.plot = _plot_widget(self._curves)
        self._readout, self._step_label = _over(self.plot), _over(self.plot)
        self._lay_out()
        self._take_spec(spec)
        self.set_theme(theme)
        view = self.plot.getViewBox()
        view.all_asked.connect(self.all_asked)
        view.sigRangeChangedManually.connect(self._on_ranged)
        view.sigXRangeChanged.connect(self._look_again)
        view.sigResized.connect(self._look_again)
        self.plot.cursor_moved.connect(self.hovered)
        self.plot.menu_key_pressed.connect(self._ask_for_menu)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme's colours."""
        self._theme = theme
        self.plot.setBackground(theme.surface)
        axes = AxesStyle(theme.color(theme.border_strong), theme.color(theme.text_muted), font("caption"))
        self.plot.set_looks(axes, grid=theme.color(theme.plot_grid), cursor=theme.color(theme.text_muted))
        for curve in self._curves:
            curve.set_theme(theme)
        self._named = None
        self._show_legend()
        looks = f"background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 4px;"
        self._readout.setStyleSheet(f"{looks} padding: 4px;")
        self._step_label.setStyleSheet(f"{looks} padding: 0 4px;")

    def set_spec(self, spec: ChartSpec) -> None:
        """Takes other curves, which `set_history` shows."""
        self._take_spec(spec)
        for curve in self._curves:
            curve.set_theme(self._theme)

    def _take_spec(self, spec: ChartSpec) -> None:
        self.spec = spec
        pairs = [(other, curve) for other in self._others for curve in other.curves(spec.curves)]
        self._owners = {Curve(curve, spec.scale): other for other, curve in pairs}
        own = [Curve(curve, spec.scale) for curve in spec.curves]
        self._curves[:] = [*self._owners, *own]  # the plot paints this list
        self._named = self._fitted = None
        self.log_button.setVisible(spec.can_log)
        self.plot.setAccessibleName(tr(spec.title))
        self.log_button.setAccessibleName(tr("Logarithmic axis of {title}", title=tr(spec.title)))

    def set_others(self, others: Sequence[OtherRun]) -> None:
        """Draws the curves of other runs below those of this one."""
        if others == self._others:
            return
        self._others = others
        self.set_spec(self.spec)
        self.draw()
        self.plot.redraw()

    def set_history(self, history: History | None) -> None:
        """Shows the curves of a run; None clears the chart."""
        self._history = history
        self.show_values(math.nan)
        if history is None:
            self._fit_y(*_EMPTY)  # not the values of a run that is gone
            self._fitted = None
        self.draw()
        self.plot.redraw()

    def set_range(self, start: float, end: float) -> None:
        """Has the x-axis go from one step to another."""
        if self._view is None or (start, end) != (self._view.start, self._view.end):
            self.plot.setXRange(start, end, padding=0)

    def draw(self) -> None:
        """Takes in what the history holds by now of the steps in view; `repaint_soon` shows it."""
        view = self._view = self._view or self._seen()
        for curve in self._curves:
            self._outdated = _joined(self._outdated, curve.show(self._series_of(curve), view))
        self._show_legend()
        self.plot.set_marks(() if self._history is None else self._history.marks)
        values = NOTHING
        for curve in self._curves:
            values = _joined(values, curve.bounds)
        if values not in (self._fitted, NOTHING):
            self._fitted = values
            self._fit_y(*values)

    def _history_of(self, curve: Curve) -> History | None:
        return self._owners[curve].history if curve in self._owners else self._history

    def _series_of(self, curve: Curve) -> Series | None:
        history = self._history_of(curve)
        return None if history is None else history.series.get(curve.spec.series)

    def _last_step(self, curve: Curve) -> float:
        """The last that its run has taken; 0 before the first."""
        history = self._history_of(curve)
        return 0 if history is None or history.steps is None else history.steps[1]

    def _seen(self) -> View:
        (start, end), _ = self.plot.viewRange()
        buckets = max(int(self.plot.getViewBox().width()), 100) // 2
        return View(start, end, buckets, self.log_action.isChecked())

    @Slot()
    def _look_again(self) -> None:
        """Draws what is in view after that has changed."""
        self._view = None
        self.draw()

    def repaint_soon(self) -> None:
        """Asks for a repaint of what `draw` took in."""
        outdated, self._outdated = self._outdated, NOTHING
        if outdated != NOTHING:
            self.plot.extend(*outdated)

    def show_values(self, step: float) -> None:
        """Moves the crosshair to a step and tells the values there; NaN takes both away."""
        values = self._values(step) if math.isfinite(step) else {}
        self.plot.cursor = step if values else math.nan
        own = [self._entry(curve, value) for curve, value in values.items() if curve not in self._owners]
        has_room = self.title.has_room_for(own, self.width() - GRID)
        self.log_button.setVisible(self.spec.can_log and not values)  # which the mouse cannot be on now
        self.title.show_values(own if has_room else ())
        beside = [curve for curve in values if curve in self._owners or not has_room]
        self._show_step(step, [self._line(curve, values[curve]) for curve in beside])
        if self.plot.hasFocus():
            self.plot.setAccessibleDescription(self.readout())  # so that it is read aloud
        self.plot.viewport().update()

    def _show_step(self, step: float, lines: Sequence[str]) -> None:
        """Shows on the axis where the crosshair is, if anywhere, and beside it some lines."""
        is_there = math.isfinite(self.plot.cursor)
        self._step_label.setVisible(is_there)
        self._readout.setVisible(bool(lines))
        if is_there:
            text = " · ".join([tr("step {step:,.0f}", step=step), *self._marks_at(step)])
            label, room = self._step_label, self.plot.width() - 2 * GRID
            label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
            self._readout.setText("<br>".join(lines))
            self._place_readout(step)

    def _marks_at(self, step: float) -> list[str]:
        """What happened at the crosshair: in a narrow chart there is no room for it beside the marks."""
        marks = () if self._history is None else self._history.marks
        reach = _NEAR * self.plot.getViewBox().viewPixelSize()[0]
        return list(dict.fromkeys(mark.text for mark in marks if abs(mark.step - step) <= reach))

    def readout(self) -> str:
        """What is told of the step at the crosshair, as text; empty while there is none."""
        if self._step_label.isHidden():
            return ""
        beside = "" if self._readout.isHidden() else self._readout.text()
        texts = [*map(escape, (self._step_label.text(), self.title.text())), beside]
        plain = QTextDocumentFragment.fromHtml("<br>".join(filter(None, texts))).toPlainText()
        return plain.replace("\u00a0", " ").replace("\u2009", " ")

    def _values(self, step: float) -> dict[Curve, str]:
        """The values of the curves that have a point near a step, those of this run first.

        A run that ends before another has none past its last step.
        """
        values = {}
        ends = {curve: self._last_step(curve) for curve in self._curves}
        last = max(ends.values(), default=0)
        own = [curve for curve in self._curves if curve not in self._owners]
        for curve in (*own, *self._owners):
            series = self._series_of(curve)
            point = None if series is None else series.at(step)
            if point is not None and (step <= ends[curve] or ends[curve] == last):
                values[curve] = number(point[1] * self.spec.scale)
        return values

    def _entry(self, curve: Curve, value: str) -> Value:
        spec = curve.spec
        name = spec.text if spec.label else ""
        return Value(getattr(self._theme, spec.color), name, value, curve.widest)

    def _line(self, curve: Curve, value: str) -> str:
        """A value as it stands beside the crosshair."""
        name = curve.spec.text if curve.spec.label else tr(self.spec.title)
        run = f"{self._owners[curve].name}: " if curve in self._owners else ""
        return f"{dot(self._theme, curve.spec.color)} {escape(run + name)} <b>{value}</b>"

    def _place_readout(self, step: float) -> None:
        """Puts the step on the axis, and the rest beside the crosshair on the side with more room."""
        view = self.plot.getViewBox()
        x = view.mapViewToScene(QPointF(step, 0)).x()
        frame = view.sceneBoundingRect()
        for label in (self._step_label, self._readout):
            label.adjustSize()
        on_left = x > frame.center().x()
        left = x - self._readout.width() - GRID if on_left else x + GRID
        top = min(frame.top() + GRID // 2, self.plot.height() - self._readout.height())
        self._move_label(self._readout, left, top)
        below = min(frame.bottom() + 1, self.plot.height() - self._step_label.height())
        self._move_label(self._step_label, x - self._step_label.width() / 2, below)

    def _move_label(self, label: QLabel, left: float, top: float) -> None:
        """Keeps all of a label in the plot, if need be over the curves."""
        left = max(min(left, self.plot.width() - label.width()), 0)
        label.move(round(left), round(max(top, 0)))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(GRID, 0, 0, 0)
        head.addWidget(self.title, 1)
        head.addWidget(self.log_button)
        self.log_button.ensurePolished()
        head.addStrut(self.log_button.sizeHint().height())  # all plots begin at one height
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.plot, 1)

    def _fit_y(self, low: float, high: float) -> None:
        """Keeps the curves in view, but leaves the axis alone while it fits well enough."""
        if not self.log_action.isChecked() and low >= 0 and (self.spec.from_zero or low < 0.5 * high):
            low = 0.0
        unit = 1.0 if self.log_action.isChecked() else max(abs(low), abs(high))
        if high - low <= _ALIKE * unit:  # a constant has round numbers around it, not its own last digits
            around = _CONSTANT * (unit or 1.0)
            low, high = low - around if low else low, high + around
        height = max(high - low, abs(high) * 1e-3, 1e-9)
        _, (shown_low, shown_high) = self.plot.viewRange()
        if shown_low <= low and high <= shown_high and shown_high - shown_low <= _SLACK * height:
            return
        base = low if low == 0.0 else low - _MARGIN * height
        self.plot.setYRange(base, high + 2 * _MARGIN * height, padding=0)

    def _show_legend(self) -> None:
        """Names the curves that have begun."""
        own = (curve for curve in self._curves if curve not in self._owners)
        begun = [curve.spec for curve in own if curve.size and curve.spec.label]
        if begun != self._named:
            self._named = begun
            entries = [(getattr(self._theme, curve.color), curve.text) for curve in begun]
            self.title.show_entries(tr(self.spec.title), entries)

    @Slot(bool)
    def _set_log(self, checked: bool) -> None:
        self.plot.value_ticks = log_ticks if checked else value_ticks
        self._look_again()
        self.plot.refresh()

    @Slot()
    def _on_ranged(self) -> None:
        self.ranged.emit(*self.plot.viewRange()[0])

    @Slot(object)
    def _on_mouse_moved(self, position: QPointF) -> None:
        view = self.plot.getViewBox()
        inside = view.sceneBoundingRect().contains(position)
        self.hovered.emit(view.mapSceneToView(position).x() if inside else math.nan)

    @Slot(object)
    def _on_clicked(self, event: MouseClickEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.menu_asked.emit(self, event.screenPos().toPoint())

    @Slot()
    def _ask_for_menu(self) -> None:
        """Asks for it where the crosshair is, else in the middle of the plot."""
        frame = self.plot.getViewBox().sceneBoundingRect()
        place = frame.center()
        if math.isfinite(self.plot.cursor):
            place.setX(self.plot.getViewBox().mapViewToScene(QPointF(self.plot.cursor, 0)).x())
        self.menu_asked.emit(self, self.plot.viewport().mapToGlobal(self.plot.mapFromScene(place)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Above the plot there is the same menu as on it."""
        self.menu_asked.emit(self, event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names the x-axis where there is room; the readout beside the crosshair names it everywhere."""
        has_room = self.height() >= _ROOM_FOR_NAME
        self.plot.name = "step" if has_room else ""
        self.plot.getAxis("bottom").setHeight(_AXIS_HEIGHT + (14 if has_room else 0))
        super().resizeEvent(event)

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(math.nan)


def _joined(one: Span, other: Span) -> Span:
    """The span that holds both."""
    return min(one[0], other[0]), max(one[1], other[1])


def _over(plot: LivePlot) -> QLabel:
    """A label over a plot that the mouse does not see."""
    label = QLabel(plot)
    label.setFont(font("caption"))
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.hide()
    return label


def _plot_widget(curves: Sequence[Curve]) -> LivePlot:
    plot = LivePlot(curves)
    plot.getAxis("left").setWidth(_AXIS_WIDTH)
    plot.getAxis("bottom").setHeight(_AXIS_HEIGHT)
    plot.getPlotItem().layout.setContentsMargins(0, _HEAD, 0, 0)
    return plot
