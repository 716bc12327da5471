"""The Code tab: the code pane kept up to date with the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.code_places import select_place
from builder.latest import Latest
from builder.panels.code_pane import CodePane
from builder.pulse import Pulse
from builder.session import Session
from builder.texts import later, tr
from builder.theme import Theme
from codegen.blocks import block_key
from codegen.source import GeneratedSource, GenerationError, generate
from graph.document import Project
from graph.inference import Inference

PAUSE = 40  # milliseconds between two writings of the source at least
AT_ONCE = 60  # layers whose source is written in the window's thread, where none of them is a block
MOST = 20_000  # layers; beyond that it would take a core for many seconds after each edit
TOO_MANY = later("So many layers are not written out after each edit. Save the code to have it in a file.")


class CodeTab(QWidget):
    """Has the source written anew after an edit, while it is seen; selection and lines follow each other.

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
        self._latest = Latest(self._begin, "source", 0, self)
        self._latest.done.connect(self._show)
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
        self._latest.outdate()
        if self.isVisible():
            self._pulse.request()

    @Slot()
    def _write(self) -> None:
        if self._session.inferring.is_due:
            return  # the source follows once shapes have
        self._is_stale = False
        project = self._session.project
        count = sum(len(graph.nodes) for graph in project.graphs())
        if not project.graph.nodes:
            self.pane.show_problems(())
        elif count > MOST:
            self.pane.show_reason(tr(TOO_MANY))
        elif project.blocks or count > AT_ONCE:
            self._latest.ask()
        else:
            self._show(_written(project, self._session.main_inference))

    def _begin(self) -> Callable[[], GeneratedSource | GenerationError]:
        return partial(_written, self._session.project.copy())

    @Slot(object)
    def _show(self, written: GeneratedSource | GenerationError) -> None:
        if isinstance(written, GenerationError):
            self.pane.show_problems([problem.message for problem in written.problems])
        else:
            self.pane.show_source(written.text, written.lines_of)
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


def _written(project: Project, inference: Inference | None = None) -> GeneratedSource | GenerationError:
    """The source with its lines looked up, or why there is none."""
    try:
        source = generate(project, inference)
    except GenerationError as error:
        return error
    _ = source.lines_of
    return source
