"""The context menu of the canvas: what suits the place that was clicked."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

# Action ids; an empty string is a separator.
ON_NODE = (
    "edit.rename", "edit.duplicate", "", "graph.enter", "graph.pack", "graph.unpack", "",
    "edit.cut", "edit.copy", "edit.delete",
)  # fmt: skip
ON_EDGE = ("edit.add_node", "", "edit.delete")
ON_NOTHING = ("edit.add_node", "edit.paste", "", "edit.select_all", "view.fit", "", "graph.leave")


def context_menu(canvas: QWidget, action_ids: Iterable[str]) -> QMenu:
    """A menu of the actions that the canvas and its window have.

    Args:
        canvas: owns the menu.
        action_ids: from top to bottom; one that nothing installed is left out.
    """
    known = {action.objectName(): action for action in (*canvas.window().actions(), *canvas.actions())}
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for action_id in action_ids:
        if not action_id:
            menu.addSeparator()
        elif action_id in known:
            menu.addAction(known[action_id])
    return menu
