"""Puts a stylesheet on every widget: at once on what is seen, on what is hidden when there is time."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

SLICE = 0.008  # seconds of work before the window has its turn
PAUSE = 30  # milliseconds until the next slice: what is seen is painted first
POLISHED = Qt.WidgetAttribute.WA_WState_Polished
STYLED = Qt.WidgetAttribute.WA_SetStyle


class Dressing(QObject):
    """Changes the stylesheet of an application with hundreds of widgets in hidden pages.

    Qt dresses again whatever it has dressed before. A hidden widget is said not to have been, and its turn
    comes later.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._waiting: dict[QWidget, None] = {}
        self._timer = QTimer(self, interval=PAUSE)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether hidden widgets are still in the sheet before."""
        return bool(self._waiting)

    def put_on(self, sheet: str) -> None:
        """Dresses what is seen, and begins with the rest."""
        widgets = self._app.allWidgets()
        dressed = {each for each in widgets if each.testAttribute(POLISHED) or each in self._waiting}
        seen = {widget for widget in dressed if widget.isVisible()}
        hidden = dressed - seen
        _mark(dressed, POLISHED, False)
        # Qt tells no widget of another style that seems to have its own: it would be laid out anew.
        untold = {widget for widget in widgets if not widget.testAttribute(STYLED)}
        _mark(untold, STYLED, True)
        # In place of another sheet, Qt would dress each widget once for itself and once for every widget
        # that it lies in: 7,000 times for 900 widgets. Nobody sees them without any in between.
        self._app.setStyleSheet("")
        _mark(untold - hidden, STYLED, False)
        _mark(seen, POLISHED, True)
        self._app.setStyleSheet(sheet)
        _mark(untold & hidden, STYLED, False)
        self._waiting.update(dict.fromkeys(hidden))
        self._timer.start()

    @Slot()
    def _go_on(self) -> None:
        until = perf_counter() + SLICE
        while self._waiting and perf_counter() < until:
            widget, _ = self._waiting.popitem()
            if isValid(widget):
                for kind in (QEvent.Type.Polish, QEvent.Type.StyleChange):
                    QCoreApplication.sendEvent(widget, QEvent(kind))
        if not self._waiting:
            self._timer.stop()


def _mark(widgets: Iterable[QWidget], attribute: Qt.WidgetAttribute, on: bool) -> None:
    for widget in widgets:
        widget.setAttribute(attribute, on)
