"""Asks for the type that takes a node's place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtWidgets import QWidget

from builder.canvas.search_popup import SearchPopup
from builder.session import Session
from builder.texts import tr
from builder.theme import Theme
from graph.replacements import replacements
from graph.replacing import ReplaceType


class Replacer(QObject):
    """A search box whose choice replaces a node, with the types first that keep what flows valid.

    Args:
        canvas: where it opens.
    """

    def __init__(self, session: Session, theme: Theme, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._session = session
        self._node_id = ""
        self.popup = SearchPopup(theme, canvas)
        self.popup.setObjectName("canvas.replace")
        self.popup.chosen.connect(self._replace)

    def ask(self, node_id: str, at: QPoint) -> None:
        """Opens the search box at a position of the canvas."""
        graph, self._node_id = self._session.graph, node_id
        specs = replacements(graph, node_id, self._session.inference)
        self.popup.ask(at, specs, tr("Replace {name} with", name=graph.nodes[node_id].name))

    @Slot(str)
    def _replace(self, type_name: str) -> None:
        if self._node_id in self._session.graph.nodes:
            self._session.apply(ReplaceType(self._node_id, type_name))
