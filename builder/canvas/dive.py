"""Going into a block zooms into its card, and leaving it zooms out: the eye knows where it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from builder.canvas.view import CanvasView
from builder.session import Session
from graph.scopes import Path

DURATION = 0.18  # seconds
INTERVAL = 16  # milliseconds from picture to picture
ENDING = (
    QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride,
    QEvent.Type.Resize, QEvent.Type.DragEnter, QEvent.Type.Hide,
)  # fmt: skip


class Dive(QWidget):
    """Lies on the canvas a moment with a picture of the graph that was left, which changes size and fades.

    The graph that is entered is there from the start, and any key or click ends the picture.

    Args:
        session: whose graph changes.
        canvas: what it lies on.
        is_still: whether nothing may move.
        clock: seconds; a test can turn it.
    """

    def __init__(
        self,
        session: Session,
        canvas: CanvasView,
        is_still: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(canvas.viewport())
        self._session, self._canvas, self._is_still, self.clock = session, canvas, is_still, clock
        self._picture = QPixmap()
        self._before: Path = session.scope
        self._card = QRectF()  # of the instance, in pixels of the viewport
        self._start = 0.0
        self._is_inward = True
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.step)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        session.scope_leaving.connect(self._take_picture)
        session.scope_changed.connect(self._begin)
        session.document_replaced.connect(self._forget)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        self.hide()

    @property
    def progress(self) -> float:
        """How far it is, from 0 to 1; fast at first, and slower and slower."""
        passed = min(max((self.clock() - self._start) / DURATION, 0.0), 1.0)
        return 1.0 - (1.0 - passed) ** 3

    @property
    def is_on(self) -> bool:
        """Whether the picture is there."""
        return self._timer.isActive()

    @Slot()
    def step(self) -> None:
        """Shows how far it is by now."""
        if self.progress >= 1.0:
            self.finish()
        else:
            self.update()

    @Slot()
    def finish(self) -> None:
        """Lets the graph that is shown be seen alone."""
        self._timer.stop()
        self._picture = QPixmap()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in ENDING and self.is_on:
            self.finish()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        done, whole = self.progress, QRectF(self.rect())
        end = self._magnified(whole) if self._is_inward else self._card
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(1.0 - done)
            painter.drawPixmap(_between(whole, end, done), self._picture, QRectF(self._picture.rect()))

    def _magnified(self, whole: QRectF) -> QRectF:
        """Where all of the picture is once the card in it fills the view."""
        card = self._card
        factor = min(whole.width() / card.width(), whole.height() / card.height())
        centre = whole.center() + (whole.center() - card.center()) * factor
        area = QRectF(0, 0, whole.width() * factor, whole.height() * factor)
        area.moveCenter(centre)
        return area

    @Slot(object)
    def _take_picture(self, path: Path) -> None:
        """Keeps what is seen of the graph that is about to be left, on the way to another."""
        self.finish()
        self._before, self._card = self._session.scope, QRectF()
        if self._canvas.isVisible() and not self._is_still():
            if _leads_into(self._before, path):
                self._card = self._card_of(path[len(self._before)])
            self._picture = self._canvas.picture()

    @Slot()
    def _begin(self) -> None:
        before, now = self._before, self._session.scope
        self._is_inward = _leads_into(before, now)
        if not self._picture.isNull() and _leads_into(now, before):
            self._card = self._card_of(before[len(now)])
        if self._picture.isNull() or self._card.isEmpty():
            self.finish()
            return
        self.setGeometry(self._canvas.viewport().rect())
        self._start = self.clock()
        self.show()
        self.raise_()
        self._timer.start()

    def _card_of(self, node_id: str) -> QRectF:
        area = self._canvas.graph_scene.bounds([node_id])
        return QRectF(self._canvas.mapFromScene(area).boundingRect())

    @Slot()
    def _forget(self) -> None:
        self.finish()
        self._before = self._session.scope


def _leads_into(outer: Path, inner: Path) -> bool:
    """Whether a path leads on to another, deeper one."""
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _between(start: QRectF, end: QRectF, done: float) -> QRectF:
    left = 1.0 - done
    return QRectF(
        start.x() * left + end.x() * done,
        start.y() * left + end.y() * done,
        start.width() * left + end.width() * done,
        start.height() * left + end.height() * done,
    )
