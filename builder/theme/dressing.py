"""Puts a stylesheet on every widget: at once on what is seen, on what is hidden when there is time."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

SLICE = 0.008  # seconds of work before the window has its turn
PAUSE = 30  # milliseconds until the next slice: what is seen is painted first
POLISHED = Qt.WidgetAttribute.WA_WState_Polished


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
        dressed = {widget for widget in self._app.allWidgets() if widget.testAttribute(POLISHED)}
        seen = {widget for widget in dressed if widget.isVisible()}
        for widget in dressed:
            widget.setAttribute(POLISHED, False)
        # In place of another sheet, Qt would dress each widget once for itself and once for every widget
        # that it lies in: 7,000 times for 900 widgets. Nobody sees them without any in between.
        with _Silence(self._app, self._app.allWidgets()):
            self._app.setStyleSheet("")
        for widget in seen:
            widget.setAttribute(POLISHED)
        with _Silence(self._app, dressed - seen):
            self._app.setStyleSheet(sheet)
        self._waiting.update(dict.fromkeys(dressed - seen))
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


class _Silence(QObject):
    """While it lasts, widgets are not told of another style: each would lay itself out anew."""

    def __init__(self, app: QApplication, widgets: Collection[QWidget]) -> None:
        super().__init__()
        self._app, self._widgets = app, frozenset(widgets)

    def __enter__(self) -> None:
        self._app.installEventFilter(self)

    def __exit__(self, *error: object) -> None:
        self._app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return event.type() == QEvent.Type.StyleChange and watched in self._widgets
