"""The context menu of the canvas: what suits the place that was clicked."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from builder.arrange_actions import ALIGN, COLOR
from builder.canvas.hitting import Hit
from builder.texts import later, tr
from graph.document import Graph

# Action ids; an empty string is a separator, a tuple a menu of its own: its title, then action ids.
Entry = str | tuple[str, ...]
ON_NODE: tuple[Entry, ...] = (
    "edit.rename", "graph.replace", "edit.duplicate", "", "graph.bypass", "graph.pin",
    (later("Align"), *ALIGN), "",
    "graph.enter", "graph.pack", "graph.unpack", "graph.frame", "", "edit.select_upstream",
    "edit.select_downstream", "", "edit.cut", "edit.copy", "edit.delete",
)  # fmt: skip
ON_EDGE: tuple[Entry, ...] = ("edit.add_node", "graph.reroute", "", "edit.delete")
ON_FRAME: tuple[Entry, ...] = (
    "edit.rename", (later("Colour"), *COLOR), "edit.duplicate", "", "edit.cut", "edit.copy", "edit.delete",
)  # fmt: skip
ON_NOTE: tuple[Entry, ...] = ("edit.rename", "edit.duplicate", "", "edit.cut", "edit.copy", "edit.delete")
ON_NOTHING: tuple[Entry, ...] = (
    "edit.add_node", "graph.note", "edit.paste", "", "edit.select_all", "view.fit", "", "graph.leave",
)  # fmt: skip


def entries_for(hit: Hit, graph: Graph) -> tuple[Entry, ...]:
    """What the menu offers for what lies under the mouse."""
    if hit.node is not None:
        return ON_NODE
    if hit.edge is not None:
        return ON_EDGE
    if hit.annotation is not None:
        return ON_FRAME if hit.annotation.id in graph.frames else ON_NOTE
    return ON_NOTHING


def context_menu(canvas: QWidget, entries: Iterable[Entry]) -> QMenu:
    """A menu of the actions that the canvas and its window have.

    Args:
        canvas: owns the menu.
        entries: from top to bottom; an action that nothing installed is left out.
    """
    known = {action.objectName(): action for action in (*canvas.window().actions(), *canvas.actions())}
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for entry in entries:
        if isinstance(entry, tuple):
            title, *action_ids = entry
            found = [known[each] for each in action_ids if each in known]
            if found:
                inner = menu.addMenu(tr(title))
                inner.setToolTipsVisible(True)
                inner.addActions(found)
        elif not entry:
            menu.addSeparator()
        elif entry in known:
            menu.addAction(known[entry])
    return menu
