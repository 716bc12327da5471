"""The canvas with the way to the block that it shows above it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.canvas.breadcrumb import Breadcrumb
from builder.canvas.fix_marks import FixMarks
from builder.canvas.hover_card import HoverCard
from builder.canvas.spoken import Spoken
from builder.canvas.view import CanvasView
from builder.session import Session
from builder.theme import Theme


class CanvasPage(QWidget):
    """What stands in the middle of the window while a project is open."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.breadcrumb = Breadcrumb(session, self)
        session.scope_changed.connect(self._make_room)  # before the canvas looks how large it is
        self.canvas = CanvasView(session, theme, self)
        self.spoken = Spoken(session, self.canvas)
        self.hover = HoverCard(session, self.canvas)
        self.fix_marks = FixMarks(session, self.canvas.graph_scene)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.breadcrumb)
        layout.addWidget(self.canvas, 1)

    @Slot()
    def _make_room(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
