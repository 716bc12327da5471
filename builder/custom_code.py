"""Custom layers in the window: their shapes are found out behind it, their code is trusted through it."""

from __future__ import annotations

import logging
import threading
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from builder.background import Job
from builder.dialogs import Dialogs
from builder.session import Session
from builder.texts import tr
from builder.theme import ThemeManager
from graph.atomic import way_out
from graph.custom_clashes import embedded_nodes, source_of
from graph.custom_shapes import Answer, Question
from runtime.custom_probe import ShapeProbe
from runtime.custom_trust import TrustStore

_log = logging.getLogger(__name__)


class ShapeQueue(QObject):
    """Tells windows at once what is known, and finds out the rest in a thread; other threads wait for it.

    Signals:
        found(): something asked for is known now; ask again.
        outdated(): what was told before may hold no longer; ask for everything anew.
    """

    found = Signal()
    outdated = Signal()

    def __init__(self, probe: ShapeProbe, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._probe = probe
        self._window_thread = threading.get_ident()
        self._waiting: dict[Question, None] = {}
        self._job: Job | None = None
        self._running: Question | None = None
        self._is_closed = False

    @property
    def trust(self) -> TrustStore:
        """Whose code may run."""
        return self._probe.trust

    def is_trusted(self, source: str) -> bool:
        """Whether the user trusts exactly this text."""
        return self._probe.is_trusted(source)

    def forget(self) -> None:
        """Drops every answer: what is trusted, or what the code depends on, has changed."""
        self._probe.forget()
        self.outdated.emit()

    def answer(self, question: Question) -> Answer | None:
        """What a layer gives; None where `found` will tell when it is known."""
        if threading.get_ident() != self._window_thread:
            return self._probe.answer(question)
        known = self._probe.known(question)
        if known is None and question != self._running:
            self._waiting[question] = None
            self._start_next()
        return known

    def close(self) -> None:
        """Ends what runs; nothing is answered any more."""
        self._is_closed = True
        self._probe.close()
        if self._job is not None:
            self._job.wait()

    def _start_next(self) -> None:
        if self._job is not None or self._is_closed:
            return
        self._running, _ = self._waiting.popitem()  # the newest: the others may be outdated
        self._job = Job(partial(self._probe.answer, self._running), "custom layer", self)
        self._job.done.connect(self._finish)
        self._job.failed.connect(self._fail)
        self._job.start()

    @Slot(object)
    def _finish(self, _answer: object) -> None:
        self._end()
        if not self._is_closed:
            self.found.emit()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._end()
        _log.error("a custom layer could not be asked for its shape: %s", error)

    def _end(self) -> None:
        """Forgets what was asked: who still wants to know asks again."""
        job, self._job, self._running = self._job, None, None
        self._waiting.clear()
        if job is not None:
            job.wait()
            job.deleteLater()


def keep_trust(trust: TrustStore, source: str, dialogs: Dialogs) -> bool:
    """Notes that the user trusts a source; False if that cannot be written, after saying why."""
    try:
        trust.trust(source)
    except OSError as error:
        text = tr(
            "{path}: not written: {reason}. {advice}.",
            path=trust.path,
            reason=error.strerror or error,
            advice=way_out(error),
        )
        dialogs.error(tr("The code is not trusted"), text)
        return False
    return True


class CustomCode(QObject):
    """Lets the code of the session's custom layers run that the user trusts, and asks about the rest.

    Args:
        shapes: finds out what the layers give, for every window.
    """

    def __init__(
        self, session: Session, dialogs: Dialogs, themes: ThemeManager, shapes: ShapeQueue, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._dialogs, self._themes, self._shapes = session, dialogs, themes, shapes
        shapes.found.connect(self._ask_again)
        shapes.outdated.connect(self._ask_anew)
        session.review_asked.connect(self.review)

    @Slot(str)
    def review(self, source: str) -> None:
        """Shows a source and trusts it if the user says so; one that is trusted already is run anew."""
        nodes = [node for graph in self._session.project.graphs() for node in graph.nodes.values()]
        names = [node.name for node in embedded_nodes(nodes) if source_of(node) == source]
        if not self._shapes.is_trusted(source):
            if not self._dialogs.review_code(names, source, self._themes.theme):
                return
            if not keep_trust(self._shapes.trust, source, self._dialogs):
                return
        self._shapes.forget()

    @Slot()
    def _ask_again(self) -> None:
        self._session.retry(self._session.inference.pending)

    @Slot()
    def _ask_anew(self) -> None:
        self._session.retry(self._session.graph.nodes)  # any of them may be a block with that code
