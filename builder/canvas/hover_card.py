"""A card about the node that the mouse rests on: far out, the way to read one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from builder.canvas.hitting import hit_at
from builder.canvas.hover_text import hover_html
from builder.canvas.note import beside
from builder.canvas.style import DETAIL_SCALE
from builder.canvas.view import CanvasView
from builder.session import Session
from builder.theme import GRID, font

DELAY = 500  # milliseconds that the mouse rests before the card comes
WIDTH = 320  # pixels
STILL = 3  # pixels that a hand trembles
ENDING = (
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.Wheel, QEvent.Type.Leave,
    QEvent.Type.KeyPress, QEvent.Type.FocusOut, QEvent.Type.DragEnter, QEvent.Type.ContextMenu,
    QEvent.Type.Resize,
)  # fmt: skip


class HoverCard(QFrame):
    """Tells about a node once the mouse has rested on it, until the mouse moves or anything is done.

    Args:
        session: what is told about.
        canvas: its mouse and keys are watched; the card lies on it.
        delay: milliseconds until the card comes.

    Attributes:
        rest: runs while the mouse has not rested for long enough.
    """

    def __init__(self, session: Session, canvas: CanvasView, delay: int = DELAY) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        self._at = QPoint()
        self.rest = QTimer(self, singleShot=True, interval=delay)
        self.rest.timeout.connect(self._come)
        self.setObjectName("canvas.hover")
        self.setProperty("role", "floating")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._label = QLabel(self, wordWrap=True)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setFont(font("body"))
        self._label.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        layout.addWidget(self._label)
        for signal in (session.changed, session.scope_changed, session.document_replaced):
            signal.connect(self.go_away)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        self.hide()

    @property
    def html(self) -> str:
        """What it says; empty while it is not there."""
        return self._label.text() if self.isVisible() else ""

    @Slot()
    def go_away(self) -> None:
        """Is not there until the mouse rests again."""
        self.rest.stop()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._follow(event)
        elif event.type() in ENDING:
            self.go_away()
        return False

    def _follow(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self.isVisible() and (at - self._at).manhattanLength() <= STILL:
            return
        self.go_away()
        self._at = at
        if not event.buttons():
            self.rest.start()

    @Slot()
    def _come(self) -> None:
        """Comes if there is a node, and nothing else is said or asked there."""
        canvas = self._canvas
        if canvas.note.isVisible() or canvas.search.isVisible() or canvas.replacer.popup.isVisible():
            return
        hit = hit_at(canvas.graph_scene, canvas.mapToScene(self._at))
        if hit.node is None or (hit.port is not None and canvas.zoom >= DETAIL_SCALE):
            return
        self._label.setText(hover_html(self._session, hit.node.node_id, canvas.look.theme))
        self.adjustSize()
        self.move(beside(self._at, self.size(), canvas.rect()))
        self.show()
        self.raise_()
