"""Puts a stylesheet on every widget in slices: what is seen first, what is hidden when there is time."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

SLICE = 0.008  # seconds of work before the window has its turn
AT_ONCE = 40  # widgets in sight that are dressed in the turn that asks for it
PAUSE = 30  # milliseconds until the next slice of what is hidden: what is seen is painted first
POLISHED = Qt.WidgetAttribute.WA_WState_Polished
STYLED = Qt.WidgetAttribute.WA_SetStyle


class Dressing(QObject):
    """Changes the stylesheet of an application with hundreds of widgets in hidden pages.

    Qt dresses again whatever it has dressed before, in one turn. So every widget is said not to have been,
    and is dressed by itself. Windows with much in sight are painted again once all of that is dressed.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._seen: dict[QWidget, None] = {}
        self._hidden: dict[QWidget, None] = {}
        self._frozen: list[QWidget] = []  # windows that are not painted for now
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether widgets are still in the sheet before."""
        return bool(self._seen or self._hidden)

    def put_on(self, sheet: str) -> None:
        """Begins to dress all widgets; where few are seen, those are dressed at once."""
        widgets = self._app.allWidgets()
        due = [each for each in widgets if each.testAttribute(POLISHED) or self._is_due(each)]
        _mark(due, POLISHED, False)
        # Qt tells no widget of another style that seems to have its own: it would be laid out anew.
        untold = [widget for widget in widgets if not widget.testAttribute(STYLED)]
        _mark(untold, STYLED, True)
        # In place of another sheet, Qt would dress each widget once for itself and once for every widget
        # that it lies in: 7,000 times for 900 widgets. Nobody sees them without any in between.
        self._app.setStyleSheet("")
        self._app.setStyleSheet(sheet)
        _mark(untold, STYLED, False)
        self._seen = {widget: None for widget in due if widget.isVisible()}
        self._hidden = {widget: None for widget in due if widget not in self._seen}
        if len(self._seen) <= AT_ONCE:
            _dress(self._seen)
        else:
            self._freeze()
        self._timer.start(0 if self._seen else PAUSE)

    @Slot()
    def _go_on(self) -> None:
        if self._seen:
            _dress(self._seen, perf_counter() + SLICE)
            if self._seen:
                return
            self._timer.start(PAUSE)
        else:
            _dress(self._hidden, perf_counter() + SLICE)
        if not self._seen:
            self._thaw()
        if not self.is_busy:
            self._timer.stop()

    def _is_due(self, widget: QWidget) -> bool:
        return widget in self._seen or widget in self._hidden

    def _freeze(self) -> None:
        """Nobody shall see windows in two themes."""
        for window in self._app.topLevelWidgets():
            if window.isVisible() and window.updatesEnabled():
                window.setUpdatesEnabled(False)
                self._frozen.append(window)

    def _thaw(self) -> None:
        for window in self._frozen:
            if isValid(window):
                window.setUpdatesEnabled(True)
                # An update that was asked for meanwhile is lost on X11, and Qt asks for no other: a window
                # went on as it was seen before. What is painted without asking ends that.
                window.repaint()
        self._frozen.clear()


def _dress(waiting: dict[QWidget, None], until: float | None = None) -> None:
    """Dresses widgets, the first ones first, until a time of `perf_counter`; those that are dressed go."""
    for widget in tuple(waiting):
        if until is not None and perf_counter() >= until:
            return
        del waiting[widget]
        if isValid(widget):
            for kind in (QEvent.Type.Polish, QEvent.Type.StyleChange):
                QCoreApplication.sendEvent(widget, QEvent(kind))


def _mark(widgets: Iterable[QWidget], attribute: Qt.WidgetAttribute, on: bool) -> None:
    for widget in widgets:
        widget.setAttribute(attribute, on)
