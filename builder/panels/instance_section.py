"""The inspector's part on the block that a node is of: its name, how often it is used, the way in."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.panels.name_field import NameField
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID
from graph.block_edits import RenameBlock, count_uses
from graph.project import Project


class InstanceSection(QWidget):
    """Shown for instances alone."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._block = self._node_id = ""
        self.name = NameField(session, lambda name: RenameBlock(self._block, name), self)
        self.name.line.setAccessibleName(tr("Name of the block"))
        self.name.line.setToolTip(tr("Name of the block, which all its instances share"))
        self.uses = QLabel(self)
        self.uses.setProperty("role", "muted")
        self.uses.setWordWrap(True)
        self.edit_button = QPushButton(icon("rename"), tr("Edit block"), self)
        self.edit_button.setToolTip(tr("Shows the layers inside; a double-click on the card does so too"))
        self.edit_button.clicked.connect(self._enter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.name, 1)
        row.addWidget(self.edit_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.uses)
        layout.addLayout(row)
        self.hide()

    def show_instance(self, node_id: str) -> None:
        """Shows the block of a node of the session's graph; hides itself for a layer."""
        session = self._session
        self._node_id = node_id
        is_instance = session.is_instance(node_id)
        if is_instance:
            self._block = session.graph.nodes[node_id].type
            self.name.show_name(self._block)
            self.uses.setText(uses_text(session.project, self._block))
        self.setVisible(is_instance)

    @Slot()
    def _enter(self) -> None:
        self._session.enter(self._node_id)


def uses_text(project: Project, block: str) -> str:
    """How often a block is used, and so what editing it means."""
    count = count_uses(project, block)
    if count < 2:
        return tr("Used once.") if count else tr("Not used.")
    return tr("Used {count:,} times; editing it changes all.", count=count)
