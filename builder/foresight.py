"""Says what a remedy would change, and what would be left; in a large project that comes from a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.fix_preview import preview
from builder.latest import Latest
from builder.session import Session
from graph.collecting import without_collecting
from graph.document import Project
from graph.problems import Fix

AT_ONCE = 600  # nodes; to find all problems of so many takes some 20 ms
MOST = 3000  # nodes; of more it is not said what would be left, as to find that takes seconds
PAUSE = 150  # milliseconds that the mouse stays where it is, before that is begun


class Foresight(QObject):
    """Tells what a remedy would do to the open project, which stays as it is.

    Args:
        session: whose project that is.
        parent: of the object.

    Signals:
        told(str): what would change; once that is known, with what would be left.
    """

    told = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: tuple[Fix, str | None] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell_large)
        self._latest = Latest(self._begin, "foresight", PAUSE, self)
        self._latest.done.connect(self.told)
        session.changed.connect(self.forget)
        session.document_replaced.connect(self.forget)

    def ask(self, fix: Fix, block: str | None) -> None:
        """Has it told, in place of what was asked for before.

        Args:
            fix: made of edits.
            block: in whose graph its problem is; None for the main graph.
        """
        self.forget()
        if self._size() <= AT_ONCE:
            self.told.emit(preview(self._session.project, fix, block))
        else:
            self._asked = fix, block
            self._soon.start()

    @Slot()
    def forget(self) -> None:
        """Tells no more of what was asked for."""
        self._soon.stop()
        self._latest.outdate()

    def _size(self) -> int:
        return sum(len(graph.nodes) for graph in self._session.project.graphs())

    @Slot()
    def _tell_large(self) -> None:
        """Tells what would change in a turn of its own, as the canvas tries the remedy out as well."""
        assert self._asked is not None
        self.told.emit(preview(self._session.project, *self._asked, tells_left=False))
        if self._size() <= MOST:
            self._latest.ask()

    def _begin(self) -> Callable[[], str]:
        assert self._asked is not None
        return partial(_worked_out, self._session.project.copy(), *self._asked)


def _worked_out(project: Project, fix: Fix, block: str | None) -> str:
    with without_collecting():  # what the window has dropped must not be deleted in this thread
        return preview(project, fix, block)
