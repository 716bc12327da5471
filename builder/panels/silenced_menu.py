"""A button that tells how many warnings are silenced, and brings each back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from builder.fixing import show_again
from builder.session import Session
from builder.texts import tr, tr_made
from graph.changes import Change
from graph.lint.check import BY_CODE
from graph.silence import all_silenced

MAX_LISTED = 50


class SilencedButton(QToolButton):
    """Opens a menu of what is silenced; hidden while nothing is."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setAutoRaise(True)
        self.setToolTip(tr("Warnings that are not shown; choose one to see it again"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._entries = QMenu(self)
        self._entries.aboutToShow.connect(self._fill)
        self.setMenu(self._entries)
        self._silenced: dict[str, int] = {}  # kinds by node, where there are any
        session.changed.connect(self._follow)
        session.document_replaced.connect(self.refresh)
        session.scope_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Counts anew."""
        nodes = self._session.graph.nodes.values()
        self._silenced = {node.id: len(node.silenced) for node in nodes if node.silenced}
        self._show()

    @Slot(object)
    def _follow(self, change: Change) -> None:
        """Counts what a change touched, and nothing else."""
        nodes = self._session.graph.nodes
        for node_id in (*change.removed, *change.added, *change.updated):
            self._silenced.pop(node_id, None)
            if node_id in nodes and nodes[node_id].silenced:
                self._silenced[node_id] = len(nodes[node_id].silenced)
        self._show()

    def _show(self) -> None:
        count = len(self._session.graph.silenced) + sum(self._silenced.values())
        self.setText(tr("{count:,} silenced", count=count))
        self.setVisible(count > 0)

    @Slot()
    def _fill(self) -> None:
        self._entries.clear()
        graph = self._session.graph
        for node_id, code in list(all_silenced(graph))[:MAX_LISTED]:
            where = graph.nodes[node_id].name if node_id is not None else tr("Training")
            rule = BY_CODE.get(code)
            action = self._entries.addAction(
                f"{where}: {tr_made(rule.title) if rule else code.replace('-', ' ')}"
            )
            action.triggered.connect(partial(show_again, self._session, node_id, code))
