"""The area of a plot: the mouse chooses in it which steps are seen."""

from __future__ import annotations

import math

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import Qt, Signal

_LEAST_BAND = 4.0  # pixels; less is a click that slipped
_LEAST_STEPS = 4.0  # in view


class StepView(pg.ViewBox):
    """Zooms to the steps that are marked with the mouse; the middle button, or Shift, moves along them.

    Signals:
        marked(float, float): the steps that are being marked; NaN when none are any more.
        all_asked(): a double click asks for all steps.
    """

    marked = Signal(float, float)
    all_asked = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=False)
        self.setLimits(minXRange=_LEAST_STEPS)

    def mouseDragEvent(self, event: MouseDragEvent, axis: int | None = None) -> None:
        is_pan = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() != Qt.MouseButton.LeftButton or is_pan:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        start, end = self._steps_between(event)
        if not event.isFinish():
            self.marked.emit(start, end)
            return
        self.marked.emit(math.nan, math.nan)
        if (end - start) / self.viewPixelSize()[0] >= _LEAST_BAND:
            self.setXRange(start, end, padding=0)
            self.sigRangeChangedManually.emit(self.state["mouseEnabled"])

    def mouseClickEvent(self, event: MouseClickEvent) -> None:
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.all_asked.emit()
        else:
            super().mouseClickEvent(event)

    def _steps_between(self, event: MouseDragEvent) -> tuple[float, float]:
        """From where to where a drag goes, as far as it is seen."""
        first, last = self.viewRange()[0]
        ends = (self.mapToView(place).x() for place in (event.buttonDownPos(), event.pos()))
        start, end = sorted(min(max(x, first), last) for x in ends)
        return start, end
