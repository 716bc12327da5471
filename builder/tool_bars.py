"""How a tool bar stands in a window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QToolBar

from builder.icons import ICON_SIZE


def add_bar(window: QMainWindow, bar: QToolBar) -> None:
    """Puts a bar below the menus, where it stays."""
    bar.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    window.addToolBar(bar)
