"""What tests of the dashboard do with it, and wait for."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from builder.panels.dashboard import FRAME, Dashboard
from builder.theme import light


def shown_dashboard(qtbot, settings=None, size=(1200, 400)):
    """A dashboard on the screen, without a run."""
    dashboard = hurried(Dashboard(light(), settings))
    qtbot.addWidget(dashboard)
    dashboard.resize(*size)
    dashboard.show()
    return dashboard


def hurried(dashboard):
    """Has its figures follow as soon as its curves: people read no faster than twice a second, tests do."""
    dashboard._figures_pulse._interval, dashboard._figures_pulse._slack = FRAME, 0
    return dashboard


def drawn(dashboard, qtbot):
    """Waits until what was fed is on the screen."""
    qtbot.waitUntil(lambda: dashboard.is_idle and dashboard.frames > 0)


def turn(widget, by, modifiers=Qt.KeyboardModifier.NoModifier):
    """Turns the wheel over a widget, as the window system tells it."""
    place = widget.mapTo(widget.window(), widget.rect().center())
    QTest.wheelEvent(widget.window().windowHandle(), place.toPointF(), QPoint(0, by), stateKey=modifiers)
