"""Lays the graph out: in a thread, as one step, and shown as a glide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent

from builder.actions import Actions
from builder.background import Job
from builder.canvas.glide import Glide
from builder.canvas.view import CanvasView
from builder.layout_actions import LAYOUTS
from builder.session import Session
from builder.texts import tr, tr_count
from graph.document import Edit, Graph
from graph.frame_contents import with_contents
from graph.layout import Arrangement, Direction, Drawing, Stopped, arrange, as_edit, drawing_of

PATIENCE = 300  # milliseconds until it is said that a layout is under way


@dataclass(frozen=True)
class _Task:
    """A layout that is being worked out.

    Args:
        graph: what it is of.
        node_ids: the nodes that are laid out; all if None.
        drawing: how they stood when it began.
        direction: where the flow leads.
        stop: set to call it off.
    """

    graph: Graph
    node_ids: tuple[str, ...] | None
    drawing: Drawing
    direction: Direction
    stop: Event

    def work(self) -> tuple[_Task, Arrangement]:
        return self, arrange(self.drawing, self.direction, should_stop=self.stop.is_set)


class LayoutCommands(QObject):
    """Handlers of the actions that lay the graph out; one layout at a time.

    Args:
        session: whose graph is laid out.
        canvas: shows it; Escape there calls a layout off.
        actions: greyed out where there is nothing to lay out.
        is_still: whether nothing may glide.

    Attributes:
        glide: shows what moved on its way.
        patience: how long it is until somebody is told that a layout is under way.
    """

    def __init__(
        self,
        session: Session,
        canvas: CanvasView,
        actions: Actions,
        is_still: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._canvas, self._actions = session, canvas, actions
        self.glide = Glide(canvas.graph_scene, is_still, self)
        self._has_project = False
        self._direction: Direction = "right"
        self._task: _Task | None = None
        self._jobs: set[Job] = set()  # also those that were called off and have not ended yet
        self.patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self.patience.timeout.connect(self._say_so)
        session.changed.connect(self._follow)
        session.scope_changed.connect(self._let_go)
        session.document_replaced.connect(self._forget)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)

    @property
    def is_busy(self) -> bool:
        """Whether a layout is being worked out."""
        return self._task is not None

    @Slot()
    def lay_out(self) -> None:
        """Lays out the selected nodes if there are several, or all."""
        graph = self._session.graph
        items = with_contents(graph, self._session.all_selected)  # a frame stands for what is in it
        chosen = tuple(item_id for item_id in items if item_id in graph.nodes)
        self._begin(chosen if len(chosen) > 1 else None)

    @Slot()
    def lay_out_right(self) -> None:
        """Likewise, along a flow to the right."""
        self._direction = "right"
        self.lay_out()

    @Slot()
    def lay_out_down(self) -> None:
        """Likewise, along a flow down."""
        self._direction = "down"
        self.lay_out()

    @Slot()
    def cancel(self) -> None:
        """Calls the layout off; nothing has moved yet."""
        if self._task is not None:
            self._drop()
            self._session.message.emit(tr("The layout was called off. Nothing was moved."))

    def set_has_project(self, has_project: bool) -> None:
        """Says whether there is anything to work on."""
        self._has_project = has_project
        self._refresh()

    def wait(self) -> None:
        """Calls a layout off and returns when all threads have ended; they must not outlive the window."""
        self._drop()
        self.glide.finish()
        for job in tuple(self._jobs):
            job.wait()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self.glide.finish()  # the mouse meets everything where it is
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if is_key and event.key() == Qt.Key.Key_Escape and self.is_busy:
            self.cancel()
            return True
        return super().eventFilter(watched, event)

    def _begin(self, node_ids: tuple[str, ...] | None) -> None:
        self._drop()
        graph = self._session.graph
        task = _Task(graph, node_ids, drawing_of(graph, node_ids), self._direction, Event())
        self._task, job = task, Job(task.work, "layout", self)
        self._jobs.add(job)
        job.done.connect(self._take)
        job.failed.connect(self._fail)
        job.finished.connect(partial(self._put_away, job))
        job.start()
        self.patience.start()

    @Slot(object)
    def _take(self, result: tuple[_Task, Arrangement]) -> None:
        task, found = result
        if task is not self._task:
            return  # called off while this was on its way
        self._drop()
        node_ids = _still_there(task)
        if drawing_of(task.graph, node_ids) != task.drawing:
            self._begin(node_ids)  # something was changed meanwhile
            return
        edit = as_edit(task.graph, found)
        if edit is None:
            self._session.message.emit(tr("Everything stands in order already."))
        else:
            self._apply(edit, task)

    def _apply(self, edit: Edit, task: _Task) -> None:
        drawing = task.drawing
        before = {
            name: rect.position
            for rects in (drawing.cards, drawing.frames, drawing.notes)
            for name, rect in rects.items()
        }
        if not self._session.apply(edit):
            return
        if not self._canvas.visible_area.intersects(self._canvas.graph_scene.bounds(drawing.cards)):
            self._canvas.fit_view()
        self.glide.start(before)

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        if not isinstance(error, Stopped):
            self._drop()
            raise error

    def _put_away(self, job: Job) -> None:
        self._jobs.discard(job)
        job.deleteLater()

    def _drop(self) -> None:
        """Lets the thread end by itself, without a result."""
        self.patience.stop()
        if self._task is not None:
            self._task.stop.set()
            self._task = None

    @Slot()
    def _say_so(self) -> None:
        if self._task is not None:
            layers = tr_count("{count} layer", "{count} layers", len(self._task.drawing.cards))
            self._session.message.emit(tr("Laying out {layers}... Esc calls it off.", layers=layers))

    @Slot()
    def _follow(self) -> None:
        self.glide.finish()
        self._refresh()

    @Slot()
    def _let_go(self) -> None:
        self._drop()
        self.glide.finish()
        self._refresh()

    @Slot()
    def _forget(self) -> None:
        self._direction = "right"
        self._let_go()

    def _refresh(self) -> None:
        reason = "" if self._has_project else tr("No project is open.")
        reason = reason or ("" if self._session.graph.nodes else tr("There are no layers yet."))
        for action_id in LAYOUTS:
            self._actions.set_enabled(action_id, not reason, reason)


def _still_there(task: _Task) -> tuple[str, ...] | None:
    """The nodes of a task that are still there."""
    if task.node_ids is None:
        return None
    return tuple(node_id for node_id in task.node_ids if node_id in task.graph.nodes)
