"""What can be done with a chart, at a right click or the menu key: the entries that are elsewhere too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from builder.panels.dashboard_menu import DashboardMenu
from builder.texts import tr

if TYPE_CHECKING:
    from builder.panels.plots import Chart

_SMOOTHED = "smoothed_"  # begins the series that the setting changes


def chart_menu(chart: Chart, shared: DashboardMenu, *, is_chosen: bool) -> QMenu:
    """A menu for one chart.

    Args:
        chart: owns the menu.
        shared: has what is the same for all charts.
        is_chosen: whether it is one of those that can be chosen there.
    """
    menu = QMenu(chart)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    menu.addAction(shared.fit_action)
    if chart.spec.can_log:
        menu.addAction(chart.log_action)
    if any(curve.series.startswith(_SMOOTHED) for curve in chart.spec.curves):
        menu.addAction(shared.smoothing_action)
    if is_chosen:
        menu.addMenu(tr("Charts")).addActions(shared.chart_actions)
    menu.addSeparator()
    menu.addActions(shared.take_actions)
    return menu
