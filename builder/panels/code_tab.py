"""The Code tab: the code pane kept up to date with the session."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.code_places import select_place
from builder.panels.code_pane import CodePane
from builder.pulse import Pulse
from builder.session import Session
from builder.theme import Theme
from codegen.blocks import block_key
from codegen.source import GenerationError, generate

PAUSE = 40  # milliseconds between two writings of the source at least


class CodeTab(QWidget):
    """Writes the source anew after an edit, while it is seen; selection and lines follow each other.

    Signals:
        node_chosen(str): a line of this node was clicked; the node is already selected.
    """

    node_chosen = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._is_stale = True
        self.pane = CodePane(theme, self)
        self.pane.node_activated.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pane)
        self._pulse = Pulse(PAUSE, self)
        self._pulse.fired.connect(self._write)
        session.changed.connect(self._outdate)
        session.document_replaced.connect(self._outdate)
        session.selection_changed.connect(self._mark)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.pane.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._pulse.request()

    @Slot()
    def _outdate(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._pulse.request()

    @Slot()
    def _write(self) -> None:
        if self._session.inferring.is_due:
            return  # the source follows once shapes have
        self._is_stale = False
        if not self._session.project.graph.nodes:
            self.pane.show_problems(())
            return
        try:
            source = generate(self._session.project, self._session.main_inference)
        except GenerationError as error:
            self.pane.show_problems([problem.message for problem in error.problems])
        else:
            self.pane.show_source(source.text, source.lines_of)
            self._mark(self._session.selection)

    @Slot(object)
    def _mark(self, node_ids: tuple[str, ...]) -> None:
        block = self._session.block
        self.pane.highlight_node([block_key(block, each) for each in node_ids] if block else node_ids)

    @Slot(str)
    def _choose(self, key: str) -> None:
        node_id = select_place(self._session, key)
        if node_id is not None:
            self.node_chosen.emit(node_id)
