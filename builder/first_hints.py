"""Hints for first use: each is shown when it helps, and goes once the thing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QTimer, Slot
from PySide6.QtWidgets import QWidget

from builder.coach_mark import CoachMark
from builder.hint_memory import HINTS, Hint, HintMemory
from builder.theme import Theme
from graph.document import Change

if TYPE_CHECKING:
    from builder.main_window import MainWindow

CALM = 700  # milliseconds without a change before a hint comes
FEW = 1000  # layers; who has drawn more has joined some, and to look at them all takes too long


class FirstHints(QObject):
    """Shows at most one hint at a time over a window, and none while nothing is open or a run is on.

    Args:
        window: whose parts the hints are about.
        memory: which hints are no longer needed, in every window.
    """

    def __init__(self, window: MainWindow, memory: HintMemory) -> None:
        super().__init__(window)
        self._window, self._memory = window, memory
        self.mark = CoachMark(window.themes.theme, window)
        self.mark.closed.connect(memory.finish)
        self._timer = QTimer(self, singleShot=True, interval=CALM)
        self._timer.timeout.connect(self.show_due)
        window.installEventFilter(self)
        memory.changed.connect(self._hide_or_wait)
        session = window.session
        session.changed.connect(self._note_change)
        session.problems_changed.connect(self._hide_or_wait)
        session.document_replaced.connect(self._hide_or_wait)
        session.scope_changed.connect(self._hide_or_wait)
        window.files.opened.connect(self._hide_or_wait)
        window.pages.currentChanged.connect(self._hide_or_wait)
        window.controller.started.connect(self._note_run)
        window.controller.ended.connect(self._hide_or_wait)
        window.problems.fixed.connect(self._note_fix)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.mark.set_theme(theme)

    def show_hints(self) -> None:
        """Shows all hints again, each at its moment."""
        self._memory.forget()

    @Slot()
    def show_due(self) -> None:
        """Shows the hint whose moment has come, or none; not in front of what a drop is said to do."""
        if self._window.drops.overlay.isVisible():
            return
        hint = self._due()
        target = self._target(hint.id) if hint is not None else None
        if hint is None or target is None:
            self.mark.hide()
            return
        search = self._window.layers.field
        spared = self._place(search) if search.isVisible() else None
        covered = self._covered if target is self._window.canvas else None
        self.mark.point_at(hint, self._place(target), covered=covered, spared=spared)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        moved = (QEvent.Type.Resize, QEvent.Type.LayoutRequest)
        if event.type() in moved and self.mark.isVisible():
            self._timer.start(0)
        return super().eventFilter(watched, event)

    def _due(self) -> Hint | None:
        window = self._window
        if window.pages.currentWidget() is not window.editor or window.controller.is_active:
            return None
        waiting = (hint for hint in HINTS if not self._memory.is_done(hint.id))
        return next((hint for hint in waiting if self._has_come(hint.id)), None)

    def _has_come(self, hint_id: str) -> bool:
        """Whether a hint would help now."""
        session = self._window.session
        match hint_id:
            case "fix":
                return session.is_mendable and session.num_open_problems[1] > 0  # not for mere hints
            case "connect":
                if not 1 < len(session.graph.nodes) <= FEW:
                    return False
                joined = {end.node for edge in session.graph.edges for end in (edge.source, edge.target)}
                return not joined >= session.graph.nodes.keys()
            case "train":
                is_possible = self._window.actions_["run.train"].isEnabled() and not session.errors
                return is_possible and session.project.graph.num_edges > 0
        return bool(session.graph.nodes)  # an empty canvas has a hint of its own

    def _target(self, hint_id: str) -> QWidget | None:
        """What a hint is about; None while that is out of sight."""
        window = self._window
        if hint_id == "fix":
            seen = [card for card in window.problems.cards.cards if not card.visibleRegion().isEmpty()]
            if len(seen) > 1 and window.canvas.isVisible():
                return window.canvas  # below the first remedy it would cover what the second card says
            buttons = [button for card in seen for button in card.fix_buttons]
            return next((button for button in buttons if button.isVisible()), window.status.validity)
        target = window.run_bar.train_button if hint_id == "train" else window.canvas
        return target if target.isVisible() else None

    def _covered(self, place: QRect) -> int:
        """How many layers lie under a place of the window."""
        canvas = self._window.canvas
        seen = QRect(canvas.viewport().mapFrom(self._window, place.topLeft()), place.size())
        return len(canvas.graph_scene.nodes_in(canvas.mapToScene(seen).boundingRect()))

    def _place(self, widget: QWidget) -> QRect:
        """Where a part of the window is in it."""
        return QRect(widget.mapTo(self._window, widget.rect().topLeft()), widget.size())

    @Slot()
    def _hide_or_wait(self) -> None:
        """Takes a hint away at once that does not help any more; the next one comes when all is calm."""
        if self.mark.isVisible() and self._due() is not self.mark.hint:
            self.mark.hide()
        self._timer.start(CALM)

    @Slot(object, object)
    def _note_change(self, change: Change, touched: frozenset[str]) -> None:
        if change.added:
            self._memory.finish("add")
        if change.connected:
            self._memory.finish("connect")
        if change.is_structural:
            self._hide_or_wait()

    @Slot()
    def _note_run(self) -> None:
        self._memory.finish("train")
        self._hide_or_wait()

    @Slot()
    def _note_fix(self) -> None:
        self._memory.finish("fix")
